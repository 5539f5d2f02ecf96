"""A motion's joints in, the span of it that comes back to its own beginning out, and values joined at the ends of such a span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from .rotations import Array

# A pose counts as come back when joints are where they were and go where they went: so many frames ahead.
FRAMES_AHEAD = 4.0
# Between its ends a loop has to leave its first pose by this share of how far the whole motion leaves its mean pose:
# standing still is no loop.
MOVING_SHARE = 0.7
# Of all loops that are about as good as the best, the shortest is taken: one step of a walk, not three.
AS_GOOD = 1.25


@dataclass(frozen=True)
class Loop:
    """Rows of the first and last pose, which are to be one, and the difference between them: the root mean square over joints."""

    first: int
    last: int
    difference: float


def find_loop(places: Array, shortest: int, longest: int, same: float) -> Loop | None:
    """Return the best loop of `shortest` to `longest` rows in joints (T, J, 3), the root first; None where nothing comes back.

    z is up; it does not matter where on the floor the root is. Loops that differ from the best by less than `same` are as good.
    """
    features = _features(places)
    extent = float(np.linalg.norm(features - features.mean(axis=0), axis=1).max())
    if len(features) <= shortest or extent == 0.0:
        return None
    found = [
        loop
        for first in range(len(features) - shortest)
        for loop in _from_row(features, first, shortest, longest, MOVING_SHARE * extent)
    ]
    if not found:
        return None
    least = min(loop.difference for loop in found)
    limit = max(AS_GOOD * least, least + same)
    good = [loop for loop in found if loop.difference <= limit]
    return min(good, key=lambda loop: (loop.last - loop.first, loop.difference))


def _features(places: Array) -> Array:
    """Return the joints about the root's place on the floor, and their velocities, in rows whose distance is a mean."""
    about = places.copy()
    about[:, :, :2] -= places[:, :1, :2]
    rows = np.concatenate([about, FRAMES_AHEAD * np.gradient(about, axis=0)], axis=2)
    return cast("Array", rows.reshape(len(rows), -1) / np.sqrt(places.shape[1]))


def _from_row(features: Array, first: int, shortest: int, longest: int, moved: float) -> list[Loop]:
    """Return the loops from a row whose ends differ no more than those of loops a little shorter or longer."""
    distances = np.linalg.norm(features[first : first + longest + 1] - features[first], axis=1)
    left = np.maximum.accumulate(distances) >= moved
    ends = np.flatnonzero(left[shortest:]) + shortest
    dips = [
        end for end in ends.tolist() if distances[end] == distances[max(end - 2, shortest) : end + 3].min()
    ]
    return [Loop(first, first + end, float(distances[end])) for end in dips]


def joined(values: Array, travel: Array) -> Array:
    """Return the rows (L, n) of a loop with its last row at the first one plus `travel` (n,); the change is spread evenly."""
    rest = values[0] + travel - values[-1]
    return cast("Array", values + np.linspace(0.0, 1.0, len(values))[:, None] * rest)


def joined_rotations(quaternions: Array) -> Array:
    """Return the quaternions (L, 4) of a loop, without jumps in sign, so that the last is the rotation of the first."""
    sign = -1.0 if quaternions[0] @ quaternions[-1] < 0 else 1.0
    turned = joined(quaternions, (sign - 1.0) * quaternions[0])
    return cast("Array", turned / np.linalg.norm(turned, axis=1, keepdims=True))
