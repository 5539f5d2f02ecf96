"""Places the camera in the world of a sequence: up from the feet in balance, the floor under the lowest person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.fitting.setup import FitSetup

from ..motion.tracked_motion import TrackedMotion
from ..motion.world import StandingPoints, upward, world_from_camera
from .motion_file import body_pose_of, in_world

if TYPE_CHECKING:
    from jaxtyping import Float


def placed_camera(
    setups: Sequence[FitSetup],
    motions: Sequence[TrackedMotion],
    standing: Sequence[StandingPoints],
    given_up: Float[NumpyArray, "3"] | None,
) -> Float[NumpyArray, "4 4"]:
    """Return the camera's place in a world whose floor (z = 0) is where the lowest of the people stands.

    `given_up` is the upward direction in the camera's frame, where a camera file tells it.
    """
    up = upward(standing) if given_up is None else given_up
    level = world_from_camera(up, 0.0)
    heights = [_sole_height(setup, motion, level) for setup, motion in zip(setups, motions, strict=True)]
    return world_from_camera(up, float(np.min(heights)))


def _sole_height(setup: FitSetup, motion: TrackedMotion, place: Float[NumpyArray, "4 4"]) -> float:
    body = body_pose_of(setup.points.model, setup.layout, motion)
    return in_world(body, setup.layout.translation(motion.x), place).sole_height
