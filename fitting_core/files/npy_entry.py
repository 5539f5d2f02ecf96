"""One array of an untrusted .npz: its header as plain values, its numbers within a budget.

Format: NumPy's NEP 1. The header is matched against the one form that writers use, never evaluated.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import shown

from .border import RefusedError
from .budget import Budget
from .zip_archive import read_into

NPY_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # of the header's length, by version
_MOST_HEADER_BYTES = 4096  # a plain array needs about 100
_MOST_DIMENSIONS = 32
_LONGEST_SIDE_DIGITS = 18
_KINDS = "biufUS"  # numbers and text
_ITEM = re.compile(
    r"""\s*['"](descr|fortran_order|shape)['"]\s*:\s*(?:['"]([^'"]{1,40})['"]|(True|False)|\(([\d\sL,]*)\))\s*(?:,|(?=\}))"""
)
_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c8|c16|\?|O|[SUV]\d{1,9}|[mM]8(?:\[\w{1,8}\])?)")
_RECORDS = re.compile(r"['\"]descr['\"]\s*:\s*[\[(]")
_LARGEST_CODE_POINT = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)


class ArrayHeader(NamedTuple):
    """Shape, order in memory and NumPy type of an array that has not been read yet."""

    shape: tuple[int, ...]
    in_fortran_order: bool
    dtype: np.dtype[Any]

    @property
    def kind(self) -> str:
        """NumPy's letter for the kind of value."""
        return self.dtype.kind

    @property
    def value_count(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes of all values; an empty text counts as one character, since NumPy makes room for it."""
        return self.value_count * max(self.dtype.itemsize, 4 if self.kind in "US" else 1)


def read_header(stream: Any) -> ArrayHeader:
    """Read the header at the beginning of a stream; RefusedError unless it is that of a plain array of numbers or text."""
    header = parse_header(_header_text(stream))
    if header.kind not in _KINDS:
        raise RefusedError(f"holds {shown(str(header.dtype))} instead of numbers")
    return header


def read_any_header(stream: Any) -> ArrayHeader | None:
    """Read the header of an array of any kind of value, objects too; None for one of records."""
    text = _header_text(stream)
    return None if _RECORDS.search(text) else parse_header(text)


def _header_text(stream: Any) -> str:
    magic = _exactly(stream, len(NPY_MAGIC) + 2)
    length_bytes = _LENGTH_BYTES.get(magic[len(NPY_MAGIC)])
    if not magic.startswith(NPY_MAGIC) or length_bytes is None:
        raise RefusedError("is no NumPy array, or one of an unknown version")
    length = int.from_bytes(_exactly(stream, length_bytes), "little")
    if length > _MOST_HEADER_BYTES:
        raise RefusedError(f"has a header of {length} bytes")
    return _exactly(stream, length).decode("latin-1")


def parse_header(text: str) -> ArrayHeader:
    """Parse the text of a header, such as {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }."""
    if _RECORDS.search(text):
        raise RefusedError("holds records instead of numbers")
    values: dict[str, tuple[str | None, ...]] = {}
    start = text.find("{") + 1
    while (item := _ITEM.match(text, start)) is not None:
        values[item[1]] = item.groups()[1:]
        start = item.end()
    kind, order, shape = (values.get(key, (None,) * 3) for key in ("descr", "fortran_order", "shape"))
    if kind[0] is None or order[1] is None or shape[2] is None or text[start:].strip() != "}":
        raise RefusedError(f"has a damaged header: {shown(text.strip())}")
    if not _TYPE.fullmatch(kind[0]):
        raise RefusedError(f"holds {shown(kind[0])} instead of numbers")
    return ArrayHeader(_sides(shape[2]), order[1] == "True", np.dtype(kind[0]))


def _sides(text: str) -> tuple[int, ...]:
    parts = [part.strip().removesuffix("L") for part in text.split(",")]  # Python 2 wrote 3L
    sides = parts[:-1] if parts[-1] == "" else parts
    if len(sides) > _MOST_DIMENSIONS or not all(
        side.isdecimal() and len(side) <= _LONGEST_SIDE_DIGITS for side in sides
    ):
        raise RefusedError(f"has a damaged shape: ({shown(text.strip())})")
    return tuple(int(side) for side in sides)


def read_values(stream: Any, header: ArrayHeader, budget: Budget) -> NumpyArray:
    """Read the values behind a header into an array of their own; RefusedError if they are too many or too few."""
    budget.spend(header.size)
    if header.value_count == 0 or header.dtype.itemsize == 0:
        return np.zeros(header.shape, dtype=header.dtype)
    flat: NumpyArray = np.empty(header.value_count, dtype=header.dtype)
    there = read_into(stream, flat.view(np.uint8).data)
    if there != flat.nbytes:
        raise RefusedError(f"ends after {there} of the {flat.nbytes} bytes that its header announces")
    stream.read(1)  # at its end the archive compares the checksum
    if header.kind == "U":
        _check_text(flat)
    return flat.reshape(header.shape, order="F" if header.in_fortran_order else "C")


def _check_text(flat: NumpyArray) -> None:
    """Refuse code points that are no characters: Python raises on them wherever the text is looked at."""
    codes = flat.view(np.dtype(f"{flat.dtype.str[0]}u4"))
    first, last = _SURROGATES
    if codes.max() > _LARGEST_CODE_POINT or ((codes >= first) & (codes <= last)).any():
        raise RefusedError("holds text that is none")


def _exactly(stream: Any, count: int) -> bytes:
    data: bytes = stream.read(count)
    if len(data) != count:
        raise RefusedError("ends within its header")
    return data
