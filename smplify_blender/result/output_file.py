"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX = ".unfinished-addon-"
_OURS = re.compile(rf"{re.escape(_PREFIX)}[a-z0-9_]{{8}}")  # as tempfile names folders
_LONGEST_NAME_BYTES = 200  # writers add endings of their own on the way
_ABANDONED_SECONDS = 24 * 3600.0
_ERROR_LINE = re.compile(r"[A-Za-z_.]+(Error|Exception): ")


@contextmanager
def replaced_when_written(path: Path, beside: bool = False) -> Generator[Path]:
    """Yield a path for the new file, which takes the place of `path` when the block ends well.

    It lies in a folder of its own beside `path`, whose name nobody can foresee, and has the name of `path`, which some formats
    write into the file, or its ending alone where that is long. With `beside` it lies in the folder of `path` itself, from which
    the file's relative paths count.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent, ignore_cleanup_errors=True) as folder,
        _held(Path(folder)),
    ):
        if beside:
            temporary = Path(f"{folder}{path.suffix}")
        elif len(os.fsencode(path.name)) <= _LONGEST_NAME_BYTES:
            temporary = Path(folder) / path.name
        else:
            temporary = Path(folder) / f"unfinished{path.suffix}"
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def sweep_unfinished(folder: Path) -> None:
    """Remove the folders that killed runs have left in `folder`, unless a living process holds them."""
    with suppress(OSError):  # a folder that cannot be listed has nothing that could be swept
        for path in folder.glob(f"{_PREFIX}*"):
            if _OURS.fullmatch(path.name) and path.is_dir() and not path.is_symlink() and _is_abandoned(path):
                _sweep_beside(path)
                shutil.rmtree(path, ignore_errors=True)


def _sweep_beside(folder: Path) -> None:
    """Remove what was written beside a folder under its name, and what Blender makes on its way."""
    for file in folder.parent.glob(f"{folder.name}.*"):
        file.unlink(missing_ok=True)


def _is_abandoned(folder: Path) -> bool:
    if sys.platform == "win32":  # which has no locks on folders
        return time.time() - folder.lstat().st_mtime > _ABANDONED_SECONDS
    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


@contextmanager
def _held(folder: Path) -> Generator[None]:
    """Hold a folder, so that no other run takes it for abandoned."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def held_alone(folder: Path) -> Generator[None]:
    """Make a folder and keep other runs out of it, where the system has locks. Raises BlockingIOError if one is at work there."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def reason_in(text: str) -> str:
    """Return the reason of an operator's failure in one line: the last error of a traceback, else the first line of the text."""
    lines = [line.strip().removeprefix("Error: ") for line in text.splitlines() if line.strip()]
    errors = [line.split(": ", 1)[1] for line in lines if _ERROR_LINE.match(line)]
    return (errors[-1] if errors else lines[0] if lines else "Blender does not say why").rstrip(".")
