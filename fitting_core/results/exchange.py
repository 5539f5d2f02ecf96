"""The exchange of a result folder: at every moment the whole earlier result or the whole new one can be had.

The new files are written into a folder of their own. If the result folder holds nothing but an earlier result, the two folders
change places by renaming; a kill between the two renames leaves the earlier result beside, and `repair` brings it back. If it
holds files of the user's own, or cannot be renamed, the new files are moved into it one by one; a kill in between leaves the rest
in a folder inside, and `repair` moves that in as well. Files that no fit has written stay.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from fitting_core.errors import OutputError, RequestError
from fitting_core.files.unfinished import abandoned, held, new_name, remove, sweep, unfinished_folder

SUMMARY_FILE = "summary.json"
SEQUENCE_STEPS = ".sequence-steps"  # folder in a result folder: the steps of a sequence that is not done yet
_RESULT_NAMES = re.compile(
    r"person_\d{2,4}(_take_\d+)?\.(npz|obj)|body(_(neutral|female|male|child))?\.npz|summary\.json|overlay\.(png|mp4)|views\.jpg|motion\.npz"
    r"|person_\d{2,4}(_motion\.npz|_amass\.npz|\.bvh)"
    r"|photo\.(jpg|png|webp|tif|tiff|bmp)"
)
_EARLIER_PREFIX, _READY_PREFIX = ".earlier-", ".ready-"
_READY = re.compile(r"\.ready-[0-9a-f]{16}")
_OBSOLETE_LIST = (
    "obsolete.json"  # in a ready folder: names of the earlier result that the new one does not have
)


def is_result_name(name: str) -> bool:
    """Return True for the name of a file that a fit writes."""
    return _RESULT_NAMES.fullmatch(name) is not None


class ResultFiles:
    """The files of a result that is being written; `names` are in the order of writing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []

    def write(self, name: str, data: bytes) -> None:
        """Add a file. Raises OSError."""
        self.place(name).write_bytes(data)

    def place(self, name: str) -> Path:
        """Return the path of a file that the caller is going to write, and list its name."""
        self.names.append(name)
        return self._folder / name


@contextmanager
def replaced_result(folder: Path, inputs: Collection[Path]) -> Generator[ResultFiles]:
    """Yield where the files of a new result are written; they take the place of the earlier result when the block ends well.

    `inputs` are files that the result is made from: those in the folder stay. If the block raises, the folder is as it was.
    Raises OutputError if anything cannot be written; every OSError of the block counts as that.
    """
    target = Path(os.path.realpath(folder))
    with _output_errors(folder):
        repair(folder)
        check_users_files(folder, inputs)
        as_folder = _may_change_places(target, inputs)
        (target.parent if as_folder else target).mkdir(parents=True, exist_ok=True)
        with unfinished_folder(target.parent if as_folder else target) as staged:
            files = ResultFiles(staged)
            yield files
            if as_folder:
                _change_places(staged, target)
            else:
                _move_in(staged, target, inputs)


def repair(folder: Path) -> None:
    """Finish or undo what a killed run has left half done in a result folder, and sweep what it has left in and beside it."""
    target = Path(os.path.realpath(folder))
    earlier = _earlier_of(target)
    if earlier.is_dir() and not earlier.is_symlink():
        with suppress(OSError), abandoned(earlier) as is_abandoned:
            if is_abandoned and not target.exists():
                earlier.rename(target)
            elif is_abandoned:
                _remove_at_once(earlier)
    for entry in _entries(target):
        if _READY.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            _finish(Path(entry.path), target)
    sweep(target)


def _finish(ready: Path, target: Path) -> None:
    with suppress(OSError), abandoned(ready) as is_abandoned:
        if is_abandoned:
            _move_ready(ready, target)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def check_result_folder(folder: Path) -> None:
    """Refuse a folder that no result can be written to, before anybody waits for a fit; repair and sweep it otherwise.

    Makes nothing. Raises OutputError, or RequestError for a path that no system can have.
    """
    if "\0" in str(folder):
        raise RequestError(f"--out {folder}: a path cannot hold the character NUL. Choose another --out.")
    with _output_errors(folder):
        target = Path(os.path.realpath(folder))
        there, missing = target, list[str]()
        while not there.exists() and there != there.parent:
            missing.append(there.name)
            there = there.parent
        if not there.is_dir():
            raise NotADirectoryError(20, f"{there.name} is a file")
        for name in missing:
            with suppress(FileNotFoundError):
                (there / name).lstat()  # raises for a name that is too long
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(13, "no permission to write")
        _check_names(target)
    repair(folder)
    sweep(target.parent)


