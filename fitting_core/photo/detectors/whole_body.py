"""COCO-WholeBody's 133 points to OpenPose's 137."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.keypoints2d import BODY_COUNT, FACE_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, with_middles

if TYPE_CHECKING:
    from jaxtyping import Float

POINT_COUNT = 133
# First points of each part, https://github.com/jin-s13/COCO-WholeBody: 17 of the body, 6 of the feet, 68 of the face, 21 a hand.
_BODY_AND_FEET = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
_FACE, _LEFT_HAND, _RIGHT_HAND = slice(23, 91), slice(91, 112), slice(112, 133)


def from_whole_body(points: Float[NumpyArray, "133 3"]) -> Keypoints2D:
    """Return a person's keypoints; x and y in px and the confidence, 0 for what is not seen. The pupils are not among the 133."""
    body = np.zeros((BODY_COUNT, 3))
    for number, name in enumerate(_BODY_AND_FEET):
        body[BODY_25.index(name)] = points[number]
    body = with_middles(body)
    face = np.zeros((FACE_COUNT, 3))
    face[:68] = points[_FACE]
    parts = (body, points[_LEFT_HAND], points[_RIGHT_HAND], face)
    seen = [np.where(part[:, 2:] > 0.0, part, 0.0) for part in parts]
    return Keypoints2D(seen[0], seen[1], seen[2], seen[3])
