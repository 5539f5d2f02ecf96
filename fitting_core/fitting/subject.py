"""One person to be fitted: keypoints and camera, and what can be read off them before any fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

# Body points under this confidence do not take part in first guesses; the fit itself still weighs them.
_CONFIDENT = 0.15
# A person of this stature (m) is 1000 size-relative units tall, whoever is fitted; a child's units are smaller.
REFERENCE_STATURE_M = 1.7
# Foreshortening only ever shortens, so the true scale is near the largest ratio; the top fifth is left to noise.
_SCALE_QUANTILE = 0.8
# (first, second, length in m): adult mean of the open body's rest pose, where hips are at ±0.065 m.
_SEGMENTS = (
    ("neck", "mid_hip", 0.52),
    ("right_shoulder", "left_shoulder", 0.35),
    ("right_shoulder", "right_hip", 0.50),
    ("left_shoulder", "left_hip", 0.50),
    ("right_shoulder", "right_elbow", 0.26),
    ("left_shoulder", "left_elbow", 0.26),
    ("right_elbow", "right_wrist", 0.25),
    ("left_elbow", "left_wrist", 0.25),
    ("right_hip", "right_knee", 0.39),
    ("left_hip", "left_knee", 0.39),
    ("right_knee", "right_ankle", 0.41),
    ("left_knee", "left_ankle", 0.41),
    ("nose", "neck", 0.23),
    ("right_ear", "left_ear", 0.15),
)
_SEGMENT_ENDS = np.array([(BODY_25.index(first), BODY_25.index(second)) for first, second, _ in _SEGMENTS]).T
_SEGMENT_LENGTHS_M = np.array([segment[2] for segment in _SEGMENTS])
_TORSO = ("neck", "right_shoulder", "left_shoulder", "mid_hip", "right_hip", "left_hip")
_TORSO_POINTS = np.array([BODY_25.index(name) for name in _TORSO])


@dataclass(frozen=True, eq=False)
class Subject:
    """One person in one photo. Pixels of the upright photo; `focal_px` and `principal_point` of its camera."""

    keypoints: Keypoints2D
    focal_px: float
    principal_point: Float[NumpyArray, "2"]
    pinned: Bool[NumpyArray, "137"] | None = None  # keypoints that must be met, whatever the rest says
    image_height_px: float | None = None
    cues: PhotoCues = NO_CUES  # what else the photo shows of the person

    @cached_property
    def stacked_keypoints(self) -> Float[NumpyArray, "137 3"]:
        """All keypoints in one array, not to be written to; see `Keypoints2D.stacked`."""
        return self.keypoints.stacked()

    @property
    def photo_height_px(self) -> float:
        """Height of the upright photo; where nobody gave it, the principal point counts as its centre."""
        return self.image_height_px or max(2.0 * float(self.principal_point[1]), 1.0)

    def pixels_per_metre(self, stature_m: float = REFERENCE_STATURE_M) -> float:
        """Scale of the person in the picture: a high quantile of 2-D over 3-D lengths of the visible segments.

        Without a single visible segment, the extent of what is visible counts as a stature.
        """
        return self._reference_pixels_per_metre * REFERENCE_STATURE_M / stature_m

    @cached_property
    def _reference_pixels_per_metre(self) -> float:
        body = self.keypoints.body
        first, second = body[_SEGMENT_ENDS[0]], body[_SEGMENT_ENDS[1]]
        confidence = np.minimum(first[:, 2], second[:, 2])
        used = confidence > _CONFIDENT
        apart = first[used, :2] - second[used, :2]
        ratios = np.hypot(apart[:, 0], apart[:, 1]) / _SEGMENT_LENGTHS_M[used]
        if not ratios.size or ratios.max() <= 0:
            return max(self.extent_px(), 1.0) / REFERENCE_STATURE_M
        weights = confidence[used] * _SEGMENT_LENGTHS_M[used]
        return max(_weighted_quantile(ratios, weights, _SCALE_QUANTILE), 1e-3)

    def permille_px(self, stature_m: float = REFERENCE_STATURE_M) -> float:
        """Return one thousandth of the person's size in the picture, px: the unit of every threshold."""
        return self.pixels_per_metre(stature_m) * stature_m / 1000.0

    def extent_px(self) -> float:
        """Longer side of the box around everything that was seen."""
        points = self.keypoints.stacked()
        seen = points[points[:, 2] > 0, :2]
        return float((seen.max(axis=0) - seen.min(axis=0)).max()) if len(seen) else 0.0

    def placement_weights(self) -> Float[NumpyArray, "25"]:
        """Weights (25,) of the body points that place the figure: torso points, else whatever was seen."""
        confidence = self.keypoints.body[:, 2]
        torso = np.zeros_like(confidence)
        torso[_TORSO_POINTS] = confidence[_TORSO_POINTS]
        return torso if (torso > _CONFIDENT).sum() >= 2 else confidence

    @cached_property
    def roll(self) -> float:
        """The lean of the torso in the picture, radians clockwise from upright; 0 where nothing tells.

        From the mid-hip to the neck; without hips, square to the shoulders on the side of the head.
        """
        body = self.keypoints.body
        neck, hip = body[BODY_25.index("neck")], body[BODY_25.index("mid_hip")]
        if min(neck[2], hip[2]) > _CONFIDENT:
            return _lean(neck[:2] - hip[:2])
        right, left = body[BODY_25.index("right_shoulder")], body[BODY_25.index("left_shoulder")]
        nose = body[BODY_25.index("nose")]
        if min(right[2], left[2], nose[2]) <= _CONFIDENT:
            return 0.0
        across = left[:2] - right[:2]
        up = np.array([across[1], -across[0]])
        towards_head = nose[:2] - 0.5 * (right[:2] + left[:2])
        return _lean(up if up @ towards_head > 0 else -up)


def stature(model: BodyModel) -> float:
    """Height in metres of the mean body of a model, feet to crown."""
    return float(np.ptp(model.v_template[:, 1]))


def _lean(direction: NumpyArray) -> float:
    return float(np.arctan2(direction[0], -direction[1])) if np.hypot(*direction) > 1e-6 else 0.0


def _weighted_quantile(values: NumpyArray, weights: NumpyArray, quantile: float) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(cumulative, quantile * cumulative[-1])]])
