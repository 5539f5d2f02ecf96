"""The floor that everybody in a clip stands on, told by the feet that stand on something, and which of them are bound to it.

A single camera tells depth badly, and feet at a wrong depth lie under or over the floor. So the plane n·X = h is fitted to all
points of feet in contact, n near the upward direction that the balance of the bodies tells:

    E = Σ_c ρ((n·X_c − h) / s) + ½ angle(n, up)² / a²,    ρ(r) = ½ r² / (1 + r²)

so that feet on a step, a beam or a chair do not tilt it. A foot in contact is pulled to the floor by its weight 1 / (1 + r²)².
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from .world import StandingPoints, upward

if TYPE_CHECKING:
    from jaxtyping import Float

_SCALE_M = 0.06  # heights over the floor that count half
_TILT = np.radians(3.0)  # deviation of the upward direction that balance tells
_INDEPENDENT_FRAMES = 20.0  # contacts err alike: against the balance they count as those of so many frames
_ITERATIONS = 20
_LEAST_CONTACTS = 4  # frames times points; fewer tell no floor
_NEAR_M = 0.04  # heights that count as one where the commonest is looked for


@dataclass(frozen=True, eq=False)
class Floor:
    """A plane in the camera's frame: points X with up·X = height, metres; `up` is a unit vector."""

    up: Float[NumpyArray, "3"]
    height: float

    @property
    def key(self) -> int:
        """A number that tells floors apart."""
        return zlib.crc32(np.array([*self.up, self.height]).tobytes())

    def bound(self, person: StandingPoints) -> Float[NumpyArray, "frames 4"]:
        """Return how far every point of the feet is bound to the floor, 0 to 1: not at all if it stands on nothing."""
        apart = (person.feet @ self.up - self.height) / _SCALE_M
        return person.contacts / (1.0 + apart * apart) ** 2


def shared_floor(people: Sequence[StandingPoints]) -> Floor | None:
    """Return the floor under the feet in contact of everybody; None if hardly any foot stands."""
    standing = np.concatenate([person.feet[person.contacts] for person in people])
    if len(standing) < _LEAST_CONTACTS:
        return None
    balanced = upward(people)
    sides = _across(balanced)
    height = _commonest(standing @ balanced)
    share = min(1.0, _INDEPENDENT_FRAMES / len(standing))
    tilt = np.zeros(2)
    middle = standing.mean(axis=0)
    for _ in range(_ITERATIONS):
        up = _tilted(balanced, sides, tilt)
        apart = (standing @ up - height) / _SCALE_M
        weights = share / (1.0 + apart * apart) ** 2
        rows = np.column_stack([(standing - middle) @ sides.T, -np.ones(len(standing))]) / _SCALE_M
        hessian = (rows * weights[:, None]).T @ rows + np.diag([1.0 / _TILT**2] * 2 + [1e-9])
        slope = rows.T @ (weights * apart) + np.array([*(tilt / _TILT**2), 0.0])
        step: NumpyArray = np.linalg.solve(hessian, -slope)
        turned = tilt + step[:2]
        height += float(middle @ (_tilted(balanced, sides, turned) - up)) + float(step[2])
        tilt = turned
    return Floor(_tilted(balanced, sides, tilt), height)


def _across(up: Float[NumpyArray, "3"]) -> Float[NumpyArray, "2 3"]:
    """Return two unit vectors square to each other and to `up`."""
    first = np.cross(up, np.eye(3)[int(np.abs(up).argmin())])
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(up, first)])


def _tilted(up: NumpyArray, sides: NumpyArray, tilt: NumpyArray) -> Float[NumpyArray, "3"]:
    leaned: NumpyArray = up + tilt @ sides
    return leaned / np.linalg.norm(leaned)


def _commonest(heights: Float[NumpyArray, " contacts"]) -> float:
    """Return the middle of the heights near the one that most points have."""
    tried = np.unique(heights.round(2))
    best = float(tried[np.argmax([(np.abs(heights - height) < _NEAR_M).sum() for height in tried])])
    return float(np.median(heights[np.abs(heights - best) < _NEAR_M]))
