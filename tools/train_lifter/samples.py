"""Bodies in imaginary photos, made as they are needed: poses, shapes, views, keypoints."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fitting_core.body_model.joints import BODY_JOINT_NAMES, HEAD
from fitting_core.fitting.starts.lifter import JOINT_COUNT
from fitting_core.geometry.rotations import matrix_from_vector
from tools.train_lifter.photos import Views, detect, pelvis_place
from tools.train_lifter.torch_body import TorchBody
from tools.train_pose_prior.mocap import Array, MocapPoses, mirror_poses

SHAPE_DEVIATION = 0.8
POSE_NOISE_RADIANS = 0.06
STIFF_JOINT_NOISE_RADIANS = 0.08
"""The capture has no collars and a stiff spine: in training they move a little."""
STIFF_JOINTS = ("left_collar", "right_collar", "spine1", "spine2", "spine3", "left_foot", "right_foot")


@dataclass(frozen=True)
class PoseSource:
    """Poses to draw from: `tilt (P,3,3)`, the pelvis less its heading, `body (P,63)`, `chance (P)`."""

    tilt: Tensor
    body: Tensor
    chance: Tensor


@dataclass(frozen=True)
class Sample:
    """N bodies: `keypoints (N,25,3)` in pixels from the principal point, `focal_px (N)`, and the truth in the camera frame:
    local `rotations (N,22,3,3)`, `betas (N,K)`, `joints (N,22,3)` from the pelvis, `pelvis (N,3)`, in metres."""

    keypoints: Tensor
    focal_px: Tensor
    rotations: Tensor
    betas: Tensor
    joints: Tensor
    pelvis: Tensor


def without_heading(pelvis: Array) -> Array:
    """Turn rotation vectors (N,3) about y so that the pelvis faces along z; return matrices (N,3,3)."""
    rotation = np.asarray(matrix_from_vector(pelvis))
    heading = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    turn_back = np.asarray(matrix_from_vector(heading[:, None] * np.array([0.0, -1.0, 0.0])))
    return turn_back @ rotation


def pose_source(poses: MocapPoses, body: Array, weight: Array) -> PoseSource:
    """Poses and their mirror images; invented ones (rows beyond the mocap's) borrow another pose's tilt."""
    generator = np.random.default_rng(0)
    extra = generator.choice(len(poses.body), size=len(body) - len(poses.body))
    tilt_vectors = np.concatenate([poses.pelvis, poses.pelvis[extra]])
    tilt = without_heading(tilt_vectors)
    flip = np.diag([-1.0, 1.0, 1.0])
    tilts = np.concatenate([tilt, flip @ tilt @ flip])
    bodies = np.concatenate([body, mirror_poses(body)])
    chance = np.concatenate([weight, weight])
    arrays = (tilts, bodies, chance / chance.sum())
    return PoseSource(*(torch.tensor(array, dtype=torch.float32) for array in arrays))


def draw_sample(
    source: PoseSource,
    body: TorchBody,
    count: int,
    make_views: Callable[[int, torch.Generator], Views],
    generator: torch.Generator,
) -> Sample:
    """Draw bodies and photograph them."""
    views = make_views(count, generator)
    chosen = torch.multinomial(source.chance, count, replacement=True, generator=generator)
    vectors = source.body[chosen].reshape(count, JOINT_COUNT - 1, 3)
    if views.wide:
        vectors = vectors + pose_noise() * torch.randn(count, JOINT_COUNT - 1, 3, generator=generator)
    local = matrix_from_vector(vectors)
    pelvis_turn = views.camera_from_world @ source.tilt[chosen]
    rotations = torch.cat([pelvis_turn[:, None], local], dim=1)
    betas = (SHAPE_DEVIATION * torch.randn(count, body.shape_count, generator=generator)).clip(-2.0, 2.0)
    joints, world = body.posed_joints(rotations, betas)
    detector = torch.randint(len(body.carriers), (count,), generator=generator)
    points = body.posed_points(joints, world, betas, detector)
    pelvis = pelvis_place(views, points)
    keypoints = detect(points + pelvis[:, None], world[:, HEAD], views, generator)
    return Sample(keypoints, views.focal_px, rotations, betas, joints, pelvis)


def pose_noise() -> Tensor:
    """Standard deviation (21,1) in radians that training adds to every pose."""
    stiff = [name in STIFF_JOINTS for name in BODY_JOINT_NAMES[1:]]
    return torch.where(torch.tensor(stiff), STIFF_JOINT_NOISE_RADIANS, POSE_NOISE_RADIANS)[:, None]
