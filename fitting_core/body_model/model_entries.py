"""The entries of a body model file by name, each checked for shape and contents as it is taken. Free of bpy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError

from ..files.npz_reader import read_arrays
from ..files.restricted_pickle import read_pickled_arrays

_ZIP_MAGIC = b"PK\x03\x04"


def read_entries(path: Path, wanted: Collection[str]) -> dict[str, NumpyArray]:
    """The entries of `wanted` that an .npz or .pkl file has. What the file is, its first bytes say, not its name."""
    if path.suffix.lower() == ".npz" or _is_zip(path):
        return read_arrays(path, wanted, BodyModelError, "body model")
    return read_pickled_arrays(path, wanted)


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    except OSError as problem:
        raise BodyModelError(
            f"{path}: cannot be read as a body model ({problem}). Check the file."
        ) from problem


@dataclass(frozen=True, eq=False)
class ModelEntries:
    """Entries as read. Every method raises BodyModelError naming the file and the entry that is wrong."""

    path: Path
    values: dict[str, NumpyArray]

    def has(self, keys: Collection[str]) -> bool:
        """Whether all of these are there."""
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
        """An entry as float64 of the given shape (None: any size), all finite."""
        value = self._of_shape(key, shape).astype(np.float64)
        if not np.isfinite(value).all():
            raise BodyModelError(
                f"{self.path}: '{key}' holds values that are not finite numbers. The file is damaged."
            )
        return value

    def indices(self, key: str, shape: tuple[int | None, ...], limit: int) -> NumpyArray:
        """An entry as int64 of the given shape, all in 0 … limit − 1."""
        value = self._of_shape(key, shape)
        low, high = (value.min(), value.max()) if value.size else (0, 0)
        if not (low >= 0 and high < limit and (value.dtype.kind in "iu" or (value == np.rint(value)).all())):
            raise BodyModelError(
                f"{self.path}: '{key}' points at {low} … {high}, and there are {limit} entries. The file is damaged."
            )
        return value.astype(np.int64)

    def _of_shape(self, key: str, shape: tuple[int | None, ...]) -> NumpyArray:
        value = self.values[key]
        fits = value.ndim == len(shape) and all(
            want in (None, got) for want, got in zip(shape, value.shape, strict=True)
        )
        if not fits or value.dtype.kind not in "biuf":
            wanted = " × ".join("any" if size is None else str(size) for size in shape)
            raise BodyModelError(
                f"{self.path}: '{key}' has the shape {value.shape} ({value.dtype}) where numbers of {wanted} are expected."
            )
        return value
