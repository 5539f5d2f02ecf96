"""Tables of a FlatBuffers file, read by the number of their fields; the published networks are stored so."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """One table: `start` is its place in `data`, its fields go by their number in the schema.

    Format: https://flatbuffers.dev/internals. A field that is not stored has the schema's default.
    """

    data: bytes
    start: int

    def _place(self, field: int) -> int:
        """Return where a field's value lies; 0 where it is not stored."""
        layout = self.start - struct.unpack_from("<i", self.data, self.start)[0]
        size = struct.unpack_from("<H", self.data, layout)[0]
        slot = 4 + 2 * field
        if slot >= size:
            return 0
        offset = struct.unpack_from("<H", self.data, layout + slot)[0]
        return self.start + offset if offset else 0

    def number(self, field: int, form: str = "i", default: int = 0) -> int:
        """Return a number stored in `struct`'s form: b and B of 8 bits, i and I of 32."""
        place = self._place(field)
        return struct.unpack_from(f"<{form}", self.data, place)[0] if place else default

    def table(self, field: int) -> Table | None:
        """Return a table; None where it is not stored."""
        place = self._place(field)
        return Table(self.data, self._target(place)) if place else None

    def tables(self, field: int) -> list[Table]:
        """Return a list of tables."""
        start, count = self._list(field)
        return [Table(self.data, self._target(start + 4 * index)) for index in range(count)]

    def values(self, field: int, kind: str) -> NDArray[np.generic]:
        """Return a list of numbers of this NumPy type, read-only."""
        start, count = self._list(field)
        return np.frombuffer(self.data, dtype=kind, count=count, offset=start)

    def text(self, field: int) -> str:
        """Return a text."""
        return self.values(field, "u1").tobytes().decode("utf-8")

    def _target(self, place: int) -> int:
        return place + struct.unpack_from("<I", self.data, place)[0]

    def _list(self, field: int) -> tuple[int, int]:
        place = self._place(field)
        if not place:
            return 0, 0
        start = self._target(place)
        return start + 4, struct.unpack_from("<I", self.data, start)[0]


def root_table(data: bytes) -> Table:
    """Return the outermost table of a file."""
    return Table(data, struct.unpack_from("<I", data, 0)[0])
