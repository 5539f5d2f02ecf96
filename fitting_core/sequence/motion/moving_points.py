"""The points of a body whose motion is judged, and how far each is expected to accelerate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace
from fitting_core.body_model.joints import BODY_JOINT_NAMES, joint_index
from fitting_core.body_model.landmarks import base_points
from fitting_core.body_model.point_model import PointModel, ReducedBody, reduced_body
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian, pose_points
from fitting_core.fitting.parameters import FreeParameters

if TYPE_CHECKING:
    from jaxtyping import Float

# Deviation of the acceleration, m/s², of points by what they hang on: set on the gymnast's film and on rendered motion
# (benchmarks/sequence.py). Impacts go beyond it for a frame or two; most of the time everything is slower.
_TRUNK_MS2 = 8.0
_MIDDLE_MS2 = 14.0
_END_MS2 = 22.0
_MIDDLES = ("knee", "elbow")
_ENDS = ("ankle", "foot", "wrist", "toe", "heel", "middle1")
_EXTRA_JOINTS = ("left_middle1", "right_middle1")  # turn with the wrists
_SURFACE = ("nose", "left_ear", "right_ear")
# The points of the feet that stand on the ground, in the order of every table of contacts.
CONTACT_POINTS = ("left_heel", "left_big_toe", "right_heel", "right_big_toe")


@dataclass(frozen=True, eq=False)
class MovingPoints:
    """P points of a body, reduced for posing: `deviations` of their accelerations (P,), m/s², the four of contacts last."""

    body: ReducedBody
    deviations: Float[NumpyArray, " points"]
    names: tuple[str, ...]

    def pose(self, x: Float[Array, "frames columns"], free: FreeParameters) -> PosedPoints:
        """Pose the points at x, ready for derivatives by the free columns."""
        layout = free.layout
        shape = layout.shape_coefficients(x)
        return pose_points(self.body, layout.rotations(x), shape, layout.translation(x), free.shape)

    def jacobian(self, posed: PosedPoints) -> Float[Array, "frames coordinates steps"]:
        """Return ∂X/∂step of all coordinates, point by point: (N, 3 P, D)."""
        xp = array_namespace(posed.points)
        rows = xp.zeros_like(posed.points)[:, None] + xp.zeros_like(posed.points)[:, :3, None, :1]
        for axis in range(3):
            rows[:, axis, :, axis] = 1.0
        count = posed.points.shape[1]
        jacobian = point_jacobian(posed, rows)
        jacobian = xp.reshape(jacobian, (jacobian.shape[0], 3, count, -1))
        return xp.reshape(xp.permute_dims(jacobian, (0, 2, 1, 3)), (jacobian.shape[0], 3 * count, -1))


def moving_points(points: PointModel, moving_joints: NumpyArray, make: ArrayMaker) -> MovingPoints:
    """Reduce a body to the points whose motion is judged, of those that it has."""
    names = (*BODY_JOINT_NAMES, *_EXTRA_JOINTS, *_SURFACE, *CONTACT_POINTS)
    numbers = [
        joint_index(name) if name in (*BODY_JOINT_NAMES, *_EXTRA_JOINTS) else base_points(name)[0]
        for name in names
    ]
    present = points.model.present_points
    kept = [place for place, number in enumerate(numbers) if present[number]]
    body = reduced_body(
        points,
        np.array([numbers[place] for place in kept]),
        np.zeros(1, dtype=np.int64),
        make,
        moving_joints,
        whole_tree=True,
    )
    chosen = tuple(names[place] for place in kept)
    return MovingPoints(body, np.array([_deviation(name) for name in chosen]), chosen)


def _deviation(name: str) -> float:
    if any(name.endswith(end) for end in _ENDS):
        return _END_MS2
    return _MIDDLE_MS2 if any(name.endswith(middle) for middle in _MIDDLES) else _TRUNK_MS2
