"""Tells from the motion which points of the feet stand on something: those that are low and slow, with hysteresis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from .world import StandingPoints

if TYPE_CHECKING:
    from jaxtyping import Bool, Float


@dataclass(frozen=True)
class _Limit:
    """Under the first value a contact may begin, over the second it ends."""

    begins: float
    ends: float


# Speed of a point in the still world, m/s, and its height above the lowest point of both feet, m. Heels and toes of walking
# people move by under 0.2 m/s in contact and by 2 to 4 m/s in swing; the fit's own errors leave room for twice the first.
_SPEED_MS = _Limit(0.25, 0.5)
_HEIGHT_M = _Limit(0.08, 0.14)
_SHORTEST_S = 0.08


def standing(person: StandingPoints, up: Float[NumpyArray, "3"], rate: float) -> Bool[NumpyArray, "frames 4"]:
    """Return which of the four points of the feet (heel and toe, left first) stand on something in each frame.

    `up` points upwards in the frame of the person's points, `rate` is frames a second.
    """
    feet = person.feet
    speed = _speeds(feet, rate)
    heights = feet @ up
    above = heights - heights.min(axis=1, keepdims=True)
    begins = (speed < _SPEED_MS.begins) & (above < _HEIGHT_M.begins)
    stays = (speed < _SPEED_MS.ends) & (above < _HEIGHT_M.ends)
    shortest = max(2, round(_SHORTEST_S * rate))
    columns = [_runs(begins[:, place], stays[:, place], shortest) for place in range(feet.shape[1])]
    return np.stack(columns, axis=1)


def _speeds(points: Float[NumpyArray, "frames 4 3"], rate: float) -> Float[NumpyArray, "frames 4"]:
    """Return central differences, one-sided at the ends, m/s; zero for a single frame."""
    if len(points) < 2:
        return np.zeros(points.shape[:2])
    velocity = np.gradient(points, 1.0 / rate, axis=0)
    return np.linalg.norm(velocity, axis=-1)


def _runs(begins: NumpyArray, stays: NumpyArray, shortest: int) -> Bool[NumpyArray, " frames"]:
    """Return the runs of frames that stay and hold one that begins, as far as they are long enough."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], stays.astype(np.int8), [0]])))
    chosen = np.zeros(len(stays), dtype=bool)
    for first, stop in edges.reshape(-1, 2):
        if stop - first >= shortest and begins[first:stop].any():
            chosen[first:stop] = True
    return chosen
