"""The distance of the body's points from their keypoints in every frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.landmarks import first_detected_point
from fitting_core.body_model.point_model import reduced_body
from fitting_core.body_model.posed_points import pose_points
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.camera import project
from fitting_core.keypoints.layouts import BODY_25

if TYPE_CHECKING:
    from jaxtyping import Float

_AT_ONCE = 500  # frames that are posed together


def errors_px(
    setup: FitSetup, subjects: Sequence[Subject], x: Float[NumpyArray, "frames columns"]
) -> Float[NumpyArray, " frames"]:
    """Return the mean distance of the body's points from their keypoints, weighted by confidence, px; NaN where none is seen."""
    chosen = first_detected_point(subjects[0].keypoints.detector) + np.arange(len(BODY_25.names))
    still = np.zeros(setup.layout.joint_count, dtype=bool)
    body = reduced_body(setup.points, chosen, np.zeros(1, dtype=np.int64), numpy_double(), still)
    layout = setup.layout
    errors: list[NumpyArray] = []
    for first in range(0, len(x), _AT_ONCE):
        rows, some = x[first : first + _AT_ONCE], subjects[first : first + _AT_ONCE]
        posed = pose_points(
            body, layout.rotations(rows), layout.shape_coefficients(rows), layout.translation(rows)
        )
        focal = np.array([subject.focal_px for subject in some])
        pixels = project(posed.points, focal, np.stack([subject.principal_point for subject in some]))
        seen = np.stack([subject.keypoints.body for subject in some])
        weights = np.where(np.isfinite(pixels).all(axis=-1), seen[..., 2], 0.0)
        apart = np.linalg.norm(np.nan_to_num(pixels) - seen[..., :2], axis=-1)
        total = weights.sum(axis=1)
        errors.append(
            np.where(total > 0, (weights * apart).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan)
        )
    return np.concatenate(errors)
