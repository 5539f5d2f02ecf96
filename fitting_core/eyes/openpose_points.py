"""The networks' points to OpenPose's 137: the only place that knows the order of the networks' points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import SeenBody
from fitting_core.eyes.face import SeenFace
from fitting_core.eyes.hands import SeenHand
from fitting_core.keypoints.keypoints2d import BODY_COUNT, FACE_COUNT, HAND_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, with_middles

if TYPE_CHECKING:
    from jaxtyping import Float

# Body network's points by BODY_25's names. Neck and mid-hip are means of shoulders and hips; small toes are not seen.
BODY_POINTS = {
    "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
    "left_heel": 29, "right_heel": 30, "left_big_toe": 31, "right_big_toe": 32,
}  # fmt: skip
NETWORK_SIDE_PX = 256.0  # of the body network's input

# Face network's point for each of the 68 of the iBUG 300-W mark-up. Chosen by where the points lie on the network's mesh.
FACE_POINTS = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # contour
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # eyebrows
    168, 197, 5, 4, 98, 97, 2, 326, 327,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lip
    78, 82, 13, 312, 308, 317, 14, 87,  # inner lip
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SeenPerson:
    """One person as the networks see them; a hand or a face that is not seen is None. `pupils`: right and left, px."""

    body: SeenBody
    left_hand: SeenHand | None
    right_hand: SeenHand | None
    face: SeenFace | None
    pupils: NumpyArray | None


def openpose_points(person: SeenPerson, image_size: tuple[int, int]) -> Keypoints2D:
    """Return the 137 points. Confidence is the chance that a point is seen; one beyond the picture (width, height) has none."""
    face = np.zeros((FACE_COUNT, 3))
    if person.face is not None and person.pupils is not None:
        face[:, :2] = np.concatenate([person.face.pixels[list(FACE_POINTS)], person.pupils])
        face[:, 2] = person.face.presence
    parts = (
        openpose_body(person.body),
        _hand_points(person.left_hand),
        _hand_points(person.right_hand),
        face,
    )
    return Keypoints2D(*(_inside(part, image_size) for part in parts), detector="eyes")


def openpose_body(body: SeenBody) -> NumpyArray:
    """Return BODY_25's points, px of the picture and the chance that each is seen; zeros for the small toes."""
    points = np.zeros((BODY_COUNT, 3))
    for name, number in BODY_POINTS.items():
        points[BODY_25.index(name)] = (*body.pixels[number], body.visibility[number])
    return with_middles(points)


def body_depths(body: SeenBody) -> Float[NumpyArray, "25 2"]:
    """Return how far away each of BODY_25's points is (m, only differences count), and 0 … 1 how much that is worth.

    It is worth the chance that the point is seen, and less for a person whom the network saw enlarged.
    """
    depths = np.zeros((BODY_COUNT, 2))
    size = min(1.0, body.region.side / NETWORK_SIDE_PX)
    for name, number in BODY_POINTS.items():
        depths[BODY_25.index(name)] = (body.metres[number, 2], body.visibility[number] * size)
    return depths


def _hand_points(hand: SeenHand | None) -> NumpyArray:
    points = np.zeros((HAND_COUNT, 3))
    if hand is not None:
        points[:, :2], points[:, 2] = hand.pixels, hand.presence
    return points


def _inside(points: NumpyArray, image_size: tuple[int, int]) -> NumpyArray:
    """Return the points with those beyond the picture, and those of no confidence, as zeros."""
    seen = (points[:, 2] > 0) & (points[:, :2] >= 0).all(axis=1) & (points[:, :2] <= image_size).all(axis=1)
    return np.where(seen[:, None], points, 0.0)
