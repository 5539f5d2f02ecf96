"""Untrusted .npz files: numeric arrays by name, checked before anything is allocated. Free of bpy."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import FittingError

# A licensed SMPL-X v1.1 file holds 300 + 100 components for 10,475 vertices in float64: 101 MB an array, and
# its pose directions are 122 MB. Four times that is room for any body; a hostile header asks for more.
LARGEST_ARRAY_BYTES = 512 * 1024 * 1024
# Everything that a damaged archive or array header makes the libraries raise, found by damaging files at random.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, SyntaxError,
    tokenize.TokenError, MemoryError,
)  # fmt: skip
_KINDS = "biufUS"  # numbers and text
_npy_format: Any = np.lib.format  # NumPy's own type information leaves its signatures open


class ArrayHeader(NamedTuple):
    """Shape, NumPy's letter for the kind of value, and the bytes of one."""

    shape: tuple[int, ...]
    kind: str
    itemsize: int


def read_arrays(
    path: Path, wanted: Collection[str], error: type[FittingError], what: str
) -> dict[str, NumpyArray]:
    """The arrays of `wanted` that the file has; every other entry is left untouched (never unpickled).

    Raises `error` with the file, the entry and the next step if the file is missing, is no .npz, or an entry
    holds objects or asks for more than LARGEST_ARRAY_BYTES.
    """
    with _opened(path, error, what) as archive:
        present = _present(archive)
        return {key: _read_entry(archive, present[key], path, error) for key in wanted if key in present}


def read_headers(
    path: Path, wanted: Collection[str], error: type[FittingError], what: str
) -> dict[str, ArrayHeader]:
    """What the entries of `wanted` claim to be, for whoever has to judge them before anything is allocated.

    Raises `error` as `read_arrays` does.
    """
    with _opened(path, error, what) as archive:
        headers: dict[str, ArrayHeader] = {}
        present = _present(archive)
        for key in (key for key in wanted if key in present):
            with _entry(archive, present[key]) as stream:
                shape, dtype = _read_header(stream)
                headers[key] = ArrayHeader(shape, dtype.kind, dtype.itemsize)
        return headers


def _present(archive: zipfile.ZipFile) -> dict[str, str]:
    return {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}


@contextmanager
def _opened(path: Path, error: type[FittingError], what: str) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise error(f"{path}: there is no such {what}. Check the path.") from None
    except _DAMAGE as problem:
        raise error(
            f"{path}: cannot be read as a {what} in .npz form ({problem}). Is the file complete?"
        ) from problem


def _entry(archive: zipfile.ZipFile, entry: str) -> Any:
    if archive.getinfo(entry).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"entry '{entry}' is compressed in a way that NumPy does not use")
    return archive.open(entry)


def _read_header(stream: Any) -> tuple[tuple[int, ...], Any]:
    version = _npy_format.read_magic(stream)
    read = _npy_format.read_array_header_1_0 if version == (1, 0) else _npy_format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _read_entry(archive: zipfile.ZipFile, entry: str, path: Path, error: type[FittingError]) -> NumpyArray:
    with _entry(archive, entry) as stream:
        shape, dtype = _read_header(stream)
    if dtype.kind not in _KINDS:
        raise error(
            f"{path}: entry '{entry}' holds {dtype} instead of numbers. Use the plain .npz form of the file."
        )
    count = 1
    for size in shape:
        count *= int(size)
    declared = archive.getinfo(entry).file_size
    if count * dtype.itemsize > min(LARGEST_ARRAY_BYTES, max(declared, 0)):
        raise error(
            f"{path}: entry '{entry}' claims the shape {shape}, which is more than the file or the limit of "
            f"{LARGEST_ARRAY_BYTES // 2**20} MiB allows. The file is damaged."
        )
    with archive.open(entry) as stream:
        return _npy_format.read_array(stream, allow_pickle=False)
