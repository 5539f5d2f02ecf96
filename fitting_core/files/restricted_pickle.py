"""Untrusted .pkl files: numeric arrays by name, without running anything that the file brings. Free of bpy.

The companion of `npz_reader` for SMPL, SMPL-H and old SMPL-X files: pickles of protocol 0 to 5, from Python 2 or 3, with
NumPy arrays, SciPy sparse matrices and chumpy arrays. `pickled_numbers.MODEL_NAMES` is the whole list of admitted names.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Collection
from pathlib import Path
from typing import cast

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, FittingError

from .pickle_machine import read_pickle
from .pickle_names import Names
from .pickle_source import PickleRefusedError
from .pickled_numbers import MODEL_NAMES, numbers

# The largest official files, of SMPL-X as .pkl, have about half a GiB.
LARGEST_FILE_BYTES = 2 * 1024**3


def read_pickled_arrays(path: Path, wanted: Collection[str]) -> dict[str, NumpyArray]:
    """The arrays of `wanted` that a pickled model file has, sparse and chumpy ones written out densely.

    Raises BodyModelError with the file, what was refused and the next step.
    """
    value = read_pickled_value(path, MODEL_NAMES, BodyModelError, "body model")
    if not isinstance(value, dict):
        raise BodyModelError(
            f"{path}: holds no table of named arrays, so it is no body model. Check the file."
        )
    table = cast("dict[object, object]", value)
    found: dict[str, NumpyArray] = {}
    for key in wanted:
        if key in table:
            try:
                found[key] = numbers(table[key])
            except (PickleRefusedError, ValueError) as problem:
                raise BodyModelError(
                    f"{path}: entry '{key}' cannot be used ({problem}). Use the .npz form of the file."
                ) from problem
    return found


def read_pickled_value(path: Path, names: Names, error: type[FittingError], what: str) -> object:
    """The value that a pickle file holds, as `pickle_machine` makes it from `names`; refusals become `error`."""
    return with_file(path, error, what, lambda data: read_pickle(data, names)[0])


def with_file(
    path: Path, error: type[FittingError], what: str, read: Callable[[mmap.mmap], object]
) -> object:
    """What `read` makes of the bytes of a file; its refusals and the file's absence become `error`."""
    try:
        size = path.stat().st_size
        if not 0 < size <= LARGEST_FILE_BYTES:
            raise error(
                f"{path}: has {size} bytes; a {what} has between 1 and {LARGEST_FILE_BYTES}. Is the file complete?"
            )
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read(data)
    except PickleRefusedError as problem:
        raise error(
            f"{path}: refused as a {what}: {problem}. Nothing of it was run. Get the official file again, or one in another form."
        ) from problem
    except FileNotFoundError:
        raise error(f"{path}: there is no such {what}. Check the path.") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read as a {what} ({problem}). Check the file.") from problem
