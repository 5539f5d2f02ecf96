"""Untrusted .pkl files: numeric arrays by name, without running anything that the file brings.

The companion of `npz_reader` for SMPL, SMPL-H and old SMPL-X files: pickles of protocol 0 to 5, from Python 2 or 3, with
NumPy arrays, SciPy sparse matrices and chumpy arrays. `pickled_numbers.MODEL_NAMES` is the whole list of admitted names.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, FittingError

from .border import RefusedError, reader_border
from .budget import BODY_MODEL_BUDGET_BYTES, Budget
from .pickle_machine import read_pickle
from .pickle_names import Names
from .pickled_numbers import MODEL_NAMES, numbers
from .regular_file import open_regular, size_of

# The largest official files, of SMPL-X as .pkl, have about half a GiB.
LARGEST_FILE_BYTES = 2 * 1024**3
_NEXT_STEP = "Nothing of it was run. Get the official file again, or one in another form."


def read_pickled_arrays(
    path: Path, wanted: Collection[str], budget: Budget | None = None
) -> dict[str, NumpyArray]:
    """Read the arrays of `wanted` that a pickled model file has, sparse and chumpy ones written out densely.

    Raises BodyModelError with the file, what was refused and the next step.
    """
    left = Budget(BODY_MODEL_BUDGET_BYTES) if budget is None else budget
    with pickle_border(path, BodyModelError, "body model"):
        table = read_pickled_table(path, MODEL_NAMES, left)
        return {key: numbers(table[key], left, key) for key in wanted if key in table}


@contextmanager
def pickle_border(path: Path, error: type[FittingError], what: str) -> Generator[None]:
    """Turn every exception of the block into `error`, in the words that fit a pickle."""
    with reader_border(path, error, what, _NEXT_STEP):
        yield


def read_pickled_table(path: Path, names: Names, budget: Budget) -> dict[object, object]:
    """Read the dict that a pickle file holds; RefusedError if it holds anything else."""
    value = read_pickled_value(path, names, budget)
    if not isinstance(value, dict):
        raise RefusedError("it holds no table of named arrays")
    return cast("dict[object, object]", value)


def read_pickled_value(path: Path, names: Names, budget: Budget) -> object:
    """Read the value of a pickle file, as `pickle_machine` makes it from `names`; raises whatever damaged bytes do."""
    with open_regular(path) as file:
        return read_pickle(file, checked_size(file), names, budget)


def checked_size(file: BinaryIO) -> int:
    """Return the size of an open file; RefusedError if it is empty or larger than any such file."""
    size = size_of(file)
    if not 0 < size <= LARGEST_FILE_BYTES:
        raise RefusedError(f"it has {size} bytes, where 1 to {LARGEST_FILE_BYTES} are expected")
    return size
