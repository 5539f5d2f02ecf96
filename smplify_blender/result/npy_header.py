"""The header of one array of an untrusted .npz, matched against the one form that writers use and never evaluated.

Format: NumPy's NEP 1.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from .errors import shown

MAX_HEADER_BYTES = 4096  # a plain array needs about 100
_MAX_DIMENSIONS = 32
_MAX_DIGITS = 18  # of a side
_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # of the header's length, by version
_ITEM = re.compile(
    r"""\s*['"](descr|fortran_order|shape)['"]\s*:\s*(?:['"]([^'"]{1,40})['"]|(True|False)|\(([\d\sL,]*)\))\s*(?:,|(?=\}))"""
)
_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c8|c16|\?|O|[SUV]\d{1,9}|[mM]8(?:\[\w{1,8}\])?)")


class NpyHeader(NamedTuple):
    """Shape, order in memory and NumPy type of an array that has not been read yet; None for a type of records."""

    shape: tuple[int, ...]
    in_fortran_order: bool
    dtype: np.dtype[Any] | None

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * (self.dtype.itemsize if self.dtype else 0)


def read_header(stream: Any) -> NpyHeader:
    """Read the header at the beginning of a stream; ValueError unless it is that of a plain array."""
    magic = _exactly(stream, len(_MAGIC) + 2)
    length_bytes = _LENGTH_BYTES.get(magic[len(_MAGIC)])
    if not magic.startswith(_MAGIC) or length_bytes is None:
        raise ValueError("no NumPy array, or one of an unknown version")
    length = int.from_bytes(_exactly(stream, length_bytes), "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"a header of {length} bytes")
    return _parse(_exactly(stream, length).decode("latin-1"))


def _parse(text: str) -> NpyHeader:
    values: dict[str, tuple[str | None, ...]] = {}
    records = re.search(r"['\"]descr['\"]\s*:\s*[\[(]", text)
    if records:
        return NpyHeader((), False, None)
    start = text.find("{") + 1
    while (item := _ITEM.match(text, start)) is not None:
        values[item[1]] = item.groups()[1:]
        start = item.end()
    kind, order, shape = (values.get(key, (None,) * 3) for key in ("descr", "fortran_order", "shape"))
    if kind[0] is None or order[1] is None or shape[2] is None or text[start:].strip() != "}":
        raise ValueError(f"the header {shown(text.strip())}")
    if not _TYPE.fullmatch(kind[0]):
        raise ValueError(f"the type {shown(kind[0])}")
    return NpyHeader(_sides(shape[2]), order[1] == "True", np.dtype(kind[0]))


def _sides(text: str) -> tuple[int, ...]:
    parts = [part.strip().removesuffix("L") for part in text.split(",")]  # Python 2 wrote 3L
    sides = parts[:-1] if parts[-1] == "" else parts
    if len(sides) > _MAX_DIMENSIONS or not all(
        side.isdecimal() and len(side) <= _MAX_DIGITS for side in sides
    ):
        raise ValueError(f"the shape ({shown(text.strip())})")
    return tuple(int(side) for side in sides)


def _exactly(stream: Any, count: int) -> bytes:
    data: bytes = stream.read(count)
    if len(data) != count:
        raise ValueError("the end within its header")
    return data
