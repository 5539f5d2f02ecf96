"""The world that a still camera looks into: which way is up, and where the floor is.

A body in balance has the middle of its mass over the foot that it stands on. So the mean direction from the feet in contact to
that middle is the vertical, whatever the camera's tilt; a level camera is the guess before anybody stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector

from .moving_points import CONTACT_POINTS

if TYPE_CHECKING:
    from jaxtyping import Float

_LEVEL_UP = np.array([0.0, -1.0, 0.0])  # in the camera's frame, y down
# How much the guess of a level camera counts, in frames with a foot on the ground.
_LEVEL_FRAMES = 10.0
# Shares of the body's mass by joint, after de Leva, Journal of Biomechanics 29 (1996): trunk and head, thighs, shanks, arms.
_MASS = {
    "pelvis": 0.15,
    "spine2": 0.16,
    "spine3": 0.13,
    "head": 0.08,
    "left_hip": 0.07,
    "right_hip": 0.07,
    "left_knee": 0.10,
    "right_knee": 0.10,
    "left_ankle": 0.03,
    "right_ankle": 0.03,
    "left_elbow": 0.04,
    "right_elbow": 0.04,
}


@dataclass(frozen=True, eq=False)
class StandingPoints:
    """Points of one person, (N, P, 3) in the camera's frame by name, and which of the four of the feet stand (N, 4)."""

    names: tuple[str, ...]
    points: Float[NumpyArray, "frames points 3"]
    contacts: NumpyArray

    def of(self, name: str) -> Float[NumpyArray, "frames 3"]:
        """Return one point in all frames."""
        return self.points[:, self.names.index(name)]

    @property
    def feet(self) -> Float[NumpyArray, "frames 4 3"]:
        """The four points that may stand."""
        return np.stack([self.of(name) for name in CONTACT_POINTS], axis=1)


def upward(people: Sequence[StandingPoints]) -> Float[NumpyArray, "3"]:
    """Return the unit vector in the camera's frame that points up."""
    total = _LEVEL_FRAMES * _LEVEL_UP
    for person in people:
        middle = sum(share * person.of(name) for name, share in _MASS.items()) / sum(_MASS.values())
        weights = person.contacts.astype(float)
        stands = weights.sum(axis=1) > 0
        if not stands.any():
            continue
        support = (person.feet * weights[..., None]).sum(axis=1)[stands] / weights.sum(axis=1)[stands, None]
        lean = np.asarray(middle)[stands] - support
        total = total + (lean / np.linalg.norm(lean, axis=1, keepdims=True)).sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-6 else _LEVEL_UP


def rough_upward(person: StandingPoints) -> Float[NumpyArray, "3"]:
    """Return the mean direction from the ankles to the neck: up, for people who stand or walk most of the time."""
    ankles = 0.5 * (person.of("left_ankle") + person.of("right_ankle"))
    along = person.of("neck") - ankles
    mean = (along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)).mean(axis=0)
    total = mean + 0.2 * _LEVEL_UP
    return total / max(float(np.linalg.norm(total)), 1e-6)


def world_rotation(up: Float[NumpyArray, "3"]) -> Float[NumpyArray, "3 3"]:
    """Return the turn from the camera's frame to a world with z up, in which the camera looks along +y."""
    ahead = np.array([0.0, 0.0, 1.0])
    forward = ahead - (ahead @ up) * up
    if np.linalg.norm(forward) < 1e-3:  # a camera that looks straight down or up
        forward = matrix_from_vector(np.array([np.pi / 2, 0.0, 0.0])) @ up
        forward = forward - (forward @ up) * up
    forward = forward / np.linalg.norm(forward)
    return np.stack([np.cross(forward, up), forward, up])


def world_from_camera(up: Float[NumpyArray, "3"], floor_height_m: float) -> Float[NumpyArray, "4 4"]:
    """Return the place of the camera in a world with z up, whose floor lies at `floor_height_m` along `up`."""
    place = np.eye(4)
    place[:3, :3] = world_rotation(up)
    place[2, 3] = -floor_height_m
    return place
