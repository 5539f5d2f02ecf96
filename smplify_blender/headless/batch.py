# pyright: basic
"""`batch DIR --out DIR …`: every photo of a folder, by one resident core; failures listed, the rest done.

A run goes on where an earlier one in the same output folder ended.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..api import FittedPhoto, SmplifyError, Target, import_result, run_fit, scene_camera_options
from ..result.errors import ResultError, printable, shown
from ..result.output_file import held_alone, replaced_when_written
from ..scene.created import everything_new_removed
from ..session.fit_session import FitSession
from .batch_table import BatchRow, csv_text, text_table
from .contact_work import ContactWork, add_contact_options, contact_work_of, touch_things
from .figure_work import chosen_work
from .finished_photos import FinishedPhotos, KeypointIndex, fingerprint_of
from .fit import print_help
from .options import (
    EXPORTS,
    Export,
    OptionError,
    OptionParser,
    add_writing_options,
    file_path,
    plain_settings,
    target_exports,
)
from .outputs import Outputs, check_outputs, empty_startup_scene, quiet_blender, write_outputs
from .photo_listing import output_names, photos_in
from .pose_library import write_pose_library

EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2
SUMMARY = "summary.csv"
_TABLE_START = b"photo,status,people,quality,seconds,"  # of its own tables and of the core's
_WITHOUT_EFFECT = (
    "out",
    "keypoints",
    "pose_library",
    "again",
)  # where things lie, and how often they are made
RESULTS_ENDING = "_fit"  # of the result folder beside NAME.blend


def run_batch_command(arguments: Sequence[str], program: str) -> int:
    """Do every photo as `arguments` say; exit code 0: all done, 1: some failed, 2: nothing done, or bad options."""
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        return print_help(parser, "batch", asked=bool(arguments))
    try:
        options, rest = parser.parse_known_args(list(arguments))
        if not rest or rest[0].startswith("-"):
            raise OptionError("Name the folder of photos first: batch DIR --out DIR …")
        photos = _photos(rest[0])
        outputs = [_outputs(options, name) for name in output_names(photos)]
        _check_distinct(outputs, options.pose_library)
        library = [options.pose_library] if options.pose_library is not None else []
        check_outputs([options.out / SUMMARY, *outputs[0].files, *library], outputs[0].work)
        _check_users_files(photos, options.out, outputs)
        contacts = contact_work_of(options)
    except (OptionError, SmplifyError) as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_NOTHING
    where = [str(options.keypoints)] if options.keypoints is not None else []
    index = KeypointIndex(photos[0].parent, options.keypoints)
    work = [
        _PhotoWork(
            photo, [str(photo), *where, *rest[1:]], files, _fingerprint(photo, index, options, rest[1:])
        )
        for photo, files in zip(photos, outputs, strict=True)
    ]
    try:
        with held_alone(options.out):
            return _run(work, contacts, options, program)
    except BlockingIOError:
        sys.stderr.write(
            f"{program}: {options.out}: another run is at work there. Wait for its end, or choose another --out.\n"
        )
        return EXIT_NOTHING
    except ResultError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_NOTHING


@dataclass(frozen=True)
class _PhotoWork:
    """One photo, the words that the core gets for it, what is written, and the fingerprint of all that it is made from."""

    photo: Path
    for_core: list[str]
    outputs: Outputs
    fingerprint: str


def _fingerprint(
    photo: Path, keypoints: KeypointIndex, options: argparse.Namespace, for_core: Sequence[str]
) -> str:
    plain = {name: value for name, value in vars(options).items() if name not in _WITHOUT_EFFECT}
    files = [photo, *keypoints.of(photo), *(Path(word) for word in for_core if os.path.isfile(word))]
    if options.retarget is not None:
        files.append(options.retarget.path)
    if bpy.data.filepath:
        files.append(Path(bpy.data.filepath))
    return fingerprint_of(files, repr((sorted(plain.items()), list(for_core))))


def _run(work: Sequence[_PhotoWork], contacts: ContactWork, options: argparse.Namespace, program: str) -> int:
    finished = FinishedPhotos(options.out)
    rows = _do_all(work, contacts, finished, options.again)
    exit_code = _conclude(rows, options.out, program)
    finished.close([one.photo.name for one in work])
    if options.pose_library is not None:
        done = [
            (one.photo.stem, _results_of(one.outputs))
            for row, one in zip(rows, work, strict=True)
            if row.status == "done"
        ]
        exit_code = max(exit_code, _write_library(done, options.pose_library, program))
    return exit_code


def _write_library(done: Sequence[tuple[str, Path]], path: Path, program: str) -> int:
    """Write the pose library of the photos that are done; return the exit code."""
    if not done:
        return EXIT_NOTHING
    try:
        sys.stdout.write(f"{write_pose_library(done, path)}\n")
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_SOME
    return EXIT_ALL


def _parser(program: str) -> OptionParser:
    parser = OptionParser(program, "Fit every photo of a folder: batch DIR --out DIR")
    parser.add_argument(
        "--out",
        type=file_path,
        required=True,
        metavar="DIR",
        help=f"gets NAME.blend and NAME{RESULTS_ENDING}/ for each photo, and {SUMMARY}",
    )
    parser.add_argument(
        "--keypoints",
        type=file_path,
        metavar="DIR",
        help="folder that holds the keypoint files (default: found beside each photo)",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="do every photo anew (default: what an earlier run has made of the same files with the same options stays)",
    )
    parser.add_argument(
        "--pose-library",
        type=file_path,
        metavar="BLEND",
        help="also write one .blend with one character and every photo's pose as an asset",
    )
    parser.add_argument(
        "--render", action="store_true", help="also render the figures over each photo: NAME.png"
    )
    for name, ending in EXPORTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=f"also export NAME{ending}")
    add_contact_options(parser)
    add_writing_options(parser)
    return parser


def _photos(name: str) -> tuple[Path, ...]:
    try:
        folder = file_path(name)
        photos = photos_in(folder)
    except argparse.ArgumentTypeError as problem:
        raise OptionError(f"{problem}.") from None
    except OSError as problem:
        raise OptionError(f"{folder}: {problem.strerror}. Name the folder that holds the photos.") from None
    if not photos:
        raise OptionError(f"{folder} holds no photo. Name the folder that holds the photos.")
    return photos


def _check_distinct(outputs: Sequence[Outputs], library: Path | None) -> None:
    """Refuse photos whose names with the endings of their exports are the same, and a library in their place.

    Raises OptionError.
    """
    count = Counter(file.absolute() for one in outputs for file in one.files)
    for file, times in count.items():
        if times > 1:
            raise OptionError(f"{file} would be written for two photos. Rename one of them.")
    if library is not None and library.suffix.lower() != ".blend":
        raise OptionError(f"--pose-library {library}: the file's name has to end in .blend.")
    if library is not None and library.absolute() in count:
        raise OptionError(f"--pose-library {library}: this is the file of a photo. Choose another name.")


def _check_users_files(photos: Sequence[Path], folder: Path, outputs: Sequence[Outputs]) -> None:
    """Refuse to replace a photo of the folder, or a file that no earlier run has written. Raises OptionError.

    An earlier run has left its result folder beside each of its files, and a table that begins with our columns.
    """
    taken = {photo.resolve() for photo in photos}
    users = [
        file
        for one in outputs
        for file in one.files
        if file.exists() and (file.resolve() in taken or not (_results_of(one) / "summary.json").is_file())
    ]
    table = folder / SUMMARY
    if table.exists() and not table.read_bytes().startswith(_TABLE_START):
        users.append(table)
    if users:
        raise OptionError(
            f"{users[0]} is there already, and no earlier batch has written it. Choose another --out, or rename it."
        )


def _results_of(outputs: Outputs) -> Path:
    return outputs.blend.with_name(outputs.blend.stem + RESULTS_ENDING)


def _outputs(options: argparse.Namespace, name: str) -> Outputs:
    folder: Path = options.out
    plain = [ending for option, ending in EXPORTS.items() if getattr(options, option)]
    return Outputs(
        folder / f"{name}.blend",
        folder / f"{name}.png" if options.render else None,
        (
            *(Export(folder / f"{name}{ending}", plain_settings(options)) for ending in plain),
            *target_exports(options, folder, name),
        ),
        options.render_engine,
        options.render_size,
        chosen_work(options),
        options.set_up_render,
        options.clothes,
    )


def _do_all(
    work: Sequence[_PhotoWork], contacts: ContactWork, finished: FinishedPhotos, again: bool
) -> list[BatchRow]:
    session = FitSession()
    target = contacts.target(Target(session=session))
    rows: list[BatchRow] = []
    empty_startup_scene()
    try:
        for number, one in enumerate(work, 1):
            row = None if again else finished.done(one.photo.name, one.fingerprint)
            if row is not None and all(
                file.exists() for file in (*one.outputs.files, _results_of(one.outputs))
            ):
                words = "done by an earlier run"
            else:
                row = _do(one, contacts, target)
                finished.add(row, one.fingerprint)
                words = row.quality if row.status == "done" else f"FAILED: {row.reason}"
            rows.append(row)
            sys.stderr.write(f"[{number}/{len(work)}] {shown(one.photo.name)}: {printable(words)}\n")
    finally:
        session.stop()
    return rows


def _do(work: _PhotoWork, contacts: ContactWork, target: Target) -> BatchRow:
    began = time.monotonic()
    photo, outputs = work.photo, work.outputs
    results = _results_of(outputs)
    try:
        lens = scene_camera_options(photo, target)
        job = run_fit([*work.for_core, *lens], results, target.session)
        with everything_new_removed():
            with quiet_blender():
                fitted = import_result(results, target=target, name=photo.stem)
                fitted, met = touch_things(fitted, photo, contacts, target)
            said = (*job.warnings, *fitted.warnings, *_lens(fitted), *met, *write_outputs(fitted, outputs))
            people, quality = len(fitted.armatures), " ".join(fitted.quality)
    except SmplifyError as error:
        seconds = time.monotonic() - began
        return BatchRow(photo.name, "failed", seconds=round(seconds, 3), code=error.code, reason=str(error))
    return BatchRow(
        photo.name,
        "done",
        people,
        quality,
        round(time.monotonic() - began, 3),
        " ".join(file.name for file in (*outputs.files, results)),
        reason="; ".join(said),
    )


def _lens(fitted: FittedPhoto) -> tuple[str, ...]:
    """The estimate of the lens where it was taken; else a warning says that it was not."""
    estimate = fitted.focal_estimate
    return (estimate.text,) if estimate is not None and estimate.taken else ()


def _conclude(rows: Sequence[BatchRow], folder: Path, program: str) -> int:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text_table(rows).encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
    done = [row for row in rows if row.status == "done"]
    exit_code = EXIT_ALL if len(done) == len(rows) else EXIT_SOME if done else EXIT_NOTHING
    try:
        with replaced_when_written((folder / SUMMARY).absolute()) as temporary:
            temporary.write_text(csv_text(rows), encoding="utf-8")
    except OSError as problem:
        sys.stderr.write(f"{program}: {folder / SUMMARY} cannot be written: {problem.strerror}.\n")
        exit_code = exit_code or EXIT_SOME
    return exit_code
