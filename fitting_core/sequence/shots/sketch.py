"""A sketch of a picture: small, grey, with light and shadow evened out, for comparing pictures that follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import Keypoints2D

from ..frames.clip import Picture

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

LONGER_SIDE_PX = 160
_COLOUR_LEVELS = 4  # of each channel in the histogram
_NOISE = 25.0  # grey levels squared: the variance of a picture without structure
_MARGIN = 0.25  # of a person's box, on each side: hair, clothes, shadows


@dataclass(frozen=True, eq=False)
class Sketch:
    """A picture at `LONGER_SIDE_PX`: grey levels, the shares of its colours, and the pixels that show nobody."""

    grey: Float[NumpyArray, "rows columns"]
    colours: Float[NumpyArray, " colours"]
    background: Bool[NumpyArray, "rows columns"]


def sketch_of(picture: Picture, people: Sequence[Keypoints2D], size: tuple[int, int]) -> Sketch:
    """Return the sketch of a picture, whose people have keypoints in pixels of a picture of `size`."""
    small = _shrunk(picture)
    grey = small @ np.array([0.299, 0.587, 0.114])
    levels = (small * (_COLOUR_LEVELS / 256.0)).astype(np.int64)
    numbers = (levels[..., 0] * _COLOUR_LEVELS + levels[..., 1]) * _COLOUR_LEVELS + levels[..., 2]
    counts = np.bincount(numbers.ravel(), minlength=_COLOUR_LEVELS**3)
    background = np.ones(grey.shape, dtype=bool)
    scale = grey.shape[1] / size[0]
    for person in people:
        background[_box(person, scale)] = False
    return Sketch(grey, counts / counts.sum(), background)


def unlikeness(one: Sketch, other: Sketch) -> float:
    """Return how little two pictures are alike: 0 for the same, 1 for pictures that have nothing to do with each other.

    It is one less the correlation of their structure; where colours stay, pictures count as more alike.
    """
    mine, theirs = (sketch.grey - sketch.grey.mean() for sketch in (one, other))
    both = float((mine * theirs).mean()) + _NOISE
    apart = 1.0 - both / (float(np.sqrt((mine**2).mean() * (theirs**2).mean())) + _NOISE)
    colours = 0.5 * float(np.abs(one.colours - other.colours).sum())
    return min(1.0, max(0.0, apart)) * (0.5 + 0.5 * min(1.0, 2.0 * colours))


def _shrunk(picture: Picture) -> Float[NumpyArray, "rows columns 3"]:
    """Return the means of square blocks, so that the longer side has about `LONGER_SIDE_PX`."""
    block = max(1, round(max(picture.shape[:2]) / LONGER_SIDE_PX))
    rows, columns = (side // block * block for side in picture.shape[:2])
    cut = picture[:rows, :columns].astype(np.float32)
    return cut.reshape(rows // block, block, columns // block, block, 3).mean(axis=(1, 3))


def _box(person: Keypoints2D, scale: float) -> tuple[slice, slice]:
    """Return the rows and columns around a person."""
    points = person.stacked()
    seen = points[points[:, 2] >= CONFIDENT, :2] * scale
    if not len(seen):
        return slice(0), slice(0)
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = _MARGIN * (high - low) + 1.0
    first, last = np.maximum(low - margin, 0.0).astype(int), np.maximum(high + margin, 0.0).astype(int)
    return slice(int(first[1]), int(last[1]) + 1), slice(int(first[0]), int(last[0]) + 1)
