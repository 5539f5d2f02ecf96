"""Reads the named arrays of an untrusted .npz or .pkl of another program, each checked as it is taken."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import ConversionError, shown
from fitting_core.files.border import reader_border
from fitting_core.files.budget import Budget
from fitting_core.files.npz_reader import read_arrays, read_headers
from fitting_core.files.pickle_names import stand_ins
from fitting_core.files.pickled_numbers import ARRAY_NAMES, CHUMPY_NAMES, numbers
from fitting_core.files.regular_file import open_regular, size_of
from fitting_core.files.restricted_pickle import pickle_border, read_pickled_table
from fitting_core.files.zip_archive import ZIP_MAGIC

# Every name that a dialect knows (dialects.py). Other entries of a file are not looked at.
KEYS = (
    "poses", "trans", "root_orient", "pose_body", "pose_hand", "pose_jaw", "pose_eye",
    "mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "gender", "surface_model_type",
    "global_orient", "body_pose", "jaw_pose", "leye_pose", "reye_pose", "left_hand_pose", "right_hand_pose",
    "transl", "betas", "expression", "camera_rotation", "camera_translation",
    "pose", "cam_t", "f", "body_sha256",
)  # fmt: skip
# Fourteen minutes at 120 Hz; the scene holds a key a frame and bone.
MOST_FRAMES = 100_000
# All entries of a file together: MOST_FRAMES of the widest dialect twice over.
_MOST_NUMBERS = 2 * MOST_FRAMES * 200
# A pickled result holds one pose: kilobytes, or some MiB where somebody has added the mesh.
_LARGEST_PICKLE_BYTES = 256 * 1024**2
_MOST_TEXT = 64
_MOST_TEXT_BYTES = 4096  # of one entry; what is read of it is a word
_WHAT = "pose or motion"
_NEXT_STEP = "Export it again from the program that made it."


@dataclass(frozen=True, eq=False)
class ForeignFile:
    """Arrays and texts by name. Every method raises ConversionError naming the file, the entry and the next step."""

    path: Path
    arrays: dict[str, NumpyArray]
    texts: dict[str, str]
    budget: Budget = field(default_factory=Budget)

    def has(self, *keys: str) -> bool:
        """Return True if all of these are there."""
        return all(key in self.arrays or key in self.texts for key in keys)

    def rows(self, key: str, sizes: Collection[int]) -> NumpyArray:
        """Return an entry as (N, size) finite float64, whatever extra axes the file gives it; one row for a plain vector."""
        value = self._numbers(key)
        rows = value.reshape(1, -1) if value.ndim < 2 else value.reshape(len(value), -1)
        if rows.shape[1] not in sizes:
            ordered = sorted(sizes)
            is_run = len(ordered) > 2 and len(ordered) == ordered[-1] - ordered[0] + 1
            wanted = f"{ordered[0]} to {ordered[-1]}" if is_run else " or ".join(map(str, ordered))
            raise ConversionError(
                f"{self.path}: '{key}' has the shape {shown(value.shape)} where {wanted} numbers a frame are "
                f"expected. {_NEXT_STEP}"
            )
        return rows

    def rows_or_none(self, key: str, sizes: Collection[int]) -> NumpyArray | None:
        """Return the same for an entry that may be missing."""
        return self.rows(key, sizes) if key in self.arrays else None

    def number(self, *keys: str) -> float | None:
        """Return the first of these that is there, as one positive number; None if none is."""
        for key in keys:
            if key in self.arrays:
                value = self._numbers(key).reshape(-1)
                if value.size not in (1, 2) or value[0] <= 0:  # SMPLify writes its focal length twice
                    raise ConversionError(
                        f"{self.path}: '{key}' is {shown(value.tolist()[:4])} where one positive number is expected. {_NEXT_STEP}"
                    )
                return float(value[0])
        return None

    def _numbers(self, key: str) -> NumpyArray:
        if key not in self.arrays:
            raise ConversionError(f"{self.path}: the entry '{key}' is missing. {_NEXT_STEP}")
        value = self.arrays[key]
        if value.dtype.kind not in "iuf":
            raise ConversionError(
                f"{self.path}: '{key}' holds {value.dtype} where numbers are expected. {_NEXT_STEP}"
            )
        if value.dtype != np.float64:
            with reader_border(self.path, ConversionError, _WHAT, _NEXT_STEP):
                self.budget.spend(np.float64().itemsize * value.size)
            value = value.astype(np.float64)
        if not np.isfinite(value).all():
            raise ConversionError(
                f"{self.path}: '{key}' holds values that are not finite numbers (NaN or infinite). {_NEXT_STEP}"
            )
        return value


def read_foreign_file(path: Path) -> ForeignFile:
    """Read the entries of KEYS that a file has. Its first bytes tell the format, not its name.

    Raises ConversionError naming the file, what is wrong and the next step, before anything large is allocated.
    """
    with (
        reader_border(path, ConversionError, "file of poses", "Choose a .npz or .pkl file."),
        open_regular(path) as file,
    ):
        is_zip = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
        size = size_of(file)
    return _from_npz(path) if is_zip or path.suffix.lower() == ".npz" else _from_pickle(path, size)


def _from_npz(path: Path) -> ForeignFile:
    headers = read_headers(path, KEYS, ConversionError, _WHAT)
    _check_frames(path, {key: header.shape for key, header in headers.items()})
    for key, header in headers.items():
        if header.kind in "US" and header.size > _MOST_TEXT_BYTES:
            raise ConversionError(
                f"{path}: '{key}' claims {shown(header.size)} bytes of text, and at most {_MOST_TEXT_BYTES} are read. "
                f"{_NEXT_STEP}"
            )
    budget = Budget()
    arrays = read_arrays(path, KEYS, ConversionError, _WHAT, budget)
    texts = {key: _text_of(value) for key, value in arrays.items() if value.dtype.kind in "US"}
    numeric = {key: value for key, value in arrays.items() if value.dtype.kind not in "US"}
    return ForeignFile(path, numeric, texts, budget)


def _from_pickle(path: Path, size: int) -> ForeignFile:
    if size > _LARGEST_PICKLE_BYTES:
        raise ConversionError(
            f"{path}: has {size} bytes, and a fitted pose at most {_LARGEST_PICKLE_BYTES}. Choose the result's own file."
        )
    names = {**ARRAY_NAMES, **stand_ins(*CHUMPY_NAMES)}
    budget = Budget()
    arrays: dict[str, NumpyArray] = {}
    texts: dict[str, str] = {}
    with pickle_border(path, ConversionError, "pose (.pkl)"):
        table = read_pickled_table(path, names, budget)
        for key in (key for key in KEYS if key in table):
            entry = table[key]
            if isinstance(entry, str | bytes):
                texts[key] = _plain(entry)
            elif entry is not None:
                arrays[key] = numbers(entry, budget, key)
                # after each of them: a selection of chumpy's may be larger than what the file holds
                _check_frames(path, {known: array.shape for known, array in arrays.items()})
    return ForeignFile(path, arrays, texts, budget)


def _check_frames(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    for key, shape in shapes.items():
        if len(shape) > 1 and shape[0] > MOST_FRAMES:
            raise ConversionError(
                f"{path}: '{key}' claims {shown(shape[0])} frames, and at most {MOST_FRAMES} are read. Cut the motion into parts."
            )
        if len(shape) > 1 and shape[0] == 0:
            raise ConversionError(f"{path}: '{key}' has no frames. {_NEXT_STEP}")
    if sum(math.prod(shape) for shape in shapes.values()) > _MOST_NUMBERS:
        raise ConversionError(
            f"{path}: its entries claim more than {_MOST_NUMBERS} numbers. The file is damaged, or no motion."
        )


def _text_of(value: NumpyArray) -> str:
    return _plain(value.reshape(-1)[0]) if value.size else ""


def _plain(value: str | bytes) -> str:
    """Return text as a word in lower case; some AMASS files hold the text of a Python 2 string: b'female'."""
    start = value[:_MOST_TEXT]
    text = start.decode("latin-1") if isinstance(start, bytes) else str(start)
    return text.strip().removeprefix("b'").strip("'\" ").lower()
