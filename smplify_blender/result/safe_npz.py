"""Reads checked NumPy arrays from the bytes of an untrusted .npz file.

`numpy.load` allocates what a header asks for before anybody has looked at it. Here every header is read
first, held against what is expected, and only then are as many bytes read as that header announces: object
arrays, wrong kinds, sizes over the limits and zip bombs are refused before they cost memory. All arrays of a file are taken
off one budget.
"""

from __future__ import annotations

import io
import math
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bounded_file import NEXT_STEP, Budget, damage_border
from .errors import ResultError, shown
from .npy_header import NpyHeader, read_header

MAX_MEMBERS = 128
MAX_DIRECTORY_BYTES = 2**17  # of the archive's table of contents; 128 entries need some 10 kB
FIRST_SURROGATE, LAST_SURROGATE = 0xD800, 0xDFFF
PIECE_BYTES = 2**20  # of an entry that are read at once

Dimension = int | str
Array = np.ndarray[Any, np.dtype[Any]]

KIND_WORDS = {"f": "floating point numbers", "i": "whole numbers", "U": "text"}


@dataclass(frozen=True)
class ArraySpec:
    """The array that one key of a file has to hold.

    `kind` is NumPy's: "f", "i" or "U". `shape` holds sizes and names of sizes; a name stands for one size
    throughout a file (`sizes`), at most `size_limits[name]`. `max_itemsize` in bytes bounds texts. Values
    have to be finite unless `nan_allowed`.
    """

    kind: str
    shape: tuple[Dimension, ...] = ()
    optional: bool = False
    max_itemsize: int = 8
    nan_allowed: bool = False


class _Directory(io.BytesIO):
    """The bytes of a file while the archive's table of contents is read: one without end is refused."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES and self.is_opening:
            raise ValueError("a table of contents without end")
        return super().read(size)

    is_opening = True


class NpzReader:
    """Reads one .npz from memory, key by key, against `ArraySpec`s.

    `label` is the file's name for messages; `sizes` are known sizes by name and grow while keys are read. What the file asks
    for is taken off `budget`, which several files may share.
    """

    def __init__(
        self,
        content: bytes,
        label: str,
        sizes: Mapping[str, int],
        size_limits: Mapping[str, int],
        budget: Budget | None = None,
    ) -> None:
        self.label = label
        self._budget = Budget() if budget is None else budget
        self._budget.spend(len(content), label)
        self.sizes: dict[str, int] = dict(sizes)
        self._size_limits = size_limits
        try:
            directory = _Directory(content)
            self._zip = zipfile.ZipFile(directory)
            directory.is_opening = False
            self._members = {info.filename: info for info in self._zip.infolist()}
        except Exception as error:  # what damaged bytes make zipfile raise has no list
            raise self._error(f"is not an .npz file ({shown(str(error))})") from error
        if len(self._members) > MAX_MEMBERS:
            raise self._error(f"holds {len(self._members)} entries, more than {MAX_MEMBERS}")

    def _error(self, what: str) -> ResultError:
        return ResultError(f"{self.label} {what}. {NEXT_STEP}")

    def has(self, key: str) -> bool:
        """Return True if the file holds `key`."""
        return f"{key}.npy" in self._members

    def read(self, key: str, spec: ArraySpec) -> Array | None:
        """Return the array under `key`, or None for an absent optional one.

        Raises `ResultError` where key, kind, shape, size or values are not as `spec` says.
        """
        info = self._members.get(f"{key}.npy")
        if info is None:
            if spec.optional:
                return None
            raise self._error(f"has no key “{key}”")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._error(
                f"stores “{key}” in a way that is not read here (encrypted or an unusual compression)"
            )
        with damage_border(f"{self.label} has a damaged entry “{key}”"), self._zip.open(info) as stream:
            header = read_header(stream)
            dtype = self._checked_type(key, spec, header)
            array = self._read_values(key, header, dtype, stream)
        if spec.kind == "f" and not spec.nan_allowed and not np.isfinite(array).all():
            raise self._error(f"has numbers that are not finite under “{key}”")
        return array

    def _checked_type(self, key: str, spec: ArraySpec, header: NpyHeader) -> np.dtype[Any]:
        dtype = header.dtype
        if dtype is None or dtype.kind not in _accepted_kinds(spec.kind):
            words = "records" if dtype is None else shown(str(dtype))
            raise self._error(f"has “{key}” of type {words}, expected {KIND_WORDS[spec.kind]}")
        if dtype.itemsize > spec.max_itemsize:
            raise self._error(
                f"has “{key}” of type {shown(str(dtype))}, over {spec.max_itemsize} bytes an element"
            )
        self._bind_sizes(key, spec.shape, header.shape)
        return dtype

    def _bind_sizes(self, key: str, expected: tuple[Dimension, ...], sizes: tuple[int, ...]) -> None:
        wanted = tuple(self.sizes.get(name, name) if isinstance(name, str) else name for name in expected)
        fits = len(sizes) == len(wanted) and all(
            isinstance(want, str) or want == size for want, size in zip(wanted, sizes, strict=True)
        )
        if not fits:
            raise self._error(f"has “{key}” of shape {shown(sizes)}, expected {_shape_words(wanted)}")
        for name, size in zip(wanted, sizes, strict=True):
            if not isinstance(name, str):
                continue
            if size > self._size_limits[name]:
                raise self._error(
                    f"has “{key}” of shape {shown(sizes)}; {name} may be at most {self._size_limits[name]}"
                )
            self.sizes[name] = size

    def _read_values(self, key: str, header: NpyHeader, dtype: np.dtype[Any], stream: Any) -> Array:
        native = _native(dtype)
        # once more where the values change their form; an empty text takes the room of one character
        forms = 1 if native == dtype and not header.in_fortran_order else 2
        count = math.prod(header.shape)
        self._budget.spend(forms * count * max(native.itemsize, dtype.itemsize, 4), self.label)
        flat: Array = np.zeros(count, dtype=dtype)
        size = header.size
        filled = 0
        while filled < size:
            piece: bytes = stream.read(min(PIECE_BYTES, size - filled))
            if not piece:
                raise self._error(
                    f"has a damaged entry “{key}”: {filled} bytes where its header announces {size}"
                )
            flat.view(np.uint8)[filled : filled + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            filled += len(piece)
        if stream.read(1):  # at its end the archive compares the checksum
            raise self._error(f"has a damaged entry “{key}”: more bytes than its header announces, {size}")
        if dtype.kind == "U":
            self._check_text(key, flat)
        array = flat.reshape(header.shape, order="F" if header.in_fortran_order else "C")
        with np.errstate(invalid="ignore"):  # of a signalling NaN, which the caller judges
            return np.asarray(array, dtype=native, order="C")

    def _check_text(self, key: str, flat: Array) -> None:
        """Refuse code points that are no characters: Python raises on them wherever the text is looked at."""
        if not flat.nbytes:
            return
        codes = flat.view(np.dtype(f"{flat.dtype.str[0]}u4"))
        is_surrogate = (codes >= FIRST_SURROGATE) & (codes <= LAST_SURROGATE)
        if int(codes.max()) > sys.maxunicode or bool(is_surrogate.any()):
            raise self._error(f"has text that is none under “{key}”")


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type to work with: this machine's byte order, and half floats as single ones."""
    if dtype.kind == "f" and dtype.itemsize < 4:
        return np.dtype(np.float32)
    return dtype.newbyteorder("=")


def _accepted_kinds(kind: str) -> str:
    return {"f": "f", "i": "iub", "U": "U"}[kind]


def _shape_words(shape: tuple[Dimension, ...]) -> str:
    return "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
