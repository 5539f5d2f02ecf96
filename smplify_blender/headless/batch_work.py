# pyright: basic
"""The work of a batch in Blender: its photos, or the results of `smplify-fit batch`, with the files that are made of each."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..result.chosen_file import holds_clip
from ..result.motion_tracks import RootMotion
from .batch_results import BatchResult, holds_results, results_in
from .batch_table import BatchRow
from .contact_work import contact_work_of
from .core_batch import Listed
from .figure_work import check_work, chosen_work
from .finished_photos import FinishedPhotos, KeypointIndex, fingerprint_of
from .options import EXPORTS, Export, OptionError, file_path, plain_settings, root_motion_of, target_exports
from .outputs import Outputs, check_outputs
from .photo_listing import output_names, photos_in

SUMMARY = "summary.csv"
RESULTS = "results"  # the folder in the output folder that the core's batch writes
RESULTS_ENDING = "_fit"  # of the result folder beside NAME.blend, where photos are fitted one by one
_TABLE_START = b"photo,status,people,quality,seconds,"  # of its own tables and of the core's
# Where things lie, and how often they are made.
_WITHOUT_EFFECT = ("out", "keypoints", "pose_library", "again")
_NESTED = "--nested"


@dataclass(frozen=True)
class Work:
    """One photo or clip: its line's name, its figures' name, its result folder, and what is written.

    `fingerprint` is of all that it is made from. The core gets the words `for_core`; None: it is fitted already, or `failed`.
    `notes` are those of its fit. `movie` is that of a clip; None finds it by its name in the result or beside it.
    """

    label: str
    name: str
    results: Path
    outputs: Outputs
    fingerprint: str
    for_core: list[str] | None = None
    is_clip: bool = False
    failed: BatchRow | None = None
    notes: tuple[str, ...] = ()
    movie: Path | None = None
    root_motion: RootMotion = "BONE"


def photo_folder(text: str) -> Path:
    """Return the folder that a command line names. Raises OptionError."""
    try:
        return file_path(text)
    except argparse.ArgumentTypeError as problem:
        raise OptionError(f"{problem}.") from None


def holds_fitted(folder: Path) -> bool:
    """True for the output folder of `smplify-fit batch`, which is fitted already."""
    return holds_results(folder) and not photos_in(folder)


def check_fits(folder: Path, for_core: Sequence[str], options: argparse.Namespace) -> None:
    """Check a folder that the core is to fit before anything is begun. Raises OptionError."""
    if not folder.is_dir():
        reason = "it is no folder" if folder.exists() else "there is no such folder"
        raise OptionError(f"{folder}: {reason}. Name the folder that holds the photos.")
    out, photos = options.out.resolve(), folder.resolve()
    if _NESTED in for_core and (out == photos or photos in out.parents):
        raise OptionError(
            f"--out {options.out}: with --nested, what is written there would be photos of the next run. Choose a folder outside "
            f"{folder}."
        )
    check_work(chosen_work(options))
    _check_table(options.out)


def check_listed(
    listed: Sequence[Listed], folder: Path, options: argparse.Namespace, finished: FinishedPhotos
) -> None:
    """Check that everything can be written before the core begins, and make the folders. Raises OptionError or SmplifyError."""
    outputs = [_outputs(options, one.name) for one in listed]
    _check_distinct(outputs, options.pose_library)
    taken = {(folder / one.label).resolve() for one in listed}
    for one, files in zip(listed, outputs, strict=True):
        for file in files.files:
            if file.exists() and (not finished.tells_of(one.label) or file.resolve() in taken):
                raise _not_ours(file)
    _check_places(options, outputs)


def work_of_fitted(folder: Path, result: BatchResult, options: argparse.Namespace) -> Work:
    """Return what there is to do for a photo or clip of `folder` that the core is done with."""
    work = _work_of_result(options.out / RESULTS, result, options)
    return replace(work, movie=folder / result.photo) if work.is_clip else work


def work_of_photos(folder: Path, for_core: Sequence[str], options: argparse.Namespace) -> list[Work]:
    """Return what there is to do for photos that are fitted one by one. Raises OptionError, SmplifyError and ResultError."""
    photos = _photos(folder)
    outputs = [_outputs(options, name) for name in output_names(photos)]
    _check_distinct(outputs, options.pose_library)
    _check_places(options, outputs[:1])
    _check_users_files(photos, options.out, outputs)
    where = [str(options.keypoints)] if options.keypoints is not None else []
    index = KeypointIndex(folder, options.keypoints)
    return [
        Work(
            photo.name,
            photo.stem,
            _results_of(files),
            files,
            _fingerprint([photo, *index.of(photo)], options, for_core),
            [str(photo), *where, *for_core],
        )
        for photo, files in zip(photos, outputs, strict=True)
    ]


def work_of_results(folder: Path, for_core: Sequence[str], options: argparse.Namespace) -> list[Work]:
    """Return what there is to do for results that are there. Raises OptionError, SmplifyError and ResultError."""
    if for_core or options.keypoints is not None:
        word = for_core[0] if for_core else "--keypoints"
        raise OptionError(
            f"{word}: the photos of {folder} are fitted already. Leave it out, or name their folder."
        )
    if options.out.resolve() == folder.resolve():
        raise OptionError(f"--out {options.out}: the results themselves lie there. Choose another folder.")
    work = [_work_of_result(folder, result, options) for result in results_in(folder)]
    outputs = [one.outputs for one in work if one.failed is None]
    if not outputs:
        raise OptionError(f"{folder}: none of its photos and clips was fitted. See {SUMMARY} there.")
    _check_table(options.out)
    _check_distinct(outputs, options.pose_library)
    _check_places(options, outputs)
    return work


def _work_of_result(folder: Path, result: BatchResult, options: argparse.Namespace) -> Work:
    results = folder / (result.folder or result.photo)
    outputs = _outputs(options, result.folder or result.photo)
    if not result.folder:
        failed = BatchRow(result.photo, "failed", code=result.code, reason=result.reason)
        return Work(result.photo, "", results, outputs, "", failed=failed)
    is_clip = holds_clip(results, "")
    return Work(
        result.photo,
        results.name,
        results,
        replace(outputs, render=None) if is_clip else outputs,
        _fingerprint([results / "summary.json", *sorted(results.glob("person_*.npz"))], options, ()),
        is_clip=is_clip,
        notes=(result.reason,) if result.reason else (),
        root_motion=root_motion_of(options),
    )


def _check_places(options: argparse.Namespace, outputs: Sequence[Outputs]) -> None:
    """Check that the files can be written, and make their folders. Raises OptionError or SmplifyError."""
    library = [options.pose_library] if options.pose_library is not None else []
    files = [file for one in outputs for file in one.files]
    check_outputs([options.out / SUMMARY, *files, *library], outputs[0].work)


def _fingerprint(made_from: Sequence[Path], options: argparse.Namespace, for_core: Sequence[str]) -> str:
    plain = {name: value for name, value in vars(options).items() if name not in _WITHOUT_EFFECT}
    files = [*made_from, *(Path(word) for word in for_core if os.path.isfile(word))]
    if options.retarget is not None:
        files.append(options.retarget.path)
    if bpy.data.filepath and contact_work_of(options).needs_scene:
        files.append(Path(bpy.data.filepath))
    return fingerprint_of(files, repr((sorted(plain.items()), list(for_core))))


def check_written_before(work: Sequence[Work], finished: FinishedPhotos) -> None:
    """Refuse to replace a file of which no earlier run of these results tells. Raises OptionError."""
    for one in work:
        if one.for_core is None and not finished.tells_of(one.label):
            users = [file for file in one.outputs.files if file.exists()]
            if users:
                raise _not_ours(users[0])


def _photos(folder: Path) -> tuple[Path, ...]:
    try:
        photos = photos_in(folder)
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
    if users:
        raise _not_ours(users[0])
    _check_table(folder)


def _check_table(folder: Path) -> None:
    """Refuse to replace a table of the user's own: no batch begins with these columns. Raises OptionError."""
    table = folder / SUMMARY
    if table.exists() and not table.read_bytes().startswith(_TABLE_START):
        raise _not_ours(table)


def _not_ours(file: Path) -> OptionError:
    return OptionError(
        f"{file} is there already, and no earlier batch has written it. Choose another --out, or rename it."
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
