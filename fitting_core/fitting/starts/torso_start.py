"""The start of the presets: the papers' first guess of the camera from the torso, and the figure turned to its back.

z₀ = f · (edge in 3-D / edge in 2-D), the mean over the edges from shoulder to hip that are visible (SMPLify, section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, joint_transforms
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import compose_vectors
from fitting_core.keypoints.layouts import BODY_25

from ..parameters import ParameterLayout
from ..subject import Subject, stature
from .initial_guess import heading_rotations

TORSO_KEYPOINTS = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_EDGES = (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
# Shoulders nearer to each other than this, in pixels: a person from the side, who may face either way (SMPLify's value).
SIDE_VIEW_PX = 25.0
# A keypoint under this confidence counts as not visible.
_VISIBLE = 0.15


@dataclass(frozen=True)
class TorsoStart:
    """A start facing the camera; once the camera is found, people from the side are also turned by 180°.

    With `side_view` everybody is.
    """

    side_view: bool

    def starts(
        self, model: BodyModel, layout: ParameterLayout, subjects: Sequence[Subject], base: NumpyArray
    ) -> NumpyArray:
        """Return the starts (subjects, N) from the pose of one row `base` (N,)."""
        x = np.tile(base, (len(subjects), 1))
        x[:, layout.root] = heading_rotations(0.0, np.zeros(1))
        for row, subject in zip(x, subjects, strict=True):
            row[:3] = torso_translation(model, layout, subject, row)
        return x

    def with_turned(self, layout: ParameterLayout, subjects: Sequence[Subject], x: NumpyArray) -> NumpyArray:
        """Follow every row of x (subjects, N) by itself turned about the body's own vertical: (subjects × 1 or 2, N).

        Where only some subjects need both, the others' row stands twice: nobody's fit depends on who else is in the photo.
        """
        turned = np.array([self.side_view or is_side_view(subject) for subject in subjects])
        if not turned.any():
            return x
        around = np.where(turned[:, None], [0.0, np.pi, 0.0], 0.0)
        back = x.copy()
        back[:, layout.root] = compose_vectors(x[:, layout.root], around)
        return np.stack([x, back], axis=1).reshape(-1, x.shape[1])


def is_side_view(subject: Subject) -> bool:
    """Return True if both shoulders are visible and nearer to each other than SIDE_VIEW_PX."""
    left, right = (_seen(subject, name) for name in TORSO_KEYPOINTS[:2])
    return left is not None and right is not None and float(np.hypot(*(left - right))) < SIDE_VIEW_PX


def torso_translation(
    model: BodyModel, layout: ParameterLayout, subject: Subject, row: NumpyArray
) -> NumpyArray:
    """Return the translation (3,) m: the depth that the torso's edges say, sideways so that the torso lies on its keypoints."""
    rotations, shape = layout.rotations(row[None])[0], layout.shape_coefficients(row[None])[0]
    rest = model.joints_template + model.joint_directions @ shape
    _, place = joint_transforms(model, rotations, rest)
    depth = torso_depth(model, subject, place)
    known = [
        (place[joint_index(name)], seen)
        for name in TORSO_KEYPOINTS
        if (seen := _seen(subject, name)) is not None
    ]
    if known:
        centre = np.mean([joint for joint, _ in known], axis=0)
        pixel = np.mean([seen for _, seen in known], axis=0)
    else:
        centre, pixel = place[0], _middle(subject)
    ray = np.append((pixel - subject.principal_point) / subject.focal_px, 1.0)
    return depth * ray - centre


def torso_depth(model: BodyModel, subject: Subject, place: NumpyArray) -> float:
    """Return z₀ in metres for joints at `place` (J, 3); without a visible edge, from whatever tells the person's size."""
    ratios: list[float] = []
    for first, second in _EDGES:
        a, b = _seen(subject, first), _seen(subject, second)
        if a is not None and b is not None and np.hypot(*(a - b)) >= 1.0:
            edge = np.linalg.norm(place[joint_index(first)] - place[joint_index(second)])
            ratios.append(float(edge / np.hypot(*(a - b))))
    if not ratios:
        return subject.focal_px / subject.pixels_per_metre(stature(model))
    return subject.focal_px * float(np.mean(ratios))


def _seen(subject: Subject, name: str) -> NumpyArray | None:
    """Return the position (2,) px of a body keypoint, if it is visible."""
    keypoint = subject.keypoints.body[BODY_25.index(name)]
    return keypoint[:2] if keypoint[2] > _VISIBLE else None


def _middle(subject: Subject) -> NumpyArray:
    points = subject.keypoints.stacked()
    seen = points[points[:, 2] > 0, :2]
    return seen.mean(axis=0) if len(seen) else np.asarray(subject.principal_point)
