"""Notices a camera that moves: the background of a shot, compared with that of its first picture again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from .background import NO_MOTION, Backdrop, Match, rough_shift
from .sketch import Sketch

if TYPE_CHECKING:
    from jaxtyping import Float

COMPARED_PER_SECOND = 10.0
# A camera moves if the corners of the picture are shifted by this share of the longer side on average. Tripods shake by less than
# a third of it; at a person's distance it is about five centimetres.
_LEAST_SHIFT = 0.01
_EXPLAINED = 0.6  # of the background by a motion that is believed
_BETTER = 0.08  # by how much it must beat a camera that stands still
_LEAST_FRAMES = 2  # compared ones that are shifted
_NOWHERE = 0.5  # of the background: pictures that have nothing in common explain less of each other
_LOST_SHARE = 0.3  # of the compared frames whose background is nowhere found
_CORNERS = np.array([[-1.0, -0.6], [1.0, -0.6], [-1.0, 0.6], [1.0, 0.6]])


@dataclass(frozen=True)
class CameraMotion:
    """The motion of the camera in a shot: the frames (of the sequence) in which it is away from where it began, and the farthest
    shift as a share of the picture's longer side; None where the background could not be followed.
    """

    first_frame: int
    last_frame: int
    largest_shift: float | None


class CameraWatch:
    """Hears the compared pictures of one shot in turn and tells at the end if the camera has moved."""

    def __init__(self) -> None:
        """Begin with no picture."""
        self._backdrop: Backdrop | None = None
        self._before = NO_MOTION  # of the backdrop's picture since the first of the shot
        self._motion = NO_MOTION  # since the backdrop's picture
        self._last: Sketch | None = None
        self._shifts: list[tuple[int, float | None]] = []

    def add(self, sketch: Sketch, frame: int) -> None:
        """Compare the next picture with the first, or with a later one where too little of the first is left."""
        if self._backdrop is None or self._last is None:
            self._backdrop = Backdrop(sketch)
        elif self._backdrop.is_telling:
            self._compare(self._backdrop, self._last, sketch, frame)
        self._last = sketch

    def _compare(self, backdrop: Backdrop, last: Sketch, sketch: Sketch, frame: int) -> None:
        found = backdrop.match(sketch, self._motion)
        if found.explained < _EXPLAINED:
            nearer = Backdrop(last)
            from_last = nearer.match(sketch, rough_shift(last, sketch))
            if not nearer.is_telling or from_last.explained < _EXPLAINED:
                self._shifts.append((frame, None if found.unmoved < _NOWHERE else 0.0))
                return
            self._before = _composed(self._before, self._motion)
            self._backdrop, found = nearer, from_last
        self._motion = found.motion
        whole = _composed(self._before, found.motion)
        self._shifts.append((frame, 0.0 if _is_still(found) and not self._before.any() else _shift(whole)))

    def motion(self) -> CameraMotion | None:
        """Return the camera's motion, None for one that stands still or whose background does not tell."""
        away = [(frame, shift) for frame, shift in self._shifts if shift is None or shift >= _LEAST_SHIFT]
        known = [shift for _, shift in away if shift is not None]
        lost = len(away) - len(known)
        if len(known) < _LEAST_FRAMES and lost < max(_LEAST_FRAMES, _LOST_SHARE * len(self._shifts)):
            return None
        return CameraMotion(away[0][0], away[-1][0], max(known) if len(known) >= _LEAST_FRAMES else None)


def _is_still(match: Match) -> bool:
    """True if a camera that stands still explains the background about as well."""
    return match.unmoved > match.explained - _BETTER


def _composed(first: Float[NumpyArray, "4"], second: Float[NumpyArray, "4"]) -> Float[NumpyArray, "4"]:
    """Return the motion of one after the other, by the complex numbers 1 + a + i b and t."""
    one, other = (complex(1.0 + motion[2], motion[3]) for motion in (first, second))
    shifts = [complex(motion[0], motion[1]) for motion in (first, second)]
    factor, shift = one * other, other * shifts[0] + shifts[1]
    return np.array([shift.real, shift.imag, factor.real - 1.0, factor.imag])


def _shift(motion: Float[NumpyArray, "4"]) -> float:
    """Return the mean shift of the picture's corners as a share of its longer side."""
    turned = np.stack([-_CORNERS[:, 1], _CORNERS[:, 0]], axis=1)
    moved = motion[:2] + motion[2] * _CORNERS + motion[3] * turned
    return float(np.linalg.norm(moved, axis=1).mean()) / 2.0
