"""The entries of a body model file by name, each checked for shape and contents as it is taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, shown

from ..files.border import reader_border
from ..files.budget import BODY_MODEL_BUDGET_BYTES, Budget
from ..files.npz_reader import read_arrays
from ..files.regular_file import begins_with
from ..files.restricted_pickle import read_pickled_arrays
from ..files.zip_archive import ZIP_MAGIC

WHAT = "body model"


def read_entries(path: Path, wanted: Collection[str], budget: Budget) -> dict[str, NumpyArray]:
    """Read the entries of `wanted` that an .npz or .pkl file has. Its first bytes tell the format, not its name."""
    with reader_border(path, BodyModelError, WHAT, "Check the file."):
        is_npz = path.suffix.lower() == ".npz" or begins_with(path, ZIP_MAGIC)
    if is_npz:
        return read_arrays(path, wanted, BodyModelError, WHAT, budget)
    return read_pickled_arrays(path, wanted, budget)


def _model_budget() -> Budget:
    return Budget(BODY_MODEL_BUDGET_BYTES)


@dataclass(frozen=True, eq=False)
class ModelEntries:
    """Entries as read. Every method raises BodyModelError naming the file and the entry that is wrong."""

    path: Path
    values: dict[str, NumpyArray]
    budget: Budget = field(default_factory=_model_budget)

    def has(self, keys: Collection[str]) -> bool:
        """Return True if all of these are there."""
        return all(key in self.values for key in keys)

    def check_present(self, keys: Collection[str]) -> None:
        """Refuse a file that lacks any of these."""
        missing = [key for key in keys if key not in self.values]
        if missing:
            raise BodyModelError(
                f"{self.path}: the entries {', '.join(missing)} are missing, so this is no SMPL-X, SMPL-H or SMPL body. "
                f"Choose the model file itself."
            )

    def floats(self, key: str, shape: tuple[int | None, ...]) -> NumpyArray:
        """Return an entry as float64 of the given shape (None: any size), all finite."""
        value = self._of_shape(key, shape)
        self._spend(value.size)
        with np.errstate(invalid="ignore"):  # of a signalling NaN, which is refused below
            value = value.astype(np.float64)
        if not np.isfinite(value).all():
            raise BodyModelError(
                f"{self.path}: '{key}' holds values that are not finite numbers. The file is damaged."
            )
        return value

    def indices(self, key: str, shape: tuple[int | None, ...], limit: int) -> NumpyArray:
        """Return an entry as int64 of the given shape, all in 0 … limit − 1."""
        value = self._of_shape(key, shape)
        low, high = (value.min(), value.max()) if value.size else (0, 0)
        if not (low >= 0 and high < limit and (value.dtype.kind in "iu" or (value == np.rint(value)).all())):
            raise BodyModelError(
                f"{self.path}: '{key}' points at {shown(low)} … {shown(high)}, and there are {limit} entries. "
                "The file is damaged."
            )
        self._spend(value.size)
        return value.astype(np.int64)

    def _spend(self, count: int) -> None:
        """Take numbers of eight bytes off the budget."""
        with reader_border(self.path, BodyModelError, WHAT, "The file is damaged, or of no body."):
            self.budget.spend(8 * count)

    def _of_shape(self, key: str, shape: tuple[int | None, ...]) -> NumpyArray:
        value = self.values[key]
        fits = value.ndim == len(shape) and all(
            want in (None, got) for want, got in zip(shape, value.shape, strict=True)
        )
        if not fits or value.dtype.kind not in "biuf":
            wanted = " × ".join("any" if size is None else str(size) for size in shape)
            raise BodyModelError(
                f"{self.path}: '{key}' has the shape {shown(value.shape)} ({shown(str(value.dtype))}) where numbers of "
                f"{wanted} are expected. Choose the model file itself."
            )
        return value
