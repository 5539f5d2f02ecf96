"""The size of the picture that points were made on, told by people who were seen in the photo itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import Keypoints2D

_LEAST_POINTS = 6
# Of the person's size: what detectors differ by, and how far the points are off as they stand.
_AGREES = 0.06
_LEAST_CHANGE = 0.05
_MUCH_WORSE = 2.0  # as they stand than scaled: even if both are near


def agreeing_size(
    people: Sequence[Keypoints2D], seen: Sequence[Keypoints2D], photo_size: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the size of the copy of the photo under which somebody of a file lies on somebody who was seen; None if under none.

    It is that of the photo itself where the points agree as they stand. Points are in pixels of the photo, whose width and height
    are given.
    """
    best: tuple[float, float] | None = None
    for person in people:
        for other in seen:
            found = _scale_onto(person.body, other.body)
            if found is not None and (best is None or found[1] < best[1]):
                best = found
    if best is None:
        return None
    if abs(best[0] - 1.0) < _LEAST_CHANGE:
        return photo_size
    width, height = photo_size
    return max(1, round(width / best[0])), max(1, round(height / best[0]))


def _scale_onto(points: NumpyArray, target: NumpyArray) -> tuple[float, float] | None:
    """Return the factor that brings points of a body nearest to those of another, and how far they are off then, as a share of
    its size; None where they do not come near."""
    both = (points[:, 2] >= CONFIDENT) & (target[:, 2] >= CONFIDENT)
    if int(both.sum()) < _LEAST_POINTS:
        return None
    own, other = points[both, :2], target[both, :2]
    scale = float((own * other).sum() / max(float((own * own).sum()), 1e-9))
    size = float(np.linalg.norm(np.ptp(other, axis=0)))
    off, off_as_they_stand = _median_apart(scale * own, other), _median_apart(own, other)
    if off_as_they_stand < _AGREES * size and off_as_they_stand < _MUCH_WORSE * off:
        return 1.0, off_as_they_stand / size
    return (scale, off / size) if size > 0 and scale > 0 and off < _AGREES * size else None


def _median_apart(first: NumpyArray, second: NumpyArray) -> float:
    apart: NumpyArray = np.linalg.norm(first - second, axis=1)
    return float(np.median(apart))
