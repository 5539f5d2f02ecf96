"""Angles of a posture from the 144 points of a body, so that they mean the same on every body; degrees.

Points are in the camera frame: metres, x right, y down, z forward. `up` (3,) is the true vertical in it.
"""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.joints import joint_index
from fitting_core.keypoints.layouts import BODY_25

SIDES = ("left", "right")


def keypoint(points: NumpyArray, name: str) -> NumpyArray:
    """Return the place (3,) of a body point by its BODY_25 name."""
    return points[landmarks.POINT_OF_KEYPOINT[BODY_25.index(name)]]


def knee_flexion(points: NumpyArray) -> NumpyArray:
    """Return by how much the left and right knee (2,) are bent: 180° less the angle between hip, knee and ankle."""
    return np.array(
        [bend(*(_joint(points, f"{side}_{part}") for part in ("hip", "knee", "ankle"))) for side in SIDES]
    )


def hip_flexion(points: NumpyArray) -> NumpyArray:
    """Return by how much the left and right thigh (2,) are lifted forward against the trunk.

    The thigh's direction in the plane across the hips, against the trunk's downward direction (neck to the middle of the
    hips); positive forward, 90° for somebody who sits upright, 0° for somebody who stands.
    """
    _, up, forward = trunk_frame(points)
    thighs = [_joint(points, f"{side}_knee") - _joint(points, f"{side}_hip") for side in SIDES]
    return np.array([np.degrees(np.arctan2(float(thigh @ forward), -float(thigh @ up))) for thigh in thighs])


def trunk_pitch(points: NumpyArray) -> float:
    """Return how far the trunk (middle of the hips to neck) leans out of the picture's plane, positive towards the camera."""
    trunk = _joint(points, "neck") - _middle(points, "hip")
    return float(np.degrees(np.arcsin(-trunk[2] / np.linalg.norm(trunk))))


def trunk_yaw_between(found: NumpyArray, truth: NumpyArray) -> float:
    """Return by how much the trunk in `found` is turned to its own left against `truth`.

    The turn about the true trunk's axis (twist) of the rotation that takes one trunk's frame to the other's.
    """
    relative = np.stack(trunk_frame(found)).T @ np.stack(trunk_frame(truth))
    axis = trunk_frame(truth)[1]
    vector = np.array(
        [relative[2, 1] - relative[1, 2], relative[0, 2] - relative[2, 0], relative[1, 0] - relative[0, 1]]
    )
    # Twist of a quaternion (w, v) about a: 2 atan2(v·a, w); with R − Rᵀ = 4 w [v]ₓ and trace R = 4 w² − 1.
    real = 0.5 * np.sqrt(max(1.0 + float(np.trace(relative)), 1e-12))
    twist = 2.0 * np.degrees(np.arctan2(float(vector @ axis) / (4.0 * real), real))
    return float((twist + 180.0) % 360.0 - 180.0)


def head_pitch(points: NumpyArray, up: NumpyArray) -> float:
    """Return how far the face (middle of the ears to nose) is lifted over the horizon."""
    face = keypoint(points, "nose") - 0.5 * (keypoint(points, "left_ear") + keypoint(points, "right_ear"))
    return float(np.degrees(np.arcsin(face @ up / np.linalg.norm(face))))


def trunk_frame(points: NumpyArray) -> tuple[NumpyArray, NumpyArray, NumpyArray]:
    """Return the trunk's directions (3,): to its left (hips and shoulders together), up along it, and forward."""
    up = _joint(points, "neck") - _middle(points, "hip")
    up = up / np.linalg.norm(up)
    hips, shoulders = (
        _joint(points, f"left_{part}") - _joint(points, f"right_{part}") for part in ("hip", "shoulder")
    )
    across = hips + shoulders
    across = across - (across @ up) * up
    across = across / np.linalg.norm(across)
    return across, up, np.cross(across, up)


def _joint(points: NumpyArray, name: str) -> NumpyArray:
    return points[joint_index(name)]


def _middle(points: NumpyArray, part: str) -> NumpyArray:
    return 0.5 * (_joint(points, f"left_{part}") + _joint(points, f"right_{part}"))


def bend(first: NumpyArray, middle: NumpyArray, last: NumpyArray) -> float:
    """Return by how much three joints in a row (3,) are bent at the middle one: 0° for a straight limb."""
    upper, lower = middle - first, last - middle
    cosine = upper @ lower / (np.linalg.norm(upper) * np.linalg.norm(lower))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
