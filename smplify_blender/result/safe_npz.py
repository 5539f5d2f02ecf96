"""Bytes of an untrusted .npz file → checked NumPy arrays. Free of bpy.

`numpy.load` allocates what a header asks for before anybody has looked at it. Here every header is read
first, held against what is expected, and only then are as many bytes read as that header announces: object
arrays, wrong kinds, sizes over the limits and zip bombs are refused before they cost memory.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy_format

from .errors import ResultError

MAX_FILE_BYTES = 512 * 2**20
MAX_MEMBERS = 128
MAX_ARRAY_BYTES = 512 * 2**20
MAX_HEADER_CHARACTERS = 4096  # of the .npy header; a plain array needs about 100

Dimension = int | str
Array = np.ndarray[Any, np.dtype[Any]]

KIND_WORDS = {"f": "floating point numbers", "i": "whole numbers", "U": "text"}


@dataclass(frozen=True)
class ArraySpec:
    """What one key of a file has to be.

    `kind` is NumPy's: "f", "i" or "U". `shape` holds sizes and names of sizes; a name stands for one size
    throughout a file (`sizes`), at most `size_limits[name]`. `max_itemsize` in bytes bounds texts. Values
    have to be finite unless `nan_allowed`.
    """

    kind: str
    shape: tuple[Dimension, ...] = ()
    optional: bool = False
    max_itemsize: int = 8
    nan_allowed: bool = False


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]


class NpzReader:
    """Reads one .npz from memory, key by key, against `ArraySpec`s.

    `label` is the file's name for messages; `sizes` are known sizes by name and grow while keys are read.
    """

    def __init__(
        self, content: bytes, label: str, sizes: Mapping[str, int], size_limits: Mapping[str, int]
    ) -> None:
        self.label = label
        self.sizes: dict[str, int] = dict(sizes)
        self._size_limits = size_limits
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            self._members = {info.filename: info for info in self._zip.infolist()}
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise self._error(f"is not an .npz file ({error})") from error
        if len(self._members) > MAX_MEMBERS:
            raise self._error(f"holds {len(self._members)} entries, more than {MAX_MEMBERS}")

    def _error(self, what: str) -> ResultError:
        return ResultError(f"{self.label} {what}. Run the fit again into a new folder and import that.")

    def has(self, key: str) -> bool:
        """Whether the file holds `key`."""
        return f"{key}.npy" in self._members

    def read(self, key: str, spec: ArraySpec) -> Array | None:
        """The array under `key`, or None for an absent optional one.

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
        try:
            with self._zip.open(info) as stream:
                header = _read_header(stream)
                self._check_header(key, spec, header)
                array = self._read_values(key, header, stream)
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError) as error:
            raise self._error(f"has a damaged entry “{key}” ({error})") from error

        if spec.kind == "f" and not spec.nan_allowed and not np.isfinite(array).all():
            raise self._error(f"has numbers that are not finite under “{key}”")
        return array

    def _check_header(self, key: str, spec: ArraySpec, header: _Header) -> None:
        if header.dtype.hasobject or header.dtype.kind not in _accepted_kinds(spec.kind):
            raise self._error(f"has “{key}” of type {header.dtype}, expected {KIND_WORDS[spec.kind]}")
        if header.dtype.itemsize > spec.max_itemsize:
            raise self._error(
                f"has “{key}” of type {header.dtype}, over {spec.max_itemsize} bytes an element"
            )
        self._bind_sizes(key, spec.shape, header.shape)
        if math.prod(header.shape) * header.dtype.itemsize > MAX_ARRAY_BYTES:
            raise self._error(f"has “{key}” of shape {header.shape}, over {MAX_ARRAY_BYTES // 2**20} MiB")

    def _bind_sizes(self, key: str, expected: tuple[Dimension, ...], found: tuple[int, ...]) -> None:
        wanted = tuple(self.sizes.get(name, name) if isinstance(name, str) else name for name in expected)
        fits = len(found) == len(wanted) and all(
            isinstance(want, str) or want == size for want, size in zip(wanted, found, strict=True)
        )
        if not fits:
            raise self._error(f"has “{key}” of shape {found}, expected {_shape_words(wanted)}")
        for name, size in zip(wanted, found, strict=True):
            if not isinstance(name, str):
                continue
            if size > self._size_limits[name]:
                raise self._error(
                    f"has “{key}” of shape {found}; {name} may be at most {self._size_limits[name]}"
                )
            self.sizes[name] = size

    def _read_values(self, key: str, header: _Header, stream: Any) -> Array:
        size = math.prod(header.shape) * header.dtype.itemsize
        content = cast("bytes", stream.read(size + 1))
        if len(content) != size:
            raise self._error(
                f"has a damaged entry “{key}”: {len(content)} bytes where its header announces {size}"
            )
        flat = np.frombuffer(content, dtype=header.dtype)
        array = flat.reshape(header.shape, order="F" if header.fortran_order else "C")
        return np.array(array, dtype=_native(header.dtype), order="C")  # a copy that keeps () as ()


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type to work with: this machine's byte order, and half floats as single ones."""
    if dtype.kind == "f" and dtype.itemsize < 4:
        return np.dtype(np.float32)
    return dtype.newbyteorder("=")


def _accepted_kinds(kind: str) -> str:
    return {"f": "f", "i": "iub", "U": "U"}[kind]


def _shape_words(shape: tuple[Dimension, ...]) -> str:
    return "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"


def _read_header(stream: Any) -> _Header:
    readers: Any = npy_format  # its functions have no types
    version: tuple[int, int] = readers.read_magic(stream)
    if version == (1, 0):
        header: tuple[tuple[int, ...], bool, np.dtype[Any]] = readers.read_array_header_1_0(
            stream, MAX_HEADER_CHARACTERS
        )
    elif version == (2, 0):
        header = readers.read_array_header_2_0(stream, MAX_HEADER_CHARACTERS)
    else:
        raise ValueError(f"unknown .npy version {version}")
    shape, fortran_order, dtype = header
    if any(size < 0 for size in shape):
        raise ValueError(f"negative size in shape {shape}")
    return _Header(shape, fortran_order, dtype)
