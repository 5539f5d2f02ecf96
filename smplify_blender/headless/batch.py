# pyright: basic
"""`batch DIR --out DIR …`: every photo of a folder, by one resident core; failures listed, the rest done.

A folder that `smplify-fit batch` has written is fitted already: its photos and clips become rigs as they are.
A run goes on where an earlier one in the same output folder ended.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..api import (
    FittedPhoto,
    ImportedMotion,
    SmplifyError,
    Target,
    import_clip,
    import_result,
    run_fit,
    scene_camera_options,
)
from ..result.errors import ResultError, printable, shown
from ..result.output_file import held_alone, replaced_when_written
from ..scene.created import everything_new_removed
from ..session.fit_session import FitSession
from .batch_table import BatchRow, csv_text, text_table
from .batch_work import RESULTS_ENDING, SUMMARY, Work, check_written_before, work_of
from .contact_work import ContactWork, add_contact_options, contact_work_of, touch_things
from .finished_photos import FinishedPhotos
from .fit import print_help
from .options import EXPORTS, OptionError, OptionParser, add_writing_options, file_path
from .outputs import empty_startup_scene, kept_timing, quiet_blender, write_outputs
from .pose_library import write_pose_library

EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2


def run_batch_command(arguments: Sequence[str], program: str) -> int:
    """Do every photo as `arguments` say; exit code 0: all done, 1: some failed, 2: nothing done, or bad options."""
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        return print_help(parser, "batch", asked=bool(arguments))
    try:
        options, rest = parser.parse_known_args(list(arguments))
        if not rest or rest[0].startswith("-"):
            raise OptionError("Name the folder of photos first: batch DIR --out DIR …")
        contacts = contact_work_of(options)
        work = work_of(rest[0], rest[1:], options)
        if contacts.needs_scene and any(one.for_core is None for one in work):
            raise OptionError(
                f"{rest[0]} is fitted already: contacts and --scene-camera belong to a fit. Leave them out."
            )
    except (OptionError, SmplifyError, ResultError) as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_NOTHING
    try:
        with held_alone(options.out):
            return _run(work, contacts, options, program)
    except BlockingIOError:
        sys.stderr.write(
            f"{program}: {options.out}: another run is at work there. Wait for its end, or choose another --out.\n"
        )
        return EXIT_NOTHING
    except (OptionError, ResultError) as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_NOTHING


def _run(work: Sequence[Work], contacts: ContactWork, options: argparse.Namespace, program: str) -> int:
    finished = FinishedPhotos(options.out)
    check_written_before(work, finished)
    rows = _do_all(work, contacts, finished, options.again)
    exit_code = _conclude(rows, options.out, program)
    finished.close([one.label for one in work])
    if options.pose_library is not None:
        done = [
            (one.name, one.results)
            for row, one in zip(rows, work, strict=True)
            if row.status == "done" and not one.is_clip
        ]
        exit_code = max(exit_code, _write_library(done, options.pose_library, program))
    return exit_code


def _write_library(done: Sequence[tuple[str, Path]], path: Path, program: str) -> int:
    """Write the pose library of the photos that are done; return the exit code."""
    if not done:
        sys.stderr.write(f"{program}: {path} is not written: no photo is done.\n")
        return EXIT_NOTHING
    try:
        sys.stdout.write(f"{write_pose_library(done, path)}\n")
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_SOME
    return EXIT_ALL


def _parser(program: str) -> OptionParser:
    parser = OptionParser(
        program,
        "Fit every photo of a folder, or build rigs of the results of smplify-fit batch: batch DIR --out DIR",
    )
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


def _do_all(
    work: Sequence[Work], contacts: ContactWork, finished: FinishedPhotos, again: bool
) -> list[BatchRow]:
    session = FitSession()
    target = contacts.target(Target(session=session))
    rows: list[BatchRow] = []
    empty_startup_scene()
    try:
        for number, one in enumerate(work, 1):
            row = one.failed or (None if again else finished.done(one.label, one.fingerprint))
            if (
                row is not None
                and row.status == "done"
                and not all(file.exists() for file in (*one.outputs.files, one.results))
            ):
                row = None
            words = "done by an earlier run"
            if row is None:
                row = _do(one, contacts, target)
                finished.add(row, one.fingerprint)
                words = row.quality
            rows.append(row)
            words = words if row.status == "done" else f"FAILED: {row.reason}"
            sys.stderr.write(f"[{number}/{len(work)}] {shown(one.label)}: {printable(words)}\n")
    finally:
        session.stop()
    return rows


def _do(one: Work, contacts: ContactWork, target: Target) -> BatchRow:
    began = time.monotonic()
    try:
        warnings = _fitted(one, target)
        with everything_new_removed(), kept_timing():
            with quiet_blender():
                fitted, met = _built(one, contacts, target)
            said = (*warnings, *fitted.warnings, *_lens(fitted), *met, *write_outputs(fitted, one.outputs))
            people, quality = len(fitted.armatures), " ".join(fitted.quality)
    except SmplifyError as error:
        seconds = time.monotonic() - began
        return BatchRow(one.label, "failed", seconds=round(seconds, 3), code=error.code, reason=str(error))
    return BatchRow(
        one.label,
        "done",
        people,
        quality,
        round(time.monotonic() - began, 3),
        " ".join(file.name for file in (*one.outputs.files, one.results)),
        reason="; ".join(said),
    )


def _fitted(one: Work, target: Target) -> tuple[str, ...]:
    """Let the core fit a photo that is not fitted yet; return its warnings. Raises SmplifyError."""
    if one.for_core is None:
        return ()
    lens = scene_camera_options(Path(one.for_core[0]), target)
    return tuple(run_fit([*one.for_core, *lens], one.results, target.session).warnings)


def _built(
    one: Work, contacts: ContactWork, target: Target
) -> tuple[FittedPhoto | ImportedMotion, tuple[str, ...]]:
    """Build the figures of a result; return them and a sentence on each contact. Raises SmplifyError."""
    if one.is_clip:
        return import_clip(one.results, target=target), ()
    fitted = import_result(one.results, target=target, name=one.name)
    return touch_things(fitted, Path(one.for_core[0]), contacts, target) if one.for_core else (fitted, ())


def _lens(fitted: FittedPhoto | ImportedMotion) -> tuple[str, ...]:
    """The estimate of the lens where it was taken; else a warning says that it was not."""
    estimate = fitted.focal_estimate if isinstance(fitted, FittedPhoto) else None
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
