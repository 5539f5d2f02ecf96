"""Bounds-checked reading of a part of a file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from .border import RefusedError


class DamagedDataError(RefusedError):
    """The bytes do not hold what their header promises."""


@dataclass(frozen=True)
class ByteSource:
    """The bytes `start` … `start + length` of an open file; every read outside them is a DamagedDataError."""

    file: BinaryIO
    start: int
    length: int

    def read(self, offset: int, count: int) -> bytes:
        """Read exactly `count` bytes from `offset`."""
        if offset < 0 or count < 0 or offset + count > self.length:
            raise DamagedDataError(f"it ends before byte {offset + count}")
        self.file.seek(self.start + offset)
        data = self.file.read(count)
        if len(data) != count:
            raise DamagedDataError(f"it ends before byte {offset + count}")
        return data

    def numbers(self, layout: str, offset: int) -> tuple[int, ...]:
        """Read integers at `offset` in the manner of `struct`, byte order first (`">HH"`)."""
        return struct.unpack(layout, self.read(offset, struct.calcsize(layout)))

    def part(self, offset: int, length: int) -> ByteSource:
        """Return a source of its own, for example of an EXIF block; it may not reach beyond this one."""
        if offset < 0 or length < 0 or offset + length > self.length:
            raise DamagedDataError(f"a block of {length} bytes at byte {offset} reaches beyond its end")
        return ByteSource(self.file, self.start + offset, length)
