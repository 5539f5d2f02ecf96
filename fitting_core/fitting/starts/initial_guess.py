"""The starts of a fit: headings × poses, placed so that the torso lies on its keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, numpy_double, to_numpy
from fitting_core.body_model.joints import BODY_POSE, PELVIS
from fitting_core.body_model.landmarks import first_detected_point
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
    return vector_from_matrix(_headings(np.array([roll]), yaws)[0])


def _headings(rolls: NumpyArray, yaws: NumpyArray) -> NumpyArray:
    """Root rotations (rolls, yaws, 3, 3); see `heading_rotations`."""
    to_camera = matrix_from_vector(
        np.array([np.pi, 0.0, 0.0])
    )  # from y up, z forward to y down, facing the camera
    in_picture = matrix_from_vector(np.stack([0 * rolls, 0 * rolls, rolls], axis=1))
    turned = matrix_from_vector(np.stack([0 * yaws, yaws, 0 * yaws], axis=1))
    return in_picture[:, None] @ to_camera @ turned


def headings_before_camera(roll: float, count: int) -> NumpyArray:
    """Return turns (count, 3, 3) from a world with y up into the camera's frame, from as many sides, rolled in the picture."""
    yaws = 2 * np.pi * np.arange(count) / count
    return _headings(np.array([roll]), yaws)[0]


def placed_rows(
    points: PointModel, layout: ParameterLayout, subject: Subject, rows: NumpyArray
) -> NumpyArray:
    """Return rows of parameters (B, N) with the translation under which each lies best on the subject's keypoints."""
    placed = rows.copy()
    placed[:, :3] = 0.0
    posed = _body_points(points, layout, placed)
    placed[:, :3] = _placements(points, [subject], posed[None])[0]
    return placed


def starting_points(
    points: PointModel, layout: ParameterLayout, subjects: Sequence[Subject], base: NumpyArray, yaw_count: int
) -> NumpyArray:
    """Starts for every subject, (subjects, yaws × poses, N): pose fastest.

    `base` (M, N) holds the M poses to start from (rotations and shape; root and translation are replaced).
    """
    yaws = 2 * np.pi * np.arange(yaw_count) / yaw_count
    headings = _headings(np.array([subject.roll for subject in subjects]), yaws)
    x = np.tile(base, (len(subjects), yaw_count, 1, 1))
    x[..., layout.root] = vector_from_matrix(headings)[:, :, None]
    # Every heading turns the same few poses about the same joint.
    unturned = base.copy()
    unturned[:, layout.root] = 0.0
    pelvis = _pelvis(points, layout, base)[:, None]
    apart = _body_points(points, layout, unturned) - pelvis
    turned = pelvis + np.einsum("nyab,mpb->nympa", headings, apart)
    x[..., :3] = _placements(points, subjects, turned.reshape(len(subjects), -1, *apart.shape[1:])).reshape(
        *x.shape[:-1], 3
    )
    return x.reshape(len(subjects), -1, layout.size)


def _pelvis(points: PointModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Return the joint (B, 3) that the root rotation turns a body about, before the translation."""
    model = points.model
    shape = layout.shape_coefficients(x)
    return model.joints_template[PELVIS] + shape @ model.joint_directions[PELVIS].T


def lifted_points(
    points: PointModel, subjects: Sequence[Subject], base: NumpyArray, lifter: Lifter, make: ArrayMaker
) -> NumpyArray:
    """Starts that the lifter sees in the keypoints, likeliest first: (subjects, LIFTED_COUNT, N).

    `base` (N,) gives the rest: the hands, and the mean shape, since the lifter's betas mean one body model only. The network
    is evaluated where `make` puts its arrays.
    """
    keypoints = np.stack([subject.keypoints.body for subject in subjects])
    focal = np.array([subject.focal_px for subject in subjects])
    centre = np.stack([subject.principal_point for subject in subjects])
    guesses = lifter.on(make).start(make.floats(keypoints), make.floats(focal), make.floats(centre))
    model = points.model
    layout = ParameterLayout(model.joint_count, model.beta_count, model.expression_count)
    pelvis, root, pose = (
        to_numpy(values[:, :LIFTED_COUNT])
        for values in (guesses.pelvis, guesses.global_orient, guesses.body_pose)
    )
    x = np.tile(base, (len(subjects), pelvis.shape[1], 1))
    x[:, :, :3] = pelvis - model.joints_template[PELVIS]
    x[:, :, layout.root] = root
    x[:, :, layout.joints(BODY_POSE)] = pose
    return x


def body_pixels(points: PointModel, layout: ParameterLayout, subject: Subject, row: NumpyArray) -> NumpyArray:
    """Project the 25 body points of one row of parameters (N,) into the picture: (25, 2) px."""
    x = row[None]
    posed = _body_points(points, layout, x) + layout.translation(x)[:, None]
    focal = np.array([subject.focal_px])
    return project(posed, focal, np.asarray(subject.principal_point)[None])[0]


def pelvis_aligned_points(
    points: PointModel, layout: ParameterLayout, x: NumpyArray, make: ArrayMaker
) -> Array:
    """Return the 25 body points (B, 25, 3) of x (B, N) in the camera's axes, the mid-hip at the origin.

    They are computed and stay where `make` puts its arrays, in its precision.
    """
    posed = _posed_body(points, layout, x, make)
    return posed - posed[:, BODY_25.index("mid_hip")][:, None]


def _body_points(points: PointModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Return the 25 body points (B, 25, 3) before the translation, in double precision."""
    return _posed_body(points, layout, x, numpy_double())


def _posed_body(points: PointModel, layout: ParameterLayout, x: NumpyArray, make: ArrayMaker) -> Array:
    chosen = first_detected_point("openpose") + np.arange(len(BODY_25.names))
    still = np.zeros(layout.joint_count, dtype=bool)
    body = reduced_body(points, chosen, np.zeros(1, dtype=np.int64), make, still)
    rows = make.floats(x)
    posed = pose_points(
        body, layout.rotations(rows), layout.shape_coefficients(rows), make.zeros((len(x), 3))
    )
    return posed.points


def _placements(points: PointModel, subjects: Sequence[Subject], posed: NumpyArray) -> NumpyArray:
    """Translations (n, B, 3) that put every subject's posed body points (n, B, 25, 3) at the depth that the size of the
    torso says and on its keypoints.
    """
    weight = np.stack([subject.placement_weights() for subject in subjects])
    weight = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    centre = np.einsum("np,nbpx->nbx", weight, posed)
    seen = np.einsum("np,npx->nx", weight, np.stack([subject.keypoints.body[:, :2] for subject in subjects]))
    focal = np.array([subject.focal_px for subject in subjects])
    height = stature(points.model)
    depth = focal / np.array([subject.pixels_per_metre(height) for subject in subjects])
    middle = np.stack([subject.principal_point for subject in subjects])
    ray = np.concatenate([(seen - middle) / focal[:, None], np.ones((len(focal), 1))], axis=1)
    return (depth[:, None] * ray)[:, None] - centre
