"""Hands that rest on the body and do not lie in it: moved off it until skin lies on skin, the palm along what it rests on.

Body frame: metres, y up, z forward, x to the body's left, as in `limbs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.rendered.limbs import reach
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, Pose, joint_transforms, vertices
from fitting_core.body_model.capsules.penetration import greatest_depth
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

DEEPEST_M = 0.01  # that is how far soft parts give way
_STEP_M, _MOST_STEPS = 0.015, 16
_FARTHEST_BEND = np.radians(65.0)  # of a wrist
_ARM_JOINTS = ("elbow", "wrist", "index", "middle", "pinky", "ring", "thumb")


@dataclass(frozen=True, eq=False)
class Rest:
    """The way in which a hand rests, as directions (3,): of the elbow, of the fingers, and off the body."""

    elbow: NumpyArray
    fingers: NumpyArray
    off: NumpyArray


def rest_hand(body: BodyModel, rotations: NumpyArray, side: str, place: NumpyArray, rest: Rest) -> None:
    """Bring a wrist in `rotations` (55, 3) to `place` (3,), or as far off it as keeps the arm out of the body."""
    off = rest.off / np.linalg.norm(rest.off)
    for step in range(_MOST_STEPS):
        rotations[joint_index(f"{side}_wrist")] = 0.0
        reach(body, rotations, side, place + step * _STEP_M * off, rest.elbow)
        point_hand(body, rotations, side, rest.fingers)
        if arm_depth(body, rotations, side) < DEEPEST_M:
            return


def point_hand(body: BodyModel, rotations: NumpyArray, side: str, fingers: NumpyArray) -> None:
    """Bend the wrist in `rotations` (55, 3) so that the hand points along a direction (3,), as far as wrists bend."""
    world, _ = joint_transforms(body, rotations, body.joints_template)
    forearm = world[joint_index(f"{side}_elbow")]
    along: NumpyArray = forearm @ np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
    wanted = fingers / np.linalg.norm(fingers)
    axis = np.cross(along, wanted)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return
    angle = min(float(np.arctan2(sine, along @ wanted)), _FARTHEST_BEND)
    bent = matrix_from_vector(axis / sine * angle)
    rotations[joint_index(f"{side}_wrist")] = vector_from_matrix(forearm.T @ bent @ forearm)


def arm_depth(body: BodyModel, rotations: NumpyArray, side: str) -> float:
    """Measure how deep the forearm and the hand of a side lie in the rest of the body, metres."""
    mesh = vertices(body, Pose(rotations, np.zeros(body.shape_directions.shape[2]), np.zeros(3)))
    below = tuple(f"{side}_{joint}" for joint in _ARM_JOINTS)
    of_arm = np.array([name.startswith(below) for name in body.joint_names])
    return greatest_depth(body, mesh, of_arm[body.weights.argmax(axis=1)])
