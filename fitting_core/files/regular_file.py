"""Files opened for reading without waiting: a folder, a pipe or a device is refused."""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from .border import RefusedError

# A pipe without a writer would stop the open for ever; O_BINARY exists on Windows only, the other two elsewhere only.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises RefusedError for a folder, a pipe, a device or a name that no file can have, OSError where opening fails.
    """
    try:
        _check_kind(os.stat(path).st_mode)  # opening a device may have effects of its own
        descriptor = os.open(path, _FLAGS)
    except ValueError as problem:  # a null character in the name, or one that the file system cannot encode
        raise RefusedError("no file can have this name") from problem
    try:
        _check_kind(os.fstat(descriptor).st_mode)  # it may have been replaced since
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def size_of(file: BinaryIO) -> int:
    """Return the size of an open regular file in bytes."""
    return os.fstat(file.fileno()).st_size


def begins_with(path: Path, magic: bytes) -> bool:
    """Return True if the first bytes of a regular file are `magic`; raises as `open_regular` does."""
    with open_regular(path) as file:
        return file.read(len(magic)) == magic


def _check_kind(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise RefusedError("it is a folder")
    if not stat.S_ISREG(mode):
        raise RefusedError("it is not a regular file")
