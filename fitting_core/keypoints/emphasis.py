"""Which keypoints count more or less than their confidence says: names and files → one factor a point. Free of bpy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import KeypointFileError, RequestError

from .keypoints2d import KEYPOINT_COUNT
from .layouts import BODY, FACE, KEYPOINT_NAMES, LEFT_HAND, RIGHT_HAND

_PARTS = {"body": BODY, "left_hand": LEFT_HAND, "right_hand": RIGHT_HAND, "face": FACE}
_LARGEST_FILE_BYTES = 2**20
_LARGEST_WEIGHT = 100.0


def named_points(names: Iterable[str], option: str) -> NumpyArray:
    """(137,) bool: the points with these names, or of these parts (body, left_hand, right_hand, face).

    Raises RequestError for a name that no point has, naming the option it came from.
    """
    chosen = np.zeros(KEYPOINT_COUNT, dtype=bool)
    for name in names:
        chosen[_place(name, option)] = True
    return chosen


def weights_from_file(path: Path) -> NumpyArray:
    """(137,) factors on the confidences from a JSON object of names (or parts) and numbers; 1 for the rest.

    Raises KeypointFileError if the file cannot be read or a number is negative, not finite or over 100.
    """
    factors = np.ones(KEYPOINT_COUNT)
    for name, value in _object(path).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST_WEIGHT:
            raise KeypointFileError(
                f"{path}: the weight of '{name}' is {value!r}. Give a number from 0 to {_LARGEST_WEIGHT:g}."
            )
        factors[_place(name, str(path))] = float(value)
    return factors


def _object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            raise KeypointFileError(f"{path} is larger than 1 MiB, too large for a file of keypoint weights.")
        value: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise KeypointFileError(
            f"{path}: the keypoint weights cannot be read ({problem.strerror})."
        ) from problem
    except (ValueError, RecursionError):
        raise KeypointFileError(f'{path} is not JSON. Write an object such as {{"neck": 0.2}}.') from None
    if not isinstance(value, dict):
        raise KeypointFileError(f'{path} holds no JSON object. Write one such as {{"neck": 0.2}}.')
    return cast("dict[str, Any]", value)


def _place(name: str, source: str) -> slice | int:
    if name in _PARTS:
        return _PARTS[name]
    if name in KEYPOINT_NAMES:
        return KEYPOINT_NAMES.index(name)
    raise RequestError(
        f"{source}: there is no keypoint '{name}'. Use names such as nose, left_wrist, right_hand_thumb_4, or a part: "
        f"{', '.join(_PARTS)}."
    )
