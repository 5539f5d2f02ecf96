"""Temporary files and folders under names that nobody can foresee, held while their process lives and swept after a kill."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PREFIX = ".unfinished-"
# Earlier releases gave half as many digits.
_OURS = re.compile(rf"{re.escape(PREFIX)}(?:[0-9a-f]{{8}}|[0-9a-f]{{16}})(?:\.[^.]{{1,16}})?")
_TOKEN_BYTES = 8
_ABANDONED_SECONDS = 24 * 3600.0  # where the system has no locks, what is older than this has no owner
_EXCLUSIVE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_LOOK = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def unfinished_file(folder: Path, suffix: str) -> Generator[Path]:
    """Yield a new, empty file in `folder`; it is removed at the end unless it was renamed. Raises OSError."""
    yield from _held(folder, suffix, _make_file)


@contextmanager
def unfinished_folder(folder: Path) -> Generator[Path]:
    """Yield a new, empty folder in `folder`; it is removed at the end unless it was renamed. Raises OSError."""
    yield from _held(folder, "", Path.mkdir)


def sweep(folder: Path) -> None:
    """Remove what killed runs have left in `folder`: names of ours that no living process holds."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # a folder that cannot be listed has nothing that could be swept
        return
    for entry in entries:
        if _OURS.fullmatch(entry.name) and not entry.is_symlink():
            _sweep_entry(Path(entry.path))


def _sweep_entry(path: Path) -> None:
    with suppress(OSError), abandoned(path) as is_abandoned:
        if is_abandoned:
            remove(path)


def new_name(folder: Path, prefix: str = PREFIX, suffix: str = "") -> Path:
    """Return a path in `folder` that nobody can foresee."""
    return folder / f"{prefix}{secrets.token_hex(_TOKEN_BYTES)}{suffix}"


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; what cannot be removed stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def abandoned(path: Path) -> Generator[bool]:
    """Yield true if no living process holds `path`; it is then held by this one until the block ends."""
    try:
        handle = _lock(path)
    except BlockingIOError:
        yield False
        return
    try:
        yield handle is not None or time.time() - path.lstat().st_mtime > _ABANDONED_SECONDS
    finally:
        _release(handle)


@contextmanager
def held(path: Path) -> Generator[None]:
    """Hold a file or folder, so that no other run takes it for abandoned. Raises OSError if another run holds it."""
    handle = _lock(path)
    try:
        yield
    finally:
        _release(handle)


def _held(folder: Path, suffix: str, make: Callable[[Path], object]) -> Generator[Path]:
    while True:
        path = new_name(folder, suffix=suffix)
        make(path)
        try:
            handle = _lock(path)
        except (BlockingIOError, FileNotFoundError):
            continue  # another run has swept it between the two steps
        if path.exists():
            break
        _release(handle)
    try:
        yield path
    finally:
        remove(path)
        _release(handle)


def _make_file(path: Path) -> None:
    os.close(os.open(path, _EXCLUSIVE, 0o666))


def _lock(path: Path) -> int | None:
    """Return the handle of a lock on `path`; None where the system has none. Raises BlockingIOError if it is taken."""
    if sys.platform == "win32":
        return None
    handle = os.open(path, _LOOK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without locks
        os.close(handle)
        return None
    return handle


def _release(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
