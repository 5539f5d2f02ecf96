"""Left and right of a foreign pose, told by its own joints: elbows and fingers bend one way only.

A program that writes the right limbs first gives each arm the turns of the other: both arms point up that hung, and both
elbows bend backwards. SMPL's rest pose is a T, y up, z forward, x to the body's left; a left elbow bends about −y and a left
arm comes down about −z, the right ones about +y and +z.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import BODY_POSE, LEFT_HAND, RIGHT_HAND, SMPLX_JOINT_NAMES

from .foreign_pose import ForeignPose

_THUMB_JOINTS = 3  # the last of each hand, which bend about other axes
# Radians. No elbow bends backwards so far, and no row of fingers. Of 14,322 poses of motion capture (CMU) not one is taken for
# exchanged; exchanged, 60 % of the poses and 77 % of its 194 recordings are noticed. The others keep their arms straight or up.
_ELBOW_BACKWARDS, _ARM_UP, _FINGERS_BACKWARDS = 0.4, 0.4, 0.4
_ELBOW_STRAIGHT = 0.2  # of arms that show nothing of themselves, where the fingers say that the file has its sides exchanged
_ENOUGH_FRAMES = 0.2  # of all
_MOST_AGAINST = 0.25  # of the frames that say so


def with_own_sides(pose: ForeignPose) -> tuple[ForeignPose, tuple[str, ...]]:
    """Return the pose with left and right of body and hands exchanged back where the file has them exchanged, and a word."""
    rotations = pose.rotations
    hands = _is_exchanged(rotations, _FINGER_PAIRS, _finger_evidence)
    body = pose.latent is None and (
        _is_exchanged(rotations, _BODY_PAIRS, _body_evidence)
        or (hands and _is_exchanged(rotations, _BODY_PAIRS, _straight_arm_evidence))
    )
    if not body and not hands:
        return pose, ()
    which = (
        "the whole figure" if body and hands else "the body, but not of its hands," if body else "the hands"
    )
    if body:
        rotations = _exchanged(rotations, _BODY_PAIRS)
    if hands:
        rotations = _exchanged(rotations, _FINGER_PAIRS)
    bent = "fingers" if hands else "elbows"
    word = f"Left and right of {which} were exchanged: both sides' {bent} bend backwards. They were exchanged back."
    return replace(pose, rotations=rotations), (word,)


def _pairs_of_body() -> NumpyArray:
    """Return (2, n) joints of the left and of the right side, from hips and collars to toes and wrists."""
    body = SMPLX_JOINT_NAMES[BODY_POSE]
    left = [name for name in body if name.startswith("left_")]
    right = [name.replace("left_", "right_") for name in left]
    return np.array([[SMPLX_JOINT_NAMES.index(name) for name in names] for names in (left, right)])


_BODY_PAIRS = _pairs_of_body()
_FINGER_PAIRS = np.array([range(side.start, side.stop) for side in (LEFT_HAND, RIGHT_HAND)])
_LEFT_ELBOW, _RIGHT_ELBOW, _LEFT_SHOULDER, _RIGHT_SHOULDER = (
    SMPLX_JOINT_NAMES.index(f"{side}_{joint}")
    for joint in ("elbow", "shoulder")
    for side in ("left", "right")
)


def _exchanged(rotations: NumpyArray, pairs: NumpyArray) -> NumpyArray:
    found = rotations.copy()
    found[:, pairs[0]], found[:, pairs[1]] = rotations[:, pairs[1]], rotations[:, pairs[0]]
    return found


def _is_exchanged(
    rotations: NumpyArray, pairs: NumpyArray, evidence: Callable[[NumpyArray], NumpyArray]
) -> bool:
    """True if enough frames say so, and few of them say so once they are exchanged."""
    share = float(evidence(rotations).mean())
    return (
        share > _ENOUGH_FRAMES
        and float(evidence(_exchanged(rotations, pairs)).mean()) < _MOST_AGAINST * share
    )


def _body_evidence(rotations: NumpyArray) -> NumpyArray:
    """Return for each frame if both elbows bend backwards and both arms are raised."""
    return (_elbows_backwards(rotations) > _ELBOW_BACKWARDS) & (_arms_up(rotations) > _ARM_UP)


def _straight_arm_evidence(rotations: NumpyArray) -> NumpyArray:
    """Return for each frame if both arms are raised, and no elbow shows that it is on its own side."""
    return (_elbows_backwards(rotations) > -_ELBOW_STRAIGHT) & (_arms_up(rotations) > _ARM_UP)


def _elbows_backwards(rotations: NumpyArray) -> NumpyArray:
    """Return by how much the elbow that bends backwards less does so, a frame each (radians)."""
    return np.minimum(rotations[:, _LEFT_ELBOW, 1], -rotations[:, _RIGHT_ELBOW, 1])


def _arms_up(rotations: NumpyArray) -> NumpyArray:
    """Return how far the lower of both arms is raised, a frame each (radians)."""
    return np.minimum(rotations[:, _LEFT_SHOULDER, 2], -rotations[:, _RIGHT_SHOULDER, 2])


def _finger_evidence(rotations: NumpyArray) -> NumpyArray:
    """Return for each frame if the fingers of both hands bend towards their backs."""
    fingers = rotations[:, _FINGER_PAIRS[:, :-_THUMB_JOINTS], 2].mean(axis=2)
    return np.minimum(fingers[:, 0], -fingers[:, 1]) > _FINGERS_BACKWARDS
