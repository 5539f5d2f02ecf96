"""Factors on the confidence of keypoints, from their names or a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import KeypointFileError, RequestError, shown
from fitting_core.files.border import reader_border
from fitting_core.files.json_document import SMALL_FILE_BYTES, JsonValue, read_json_document

from .keypoints2d import KEYPOINT_COUNT
from .layouts import BODY, FACE, KEYPOINT_NAMES, LEFT_HAND, RIGHT_HAND

_PARTS = {"body": BODY, "left_hand": LEFT_HAND, "right_hand": RIGHT_HAND, "face": FACE}
_LARGEST_WEIGHT = 100.0


def named_points(names: Iterable[str], option: str) -> NumpyArray:
    """Return (137,) bool, true at the points with these names or of these parts (body, left_hand, right_hand, face).

    Raises RequestError for a name that no point has, naming the option it came from.
    """
    chosen = np.zeros(KEYPOINT_COUNT, dtype=bool)
    for name in names:
        chosen[_indices_of(name, option)] = True
    return chosen


def weights_from_file(path: Path) -> NumpyArray:
    """Read (137,) factors on the confidences from a JSON object of names (or parts) and numbers; 1 for the rest.

    Raises KeypointFileError if the file cannot be read or a number is negative, not finite or over 100.
    """
    factors = np.ones(KEYPOINT_COUNT)
    for name, value in _object(path).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST_WEIGHT:
            raise KeypointFileError(
                f"{path}: the weight of '{shown(name)}' is {shown(value)}. Give a number from 0 to {_LARGEST_WEIGHT:g}."
            )
        factors[_indices_of(name, str(path))] = float(value)
    return factors


def _object(path: Path) -> dict[str, JsonValue]:
    with reader_border(
        path, KeypointFileError, "file of keypoint weights", 'Write an object such as {"neck": 0.2}.'
    ):
        value = read_json_document(path, SMALL_FILE_BYTES)
    if not isinstance(value, dict):
        raise KeypointFileError(f'{path} holds no JSON object. Write one such as {{"neck": 0.2}}.')
    return cast("dict[str, JsonValue]", value)


def _indices_of(name: str, source: str) -> slice | int:
    if name in _PARTS:
        return _PARTS[name]
    if name in KEYPOINT_NAMES:
        return KEYPOINT_NAMES.index(name)
    raise RequestError(
        f"{source}: there is no keypoint '{shown(name)}'. Use names such as nose, left_wrist, right_hand_thumb_4, or a part: "
        f"{', '.join(_PARTS)}."
    )
