"""The internal keypoint type that every reader makes and the fit consumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from .detector_habits import DetectorName

if TYPE_CHECKING:
    from jaxtyping import Float64

BODY_COUNT = 25
HAND_COUNT = 21
FACE_COUNT = 70
_FIRST_OF_PARTS = np.cumsum([BODY_COUNT, HAND_COUNT, HAND_COUNT])
KEYPOINT_COUNT = BODY_COUNT + 2 * HAND_COUNT + FACE_COUNT  # 137


@dataclass(frozen=True, eq=False)
class Keypoints2D:
    """One person's keypoints: x, y in pixels of the upright photo (origin top left, y down), confidence 0–1.

    A point that was not seen has confidence 0 and x = y = 0; there is never a NaN.
    """

    body: Float64[NumpyArray, "25 3"]
    left_hand: Float64[NumpyArray, "21 3"]
    right_hand: Float64[NumpyArray, "21 3"]
    face: Float64[NumpyArray, "70 3"]
    detector: DetectorName = "openpose"  # whose habits the body points have

    def stacked(self) -> Float64[NumpyArray, "137 3"]:
        """Return all points in the order of the result files: body 25, left hand 21, right hand 21, face 70."""
        return np.concatenate([self.body, self.left_hand, self.right_hand, self.face])

    @classmethod
    def of_stack(cls, points: Float64[NumpyArray, "137 3"], detector: DetectorName) -> Keypoints2D:
        """Return the person whose `stacked` points these are."""
        body, left_hand, right_hand, face = np.split(points, _FIRST_OF_PARTS)
        return cls(body, left_hand, right_hand, face, detector)


@dataclass(frozen=True)
class KeypointFile:
    """One keypoint file: its people in file order, its dialect in words, and warnings of what is odd."""

    people: tuple[Keypoints2D, ...]
    dialect: str
    warnings: tuple[str, ...] = ()
    depths: tuple[
        Float64[NumpyArray, "25 2"] | None, ...
    ] = ()  # of each person, where the file has them (m, worth 0–1)
    focal_px: float | None = None  # where the file says so
    frame_count: int = 1
    empty_frame_note: str = ""  # of a file of several frames: which of them have people
    is_of_unknown_size: bool = (
        False  # of the picture of its points: all lie in a corner, or the photo shows them elsewhere
    )
    names_size: bool = True  # of the picture of its points, or they are from 0 to 1, or the user has said it
