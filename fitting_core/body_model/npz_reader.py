"""Untrusted .npz files: numeric arrays by name, checked before anything is allocated. Free of bpy."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

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
_npy_format: Any = np.lib.format  # NumPy's own type information leaves its signatures open


def read_arrays(
    path: Path, wanted: Collection[str], error: type[FittingError], what: str
) -> dict[str, NumpyArray]:
    """The arrays of `wanted` that the file has; every other entry is left untouched (never unpickled).

    Raises `error` with the file, the entry and the next step if the file is missing, is no .npz, or an entry
    holds objects or asks for more than LARGEST_ARRAY_BYTES.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            present = {
                name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")
            }
            return {key: _read_entry(archive, present[key], path, error) for key in wanted if key in present}
    except FileNotFoundError:
        raise error(f"{path}: there is no such {what}. Check the path.") from None
    except _DAMAGE as problem:
        raise error(
            f"{path}: cannot be read as a {what} in .npz form ({problem}). Is the file complete?"
        ) from problem


def _read_header(stream: Any) -> tuple[tuple[int, ...], Any]:
    version = _npy_format.read_magic(stream)
    read = _npy_format.read_array_header_1_0 if version == (1, 0) else _npy_format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _read_entry(archive: zipfile.ZipFile, entry: str, path: Path, error: type[FittingError]) -> NumpyArray:
    if archive.getinfo(entry).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"entry '{entry}' is compressed in a way that NumPy does not use")
    with archive.open(entry) as stream:
        shape, dtype = _read_header(stream)
    if dtype.kind not in "biufU":
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
