"""Untrusted .npz files: arrays of numbers and texts by name, each checked before anything is allocated."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

from fitting_core.arrays import NumpyArray
from fitting_core.errors import FittingError, shown

from .border import RefusedError, part_border, reader_border
from .budget import Budget
from .npy_entry import ArrayHeader, read_header, read_values
from .regular_file import open_regular
from .zip_archive import open_archive, open_entry

_NEXT_STEP = "Is the file complete, and in its plain .npz form?"


def read_arrays(
    path: Path,
    wanted: Collection[str],
    error: type[FittingError],
    what: str,
    budget: Budget | None = None,
) -> dict[str, NumpyArray]:
    """Read the arrays of `wanted` that the file has; every other entry is left untouched, and none is ever unpickled.

    Raises `error` with the file, the entry and the next step if the file is missing, is no .npz, or an entry holds
    objects or all together ask for more than the budget.
    """
    left = Budget() if budget is None else budget
    with _opened(path, error, what) as archive:
        names = _entry_names(archive)
        return {key: _read_entry(archive, names[key], left) for key in wanted if key in names}


def read_headers(
    path: Path, wanted: Collection[str], error: type[FittingError], what: str
) -> dict[str, ArrayHeader]:
    """Read what the entries of `wanted` claim to be, for whoever judges them before anything is allocated.

    Raises `error` as `read_arrays` does.
    """
    with _opened(path, error, what) as archive:
        names = _entry_names(archive)
        return {key: _header_of(archive, names[key]) for key in wanted if key in names}


def _entry_names(archive: zipfile.ZipFile) -> dict[str, str]:
    return {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}


@contextmanager
def _opened(path: Path, error: type[FittingError], what: str) -> Generator[zipfile.ZipFile]:
    with (
        reader_border(path, error, what, _NEXT_STEP),
        open_regular(path) as file,
        open_archive(file) as archive,
    ):
        yield archive


def _header_of(archive: zipfile.ZipFile, name: str) -> ArrayHeader:
    with part_border(f"entry '{shown(name)}'"), open_entry(archive, name) as stream:
        return read_header(stream)


def _read_entry(archive: zipfile.ZipFile, name: str, budget: Budget) -> NumpyArray:
    with part_border(f"entry '{shown(name)}'"), open_entry(archive, name) as stream:
        header = read_header(stream)
        if header.value_count * header.dtype.itemsize > archive.getinfo(name).file_size:
            raise RefusedError(f"claims the shape {shown(header.shape)}, which is more than the file holds")
        return read_values(stream, header, budget)
