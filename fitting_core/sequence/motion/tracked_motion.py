"""The motion of one tracked person before the camera, as fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, UInt8

# The state of a frame: keypoints were seen; none were, and the motion before and after holds the pose.
SEEN, HELD = 0, 1


@dataclass(frozen=True, eq=False)
class TrackedMotion:
    """N frames of one person: `x` (N, columns) as `fitting/parameters.py` lays them out, in the camera's frame, of one shape.

    `first_frame` is the place of the first among the frames of the sequence.
    """

    first_frame: int
    x: Float[NumpyArray, "frames columns"]
    states: UInt8[NumpyArray, " frames"]
    contacts: Bool[NumpyArray, "frames 4"]
    keypoints: Float[NumpyArray, "frames 137 3"]
    error_px: Float[NumpyArray, " frames"]

    @property
    def frame_count(self) -> int:
        """Number of frames, N."""
        return len(self.x)

    @property
    def last_frame(self) -> int:
        """Place of the last frame among those of the sequence."""
        return self.first_frame + self.frame_count - 1
