"""Square, turned regions of a picture: their pixels as a network takes them, and points found in them back in the picture.

Pixels of the picture: x to the right, y downwards, (0, 0) the first sample. A point of a region has coordinates 0 to 1 along
its sides. As in MediaPipe, output sample i of n lies at i / n, and picture samples lie at whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

    Picture = UInt8[NumpyArray, "height width 3"]
else:
    Picture = NumpyArray


_STEPS = 32.0  # places between two samples that bilinear sampling tells apart, as in the program that the networks grew up with


@dataclass(frozen=True)
class Region:
    """A square with its centre (px), the length of its sides (px) and its turn (radians, clockwise as seen)."""

    x: float
    y: float
    side: float
    turn: float = 0.0

    def scaled(self, factor: float, down: float = 0.0) -> Region:
        """Return the square moved by `down` of its side along its own y axis, then with sides `factor` times as long."""
        move = down * self.side
        return Region(
            self.x - move * sin(self.turn), self.y + move * cos(self.turn), self.side * factor, self.turn
        )

    def turned(self, angle: float) -> Region:
        """Return the square turned about its centre, by radians, clockwise as seen."""
        return Region(self.x, self.y, self.side, _wrapped(self.turn + angle))

    def to_picture(self, points: Float[NumpyArray, "points 2"]) -> Float[NumpyArray, "points 2"]:
        """Return points of the region (0 to 1) in pixels of the picture."""
        centred = (points - 0.5) * self.side
        return turned(centred, self.turn) + np.array([self.x, self.y])

    def to_region(self, points: Float[NumpyArray, "points 2"]) -> Float[NumpyArray, "points 2"]:
        """Return points of the picture (px) as points of the region (0 to 1)."""
        return turned(points - np.array([self.x, self.y]), -self.turn) / self.side + 0.5


def turned(points: Float[NumpyArray, "points 2"], turn: float) -> Float[NumpyArray, "points 2"]:
    """Return points turned about the origin by an angle (radians, clockwise as seen, y downwards)."""
    return points @ np.array([[cos(turn), sin(turn)], [-sin(turn), cos(turn)]])


def whole_picture(picture: Picture) -> Region:
    """Return the square around the middle of the picture that holds all of it."""
    height, width = picture.shape[:2]
    return Region(width / 2.0, height / 2.0, float(max(width, height)))


def aligned_region(first: Float[NumpyArray, "2"], second: Float[NumpyArray, "2"], up: bool = True) -> Region:
    """Return the square about `first` that reaches to `second`, turned so that `second` is straight above (or below) it."""
    across, down = (float(value) for value in second - first)
    wanted = pi / 2.0 if up else -pi / 2.0
    return Region(
        float(first[0]), float(first[1]), 2.0 * hypot(across, down), _wrapped(wanted - atan2(-down, across))
    )


def box_region(
    points: Float[NumpyArray, "points 2"], left: Float[NumpyArray, "2"], right: Float[NumpyArray, "2"]
) -> Region:
    """Return the square about the points' bounding box, turned so that `right` lies straight to the right of `left`."""
    low, high = points.min(axis=0), points.max(axis=0)
    across, down = (float(value) for value in right - left)
    middle = (low + high) / 2.0
    return Region(
        float(middle[0]), float(middle[1]), float((high - low).max()), _wrapped(-atan2(-down, across))
    )


def _wrapped(angle: float) -> float:
    return angle - 2.0 * pi * np.floor((angle + pi) / (2.0 * pi))


def picture_within(picture: Picture, region: Region, size: int, step: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the part of a region of `size` pixels that the picture lies in, with a border.

    The border has half a step or more; all are multiples of `step`, so that a network's cells lie as in the whole region.
    """
    height, width = picture.shape[:2]
    corners = np.array([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)])
    cells = region.to_region(corners) * size / step
    low, high = np.floor(cells.min(axis=0) - 0.5), np.ceil(cells.max(axis=0) + 0.5)
    left, top, right, bottom = (int(edge) for edge in (np.stack([low, high]) * step).clip(0, size).ravel())
    return left, top, right, bottom


def sample(
    picture: Picture, region: Region, size: int, fill: int | None = None
) -> Float[NumpyArray, "size size 3"]:
    """Return the region's pixels, 0 to 255, mixed from their four neighbours and rounded to whole numbers, halves upwards.

    Beyond the picture lies `fill`; None: its outermost pixels, repeated. OpenCV's `warpPerspective`, which MediaPipe calls,
    rounds so. At 32nds of a pixel halves are frequent: rounded to even, one value in 150 is another, and hands move by a pixel.
    """
    places = np.arange(size) / size
    grid = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
    points = np.round(region.to_picture(grid) * _STEPS) / _STEPS
    low = np.floor(points).astype(np.int64)
    right, below = (points - low).astype(np.float32).T
    shares = ((1.0 - right) * (1.0 - below), right * (1.0 - below), (1.0 - right) * below, right * below)
    mixed = np.zeros((size * size, 3), dtype=np.float32)
    for share, step in zip(shares, ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
        mixed += share[:, None] * _pixels(picture, low + step, fill)
    return np.floor(mixed + 0.5).reshape(size, size, 3)


def _pixels(picture: Picture, places: NumpyArray, fill: int | None) -> NumpyArray:
    """Return the pixels at whole places (x, y), some of which may lie beyond the picture."""
    height, width = picture.shape[:2]
    x, y = places[:, 0].clip(0, width - 1), places[:, 1].clip(0, height - 1)
    found = picture[y, x].astype(np.float32)
    if fill is not None:
        found[(x != places[:, 0]) | (y != places[:, 1])] = fill
    return found
