"""Untrusted files, read within a budget of memory and never waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import ResultError, shown

MAX_FILE_BYTES = 512 * 2**20
# A body of 10,475 vertices with 400 components has 70 MB in single precision, the longest motion (100,000 frames) 67 MB, 200
# people with their pose correctives 50 MB. One file, all people or all bodies of a folder, and their bytes as stored, have room
# in it.
BUDGET_BYTES = 300_000_000
NEXT_STEP = "Run the fit again into a new folder and import that."

# A pipe without a writer would stop the open for ever; O_BINARY exists on Windows only, the other elsewhere only.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Budget:
    """Bytes of memory that are left to what files ask for."""

    def __init__(self, total: int = BUDGET_BYTES) -> None:
        self._total = total
        self.left = total

    def spend(self, count: int, label: str) -> None:
        """Take `count` bytes off, before they are allocated; `ResultError` for the file `label` if they are not there."""
        if count > self.left:
            raise ResultError(
                f"{label} asks for more than {self._total // 1_000_000} MB of memory. {NEXT_STEP}"
            )
        self.left -= count

    def give_back(self, count: int) -> None:
        """Add bytes that were spent and are free again."""
        self.left += count


@contextmanager
def damage_border(fault: str) -> Generator[None]:
    """Turn every exception of the block into a `ResultError` that begins with `fault`; its own pass as they are."""
    try:
        yield
    except ResultError:
        raise
    except Exception as error:  # what damaged bytes make a library raise has no list
        reason = f"{type(error).__name__}: {shown(str(error))}"
        raise ResultError(f"{fault} ({reason}). {NEXT_STEP}") from error


def read_bytes(path: Path, most: int = MAX_FILE_BYTES) -> bytes:
    """Read the whole of a regular file of at most `most` bytes; `ResultError` for a larger one, a pipe, or none at all."""
    try:
        with _open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise ResultError(f"{path.name} is {size} bytes, over the limit of {most}. {NEXT_STEP}")
            return file.read(size)
    except OSError as error:
        raise ResultError(
            f"{path} cannot be read ({error.strerror}). Choose a folder written by a fit."
        ) from error
    except ValueError as error:  # a null character in the name, or one that the file system cannot encode
        raise ResultError(f"{path} cannot be read: no file can have this name.") from error


def _open_regular(path: Path) -> BinaryIO:
    _check_kind(path, os.stat(path).st_mode)  # opening a device may have effects of its own
    descriptor = os.open(path, _FLAGS)
    try:
        _check_kind(path, os.fstat(descriptor).st_mode)  # it may have been replaced since
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_kind(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ResultError(f"{path} is not a regular file. Choose a folder written by a fit.")
