"""The point among a body's 144 of each OpenPose keypoint, and the positions of those points.

The table is that of SMPL-X for every kind of model: what SMPL or SMPL-H lack of it is missing (NaN in results). The 144
points: 55 joints, 21 vertices (face, feet, finger tips), 51 face landmarks (iBUG 17–67), 17 contour
points (iBUG 0–16) that slide along the jaw as the head turns. Indices: the published SMPL-X format.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.detector_habits import DETECTORS, DetectorName
from fitting_core.keypoints.layouts import BODY_25, MIDDLES

from .joints import SKELETONS, SMPLX_JOINT_NAMES, ModelKind

if TYPE_CHECKING:
    from jaxtyping import Int

JOINT_COUNT = 55
VERTEX_POINT_IDS = (
    9120, 9929, 9448, 616, 6,  # nose, right eye, left eye, right ear, left ear
    5770, 5780, 8846, 8463, 8474, 8635,  # left big toe, small toe, heel; right
    5361, 4933, 5058, 5169, 5286,  # left finger tips, thumb … pinky
    8079, 7669, 7794, 7905, 8022,  # right finger tips
)  # fmt: skip
# The same 21 points on the mesh of 6,890 vertices that SMPL and SMPL-H share.
_SMPL_VERTEX_POINT_IDS = (
    332, 6260, 2800, 4071, 583,
    3216, 3226, 3387, 6617, 6624, 6787,
    2746, 2319, 2445, 2556, 2673,
    6191, 5782, 5905, 6016, 6133,
)  # fmt: skip
FIRST_VERTEX_POINT = JOINT_COUNT
FIRST_LANDMARK = FIRST_VERTEX_POINT + len(VERTEX_POINT_IDS)  # 76
LANDMARK_COUNT = 51
FIRST_CONTOUR_POINT = FIRST_LANDMARK + LANDMARK_COUNT  # 127
CONTOUR_COUNT = 17
POINT_COUNT = FIRST_CONTOUR_POINT + CONTOUR_COUNT  # 144
CONTOUR_ROW_COUNT = 79  # head yaw −39° … 39°
LARGEST_CONTOUR_YAW_DEG = 39

_BODY_25 = (55, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65)
_LEFT_HAND = (20, 37, 38, 39, 66, 25, 26, 27, 67, 28, 29, 30, 68, 34, 35, 36, 69, 31, 32, 33, 70)
_RIGHT_HAND = (21, 52, 53, 54, 71, 40, 41, 42, 72, 43, 44, 45, 73, 49, 50, 51, 74, 46, 47, 48, 75)
_FACE = (
    *range(FIRST_CONTOUR_POINT, POINT_COUNT),
    *range(FIRST_LANDMARK, FIRST_CONTOUR_POINT),
    -1,  # the pupils (68, 69) are no points of the model
    -1,
)

POINT_OF_KEYPOINT = np.array(_BODY_25 + _LEFT_HAND + _RIGHT_HAND + _FACE)  # (137,), −1: no such point
POINT_OF_KEYPOINT.setflags(write=False)

# Behind the 144 come the points that detectors mean by the 25 body keypoints, detector after detector; see
# `keypoints/detector_habits.py`. Two are the middle of two joints, which no body has a joint at.
FIRST_DETECTED_POINT = POINT_COUNT


def base_points(keypoint: str) -> tuple[int, ...]:
    """Return the points among the 144 whose middle a body keypoint is, before the habits of a detector."""
    if keypoint in MIDDLES:
        return tuple(SMPLX_JOINT_NAMES.index(side) for side in MIDDLES[keypoint])
    return (_BODY_25[BODY_25.index(keypoint)],)


def first_detected_point(detector: DetectorName) -> int:
    """Return the first of the 25 points that a detector means by the body keypoints."""
    return FIRST_DETECTED_POINT + len(BODY_25.names) * DETECTORS.index(detector)


def meant_points(
    points_of_keypoints: Int[NumpyArray, "137"], detector: DetectorName
) -> Int[NumpyArray, "137"]:
    """Return the points that a detector means by the keypoints, where a body has one at all; else −1."""
    meant = points_of_keypoints.copy()
    body = np.arange(len(BODY_25.names))
    meant[body] = np.where(points_of_keypoints[body] >= 0, first_detected_point(detector) + body, -1)
    return meant


@dataclass(frozen=True, eq=False)
class PointIds:
    """The points among the 144 that a kind of model has: their joints and vertices on it."""

    joints: NumpyArray  # (J,) the point that each joint is; −1 for SMPL's hand joints, which are none
    vertices: tuple[int, ...]  # of the 21 vertex points


@cache
def point_ids(kind: ModelKind) -> PointIds:
    """Return the points of a kind of model."""
    names = SKELETONS[kind].joint_names
    joints = np.array([SMPLX_JOINT_NAMES.index(name) if name in SMPLX_JOINT_NAMES else -1 for name in names])
    joints.setflags(write=False)
    return PointIds(joints, VERTEX_POINT_IDS if kind == "smplx" else _SMPL_VERTEX_POINT_IDS)


@cache
def present_points(kind: ModelKind, has_face: bool = True) -> NumpyArray:
    """Return True for the points (144,) that a kind of model has; `has_face` is False for an SMPL-X file without landmarks."""
    present = np.zeros(POINT_COUNT, dtype=bool)
    joints = point_ids(kind).joints
    present[joints[joints >= 0]] = True
    present[FIRST_VERTEX_POINT:FIRST_LANDMARK] = True
    present[FIRST_LANDMARK:] = has_face and kind == "smplx"
    present.setflags(write=False)
    return present


# The parts of the 137 keypoints, in the order of Keypoints2D.stacked().
BODY_KEYPOINTS = slice(0, 25)
LEFT_HAND_KEYPOINTS = slice(25, 46)
RIGHT_HAND_KEYPOINTS = slice(46, 67)
FACE_KEYPOINTS = slice(67, 137)
# The five knuckles of either hand.
KNUCKLE_KEYPOINTS = np.array(
    [
        part.start + knuckle
        for part in (LEFT_HAND_KEYPOINTS, RIGHT_HAND_KEYPOINTS)
        for knuckle in (2, 5, 9, 13, 17)
    ]
)
CONTOUR_KEYPOINTS = slice(67, 67 + CONTOUR_COUNT)


@cache
def points_of_keypoints(kind: ModelKind, has_face: bool = True) -> NumpyArray:
    """Return `POINT_OF_KEYPOINT` (137,), with −1 also for keypoints that a kind of model has no point to answer for.

    SMPL's fingers cannot bend, so its finger tips, though they are points of it, answer for no keypoint: pulling on them
    bends the wrist instead (twelve synthetic people: 59 mm mean joint error with them, 46 mm without).
    """
    known = POINT_OF_KEYPOINT >= 0
    answering = np.where(known & present_points(kind, has_face)[POINT_OF_KEYPOINT], POINT_OF_KEYPOINT, -1)
    if SKELETONS[kind].groups.left_hand is None:
        answering[LEFT_HAND_KEYPOINTS] = -1
        answering[RIGHT_HAND_KEYPOINTS] = -1
    answering.setflags(write=False)
    return answering


def contour_row(yaw_deg: NumpyArray) -> NumpyArray:
    """Row of the contour tables for a head turned by `yaw_deg` (any shape) in the tables' own sense.

    Row a for a ≥ 0, row 39 + |a| for a < 0, a in whole degrees and at most 39 either way.
    """
    whole = np.clip(np.round(yaw_deg), -LARGEST_CONTOUR_YAW_DEG, LARGEST_CONTOUR_YAW_DEG).astype(np.int64)
    return np.where(whole >= 0, whole, LARGEST_CONTOUR_YAW_DEG - whole)
