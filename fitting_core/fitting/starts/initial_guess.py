"""The starts of a fit: headings × poses, placed so that the torso lies on its keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.joints import BODY_POSE, PELVIS
from fitting_core.body_model.landmarks import BODY_KEYPOINTS, POINT_OF_KEYPOINT
from fitting_core.body_model.point_model import PointModel, reduced_body
from fitting_core.body_model.posed_points import pose_points
from fitting_core.geometry.camera import project
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.keypoints.layouts import BODY_25

from ..parameters import ParameterLayout
from ..subject import Subject, stature
from .lifter import Lifter

# Of the lifter's six guesses the three likeliest; with eight headings of one pose they reach what 32 headings × poses
# reach, at two thirds of the time (benchmarks/ablation.py).
LIFTED_COUNT = 3


def heading_rotations(roll: float, yaws: NumpyArray) -> NumpyArray:
    """Root rotation vectors (Y, 3) of an upright body at `yaws` (Y,) radians, 0 = facing the camera, rolled in the picture."""
    to_camera = matrix_from_vector(
        np.array([np.pi, 0.0, 0.0])
    )  # from y up, z forward to y down, facing the camera
    in_picture = matrix_from_vector(np.array([0.0, 0.0, roll]))
    turned = matrix_from_vector(np.stack([0 * yaws, yaws, 0 * yaws], axis=1))
    return vector_from_matrix(in_picture @ to_camera @ turned)


def starting_points(
    points: PointModel, layout: ParameterLayout, subjects: Sequence[Subject], base: NumpyArray, yaw_count: int
) -> NumpyArray:
    """Starts for every subject, (subjects, yaws × poses, N): pose fastest.

    `base` (M, N) holds the M poses to start from (rotations and shape; root and translation are replaced).
    """
    yaws = 2 * np.pi * np.arange(yaw_count) / yaw_count
    blocks: list[NumpyArray] = []
    for subject in subjects:
        roots = heading_rotations(subject.roll(), yaws)
        block = np.repeat(base[None], yaw_count, axis=0)
        block[:, :, layout.root] = roots[:, None]
        block = block.reshape(-1, layout.size)
        block[:, :3] = placed(points, layout, subject, block)
        blocks.append(block)
    return np.stack(blocks)


def lifted_points(
    points: PointModel, layout: ParameterLayout, subjects: Sequence[Subject], base: NumpyArray, lifter: Lifter
) -> NumpyArray:
    """Starts that the lifter sees in the keypoints, likeliest first: (subjects, LIFTED_COUNT, N).

    `base` (N,) gives the rest: the hands, and the mean shape, since the lifter's betas mean one body model only.
    """
    keypoints = np.stack([subject.keypoints.body for subject in subjects])
    focal = np.array([subject.focal_px for subject in subjects])
    centre = np.stack([subject.principal_point for subject in subjects])
    guesses = lifter.start(keypoints, focal, centre)
    model = points.model
    pelvis = guesses.pelvis[:, :LIFTED_COUNT]
    x = np.tile(base, (len(subjects), pelvis.shape[1], 1))
    x[:, :, :3] = pelvis - model.joints_template[PELVIS]
    x[:, :, layout.root] = guesses.global_orient[:, :LIFTED_COUNT]
    x[:, :, layout.joints(BODY_POSE)] = guesses.body_pose[:, :LIFTED_COUNT]
    return x


def body_pixels(points: PointModel, layout: ParameterLayout, subject: Subject, row: NumpyArray) -> NumpyArray:
    """Project the 25 body points of one row of parameters (N,) into the picture: (25, 2) px."""
    x = row[None]
    posed = _body_points(points, layout, x) + layout.translation(x)[:, None]
    focal = np.array([subject.focal_px])
    return project(posed, focal, np.asarray(subject.principal_point)[None])[0]


def pelvis_aligned_points(points: PointModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Return the 25 body points (B, 25, 3) in the camera's axes, the mid-hip at the origin."""
    posed = _body_points(points, layout, x)
    return posed - posed[:, BODY_25.index("mid_hip")][:, None]


def _body_points(points: PointModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Return the 25 body points (B, 25, 3) before the translation."""
    chosen = POINT_OF_KEYPOINT[BODY_KEYPOINTS]
    still = np.zeros(layout.joint_count, dtype=bool)
    body = reduced_body(points, chosen, np.zeros(1, dtype=np.int64), numpy_double(), still)
    return pose_points(body, layout.rotations(x), layout.shape_coefficients(x), np.zeros((len(x), 3))).points


def placed(points: PointModel, layout: ParameterLayout, subject: Subject, x: NumpyArray) -> NumpyArray:
    """Translations (B, 3) that put each posed torso at the depth its size says and on its keypoints."""
    posed = _body_points(points, layout, x)
    weight = subject.placement_weights()
    weight = weight / max(weight.sum(), 1e-9)
    centre = np.einsum("p,bpx->bx", weight, posed)
    seen = weight @ subject.keypoints.body[:, :2]
    depth = subject.focal_px / subject.pixels_per_metre(stature(points.model))
    ray = np.append((seen - subject.principal_point) / subject.focal_px, 1.0)
    return depth * ray - centre
