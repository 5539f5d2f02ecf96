"""Untrusted zip archives: opened with a limit on their table of contents, read entry by entry."""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from .border import RefusedError

ZIP_MAGIC = b"PK\x03\x04"
# `zipfile` makes ten bytes of every byte of the table; a body model's has some 2 kB, a checkpoint's some 50 kB.
MOST_DIRECTORY_BYTES = 2**20
PIECE_BYTES = 2**20  # of an entry that are read at once


class _LimitedReads:
    """A file whose every read is at most as long as the longest honest table of contents, and a piece of an entry."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, count: int = -1) -> bytes:
        most = max(MOST_DIRECTORY_BYTES, PIECE_BYTES)
        data = self._file.read(most + 1 if count < 0 else min(count, most + 1))
        if len(data) > most:
            raise RefusedError("its table of contents is longer than that of any such file")
        return data


@contextmanager
def open_archive(file: BinaryIO) -> Generator[zipfile.ZipFile]:
    """Yield the archive in an open file. Raises RefusedError for a table of contents without end, and whatever `zipfile` does."""
    with zipfile.ZipFile(cast("Any", _LimitedReads(file))) as archive:
        yield archive


def open_entry(archive: zipfile.ZipFile, name: str) -> Any:
    """Open one entry for reading; RefusedError if it is encrypted or compressed in a way that such files never are."""
    info = archive.getinfo(name)
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError("is encrypted or compressed in an unusual way")
    return archive.open(info)


def read_into(stream: Any, target: memoryview) -> int:
    """Fill `target` from a stream piece by piece; the number of bytes that there were."""
    filled = 0
    while filled < len(target):
        piece: bytes = stream.read(min(PIECE_BYTES, len(target) - filled))
        if not piece:
            break
        target[filled : filled + len(piece)] = piece
        filled += len(piece)
    return filled
