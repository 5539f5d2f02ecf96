"""The motion of a picture's background since another picture of the same shot: a shift, a turn and a change of size.

    W(p) = p + a p + b Jp + t    (J turns by a quarter; p from the picture's middle, in halves of its longer side)

minimises Σ ρ(I(W(p)) − K(p)) over the background by Gauss–Newton, first of blurred pictures, then of sharper ones, with ρ such
that pixels of things that move by themselves count for little. What the picture does not tell stays as it was, as the shift along
the edges of a bare wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from .sketch import Sketch

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_BLURS_PX = (7, 3)  # width of the means that blur both pictures, one after the other
_EVENED_PX = 21  # width of the mean that is taken off each pixel: light that changes is no motion
_ITERATIONS = 15
_CONVERGED = 1e-4  # halves of the longer side
_RESIDUAL = 6.0  # grey levels that count half
_CONTRAST = 3.0  # grey levels a pixel: less tells nothing
_STIFFNESS = 2e3  # grey levels squared: texture that holds the motion where it is
_LEAST_TEXTURED = 0.02  # of the picture
_LEAST_COMMON = 0.25  # of the textured background that must still be in the picture

NO_MOTION: Float[NumpyArray, "4"] = np.zeros(4)


@dataclass(frozen=True, eq=False)
class Match:
    """The motion (shift x and y, change of size a, turn b), and which share of the textured background it explains.

    `unmoved` is the share that a still camera explains.
    """

    motion: Float[NumpyArray, "4"]
    explained: float
    unmoved: float


class Backdrop:
    """The background of one picture, which others are compared with."""

    def __init__(self, sketch: Sketch) -> None:
        """Keep where the background has texture."""
        self._levels = [_Level(sketch, blur) for blur in _BLURS_PX]

    @property
    def is_telling(self) -> bool:
        """True if there is enough texture to tell a motion."""
        return all(level.textured >= _LEAST_TEXTURED for level in self._levels)

    def match(self, sketch: Sketch, start: Float[NumpyArray, "4"]) -> Match:
        """Return the motion from this picture's background to another's, looked for from `start`."""
        motion = start
        for level in self._levels:
            motion = level.refined(sketch, motion)
        sharp = self._levels[-1]
        return Match(motion, sharp.explained(sketch, motion), sharp.explained(sketch, NO_MOTION))


def rough_shift(one: Sketch, other: Sketch) -> Float[NumpyArray, "4"]:
    """Return the motion from a picture to another as a mere shift by whole pixels, however far, by phase correlation."""
    transforms = [np.fft.rfft2(_evened(sketch.grey, _BLURS_PX[-1])) for sketch in (one, other)]
    cross = transforms[1] * np.conj(transforms[0])
    peaks: NumpyArray = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=one.grey.shape)
    rows, columns = one.grey.shape
    down, right = np.unravel_index(int(peaks.argmax()), peaks.shape)
    shift = np.array([(right + columns // 2) % columns - columns // 2, (down + rows // 2) % rows - rows // 2])
    return np.concatenate([shift / (max(rows, columns) / 2.0), np.zeros(2)])


class _Level:
    """The textured pixels of a background in a picture that is blurred to some width."""

    def __init__(self, sketch: Sketch, blur: int) -> None:
        self._blur = blur
        grey = _evened(sketch.grey, blur)
        slope_y, slope_x = (np.asarray(slope) for slope in np.gradient(grey))
        rows, columns = grey.shape
        self._half = max(rows, columns) / 2.0
        self._middle = np.array([columns - 1, rows - 1]) / 2.0
        textured = sketch.background & (np.hypot(slope_x, slope_y) > _CONTRAST)
        y, x = np.nonzero(textured)
        self._places = (np.stack([x, y], axis=1) - self._middle) / self._half
        self._turned = np.stack([-self._places[:, 1], self._places[:, 0]], axis=1)
        self._grey = grey[textured]
        slopes = np.stack([slope_x[textured], slope_y[textured]], axis=1) * self._half
        by_size, by_turn = (slopes * self._places).sum(axis=1), (slopes * self._turned).sum(axis=1)
        self._rows = np.column_stack([slopes, by_size, by_turn])
        self.textured = float(textured.mean())

    def refined(self, sketch: Sketch, start: Float[NumpyArray, "4"]) -> Float[NumpyArray, "4"]:
        """Return the motion that explains another picture best, looked for from `start`."""
        grey = _evened(sketch.grey, self._blur)
        motion = start
        for _ in range(_ITERATIONS):
            residual, usable = self._residual(grey, sketch.background, motion)
            weights = usable / (1.0 + (residual / _RESIDUAL) ** 2) ** 2
            weighted = self._rows * weights[:, None]
            hessian = weighted.T @ self._rows + _STIFFNESS * np.eye(4)
            step: NumpyArray = np.linalg.solve(hessian, -(weighted.T @ residual))
            motion = motion + step
            if np.abs(step).max() < _CONVERGED:
                break
        return motion

    def explained(self, sketch: Sketch, motion: Float[NumpyArray, "4"]) -> float:
        """Return the share of the textured background that meets its like; 0 where hardly any is left in the picture."""
        residual, usable = self._residual(_evened(sketch.grey, self._blur), sketch.background, motion)
        if not usable.any() or usable.sum() < _LEAST_COMMON * len(usable):
            return 0.0
        return float((np.abs(residual[usable]) < 2.0 * _RESIDUAL).mean())

    def _residual(
        self, grey: NumpyArray, background: Bool[NumpyArray, "rows columns"], motion: NumpyArray
    ) -> tuple[Float[NumpyArray, " pixels"], Bool[NumpyArray, " pixels"]]:
        """Return I(W(p)) − K(p), and which pixels meet the other picture's background."""
        moved = self._places * (1.0 + motion[2]) + motion[3] * self._turned + motion[:2]
        x, y = (moved * self._half + self._middle).T
        rows, columns = grey.shape
        inside = (x >= 0) & (x < columns - 1) & (y >= 0) & (y < rows - 1)
        left, top = (np.where(inside, np.floor(place), 0.0).astype(int) for place in (x, y))
        right, down = np.where(inside, x - left, 0.0), np.where(inside, y - top, 0.0)
        upper = grey[top, left] * (1 - right) + grey[top, left + 1] * right
        lower = grey[top + 1, left] * (1 - right) + grey[top + 1, left + 1] * right
        return upper * (1 - down) + lower * down - self._grey, inside & background[top, left]


def _evened(grey: Float[NumpyArray, "rows columns"], blur: int) -> Float[NumpyArray, "rows columns"]:
    """Return a blurred picture less the mean around every pixel."""
    return _mean_around(grey, blur) - _mean_around(grey, _EVENED_PX)


def _mean_around(grey: Float[NumpyArray, "rows columns"], width: int) -> Float[NumpyArray, "rows columns"]:
    """Return the mean of the square of an odd width around every pixel."""
    padded = np.pad(grey, width // 2, mode="edge")
    total = np.pad(padded, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    across = total[width:] - total[:-width]
    return (across[:, width:] - across[:, :-width]) / width**2
