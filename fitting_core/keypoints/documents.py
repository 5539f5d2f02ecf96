"""Any file that may hold keypoints to one JSON-like document: JSON itself, or the arrays of .npz, .npy, .pkl and .pt files."""

from __future__ import annotations

import os
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePath
from typing import cast

import numpy as np

from fitting_core.arguments.folder_listing import PHOTO_SUFFIXES
from fitting_core.files.border import RefusedError
from fitting_core.files.budget import Budget
from fitting_core.files.json_document import JsonValue, read_json_document, read_json_text
from fitting_core.files.plain_file import is_binary, read_plain_file
from fitting_core.files.plain_values import PlainValue
from fitting_core.files.regular_file import open_regular
from fitting_core.keypoints.point_tables import EST_JOINTS
from fitting_core.keypoints.regressors import PICTURES, VIBE_JOINTS

# The vertices of a mesh are no keypoints: larger arrays are left out of a document.
_MOST_NUMBERS = 400_000
_NUMBER_BYTES = 40  # of a number and its place in a list
_MORE_FOLLOWS = "Extra data at line 2"  # the parser's words for a second document
_MOST_LINES = 100_000
_WANTED = (EST_JOINTS, VIBE_JOINTS, PICTURES)
_UNWANTED = ("vertices", "faces", "mask", "image", "img", "depth")


def read_document(path: Path) -> JsonValue:
    """Return the document that a file holds; what is not plain numbers and texts is null in it.

    The last one is remembered as long as the file stays the same: a batch takes one frame after another out of it. Raises
    RefusedError in words that lack the file's name, and OSError.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _modified_ns: int, _size: int) -> JsonValue:
    with open_regular(path) as file:
        start = file.read(64)
    if not is_binary(start):
        return _json(path)
    budget = Budget()
    value = read_plain_file(path, budget, _is_wanted).value
    return _listed(value, budget)


def _json(path: Path) -> JsonValue:
    """Return a JSON document; a file of one document a line becomes a list of them."""
    try:
        return read_json_document(path)
    except RefusedError as problem:
        if _MORE_FOLLOWS not in str(problem):
            raise
    lines: list[JsonValue] = []
    budget = Budget()
    with open_regular(path) as file:
        for line in islice(file, _MOST_LINES):
            if line.strip():
                lines.append(read_json_text(line, budget))
    return lines


def _is_wanted(key: str) -> bool:
    """Return True unless an entry's name is that of a picture's own numbers; "img/0001.jpg" is the name of a frame."""
    is_frame = PurePath(key).suffix.lower() in PHOTO_SUFFIXES
    return key in _WANTED or is_frame or not any(word in key.lower() for word in _UNWANTED)


def _listed(value: PlainValue, budget: Budget) -> JsonValue:
    if isinstance(value, dict):
        table = cast("dict[str, PlainValue]", value)
        return {
            key: _listed(item, budget)
            for key, item in table.items()
            if isinstance(item, dict) or _is_wanted(key)
        }
    if isinstance(value, list):
        return [_listed(item, budget) for item in cast("list[PlainValue]", value)]
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf" or value.size > _MOST_NUMBERS:
            return None
        budget.spend(_NUMBER_BYTES * value.size)
        with np.errstate(invalid="ignore", over="ignore"):  # such numbers are no points, and are told as such
            return cast(JsonValue, value.astype(np.float64).tolist())
    if isinstance(value, bool | float | str) or value is None:
        return value
    return float(value) if isinstance(value, int) else None