def check_users_files(folder: Path, inputs: Collection[Path]) -> None:
    """Refuse a folder without an earlier result in which a file has the name of a result's: it is the user's own.

    `inputs` are files that the result is made from; among them the photo may lie there, since its copy is the same.
    Raises OutputError.
    """
    target = Path(os.path.realpath(folder))
    if os.path.lexists(target / SUMMARY_FILE):
        return
    own = {os.path.realpath(path) for path in inputs}
    for entry in _entries(target):
        is_photo = entry.name.startswith("photo.") and os.path.realpath(entry.path) in own
        if _RESULT_NAMES.fullmatch(entry.name) and not is_photo:
            raise OutputError(
                f"{target / entry.name}: a result would take the place of this file, which no fit has written. Choose another "
                "--out, or rename the file."
            )


@contextmanager
def _output_errors(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{folder}: the results cannot go there ({problem.strerror or problem}). Free some space or choose another --out."
        ) from problem


def _check_names(target: Path) -> None:
    """Raise IsADirectoryError where a folder has the name of a result file."""
    if not target.is_dir():
        return
    for entry in list(os.scandir(target)):
        if _RESULT_NAMES.fullmatch(entry.name) and entry.is_dir():
            raise IsADirectoryError(21, f"{entry.name} in it is a folder")


def _may_change_places(target: Path, inputs: Collection[Path]) -> bool:
    """True if the folder is not there yet or holds an earlier result and nothing else, and nobody works inside it."""
    parent = target.parent
    while not parent.exists():
        parent = parent.parent
    if not os.access(parent, os.W_OK | os.X_OK):
        return False
    if not target.exists():
        return True
    if target.is_mount() or not (target / SUMMARY_FILE).is_file():
        return False
    inside = [Path.cwd(), *(Path(os.path.realpath(path)) for path in inputs)]
    if any(path.is_relative_to(target) for path in inside):
        return False
    return all(
        _RESULT_NAMES.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        for entry in list(os.scandir(target))
    )


def _change_places(staged: Path, target: Path) -> None:
    """Rename the earlier result away and the new one in, then remove the earlier one."""
    if not target.exists():
        staged.rename(target)
        return
    shutil.copymode(target, staged)
    earlier = _earlier_of(target)
    with held(target):
        try:
            target.rename(earlier)
        except OSError:  # open in another program, or of another owner
            _move_in(staged, target, ())
            return
        try:
            staged.rename(target)
        except BaseException:
            earlier.rename(target)
            raise
        _remove_at_once(earlier)


def _earlier_of(target: Path) -> Path:
    """Return where the earlier result stands while the new one is renamed in."""
    digest = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f"{_EARLIER_PREFIX}{digest}")


def _remove_at_once(folder: Path) -> None:
    """Remove a folder that must never be found with a part of its files."""
    doomed = new_name(folder.parent)
    folder.rename(doomed)
    remove(doomed)


def _move_in(staged: Path, target: Path, inputs: Collection[Path]) -> None:
    """Move the new files into a folder that stays, each in the place of its earlier one, and remove the other earlier ones."""
    _check_names(target)
    kept = {os.path.realpath(path) for path in inputs}
    for path in list(staged.iterdir()):
        if os.path.realpath(target / path.name) in kept and filecmp.cmp(
            path, target / path.name, shallow=False
        ):
            path.unlink()  # the input itself: the user's file stays as it is
    names = {path.name for path in staged.iterdir()}
    obsolete = [
        path.name
        for path in target.iterdir()
        if (target / SUMMARY_FILE).is_file()
        and _RESULT_NAMES.fullmatch(path.name)
        and path.name not in names
        and os.path.realpath(path) not in kept
    ]
    (staged / _OBSOLETE_LIST).write_text(json.dumps(obsolete), encoding="utf-8")
    ready = new_name(target, _READY_PREFIX)
    staged.rename(ready)
    _move_ready(ready, target)


def _move_ready(ready: Path, target: Path) -> None:
    """Move the files of a complete result in, summary.json last; a second call goes on where a first was killed."""
    names = sorted((path.name for path in ready.iterdir()), key=lambda name: name == SUMMARY_FILE)
    for name in names:
        if name != _OBSOLETE_LIST:
            os.replace(ready / name, target / name)
    for name in _obsolete_names(ready / _OBSOLETE_LIST):
        (target / name).unlink(missing_ok=True)
    remove(ready)


def _obsolete_names(path: Path) -> Sequence[str]:
    """Return the names in the list that a result may have; none for a list that was removed already or is none."""
    try:
        document: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ()
    names = cast("list[object]", document) if isinstance(document, list) else []
    return [name for name in names if isinstance(name, str) and _RESULT_NAMES.fullmatch(name)]
