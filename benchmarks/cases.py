"""Synthetic photos with known answers: posed open bodies seen by a camera, as OpenPose keypoints with noise.

The recipe is fixed so that every number means the same: 200 cases, generator seed 2026. Poses come from held-out motion
capture clips (`--mocap DIR`) or, without it, from samples of the shipped prior (a different, easier test: say which).
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.bones import drawn_bones, with_bones
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel, Pose, detected_keypoints, points, vertices
from fitting_core.fitting.head_yaw import head_yaw
from fitting_core.fitting.priors.open import open_hand_prior, open_pose_prior
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.keypoints.keypoints2d import Keypoints2D

SEED = 2026
CASE_COUNT = 200
IMAGE_SIZE = (800, 1000)
FOCAL_LENGTHS_PX = (1100.0, 1600.0, 2600.0)
HELD_OUT_SHARE = 7  # clips with crc32 % 7 == 0 are never trained on
_HAND_COEFFICIENTS = 12
_HAND_DEVIATION = 0.6
# Share of the figure's height by which a detector errs at confidence 0.8 or so.
_NOISE = {"body": 0.006, "hand": 0.0025, "face": 0.0015}
_MISSING_SHARE = 0.04
_OUTLIER_SHARE = 0.02
_OUTLIER_SIZE = 0.05
_OUTLIER_CONFIDENCE = 0.35


@dataclass(frozen=True, eq=False)
class Case:
    """A subject as a fit sees it, and the truth it was made from (camera frame, metres)."""

    subject: Subject
    body: BodyModel  # the fitted one, with bones of the person's own
    truth: Pose
    points: NumpyArray  # (144, 3)
    vertices: NumpyArray  # (V, 3)


def held_out_motion(mocap: Path) -> NumpyArray:
    """Return rotation vectors (N, 22, 3) of pelvis (y up) and body joints, from the held-out clips of a mocap folder."""
    with np.load(mocap / "cmu_body_poses.npz", allow_pickle=False) as data:
        poses, clips = data["poses"].astype(np.float64), data["clip"]
    held = np.array([zlib.crc32(str(clip).encode()) % HELD_OUT_SHARE == 0 for clip in clips])
    return poses[held]


def held_out_poses(mocap: Path) -> NumpyArray:
    """Return body poses (N, 63) of the held-out clips of a mocap folder."""
    return held_out_motion(mocap)[:, 1:22].reshape(-1, 63)


def prior_poses(count: int, random: np.random.Generator) -> NumpyArray:
    """Return samples (count, 63) of the shipped pose prior."""
    prior = open_pose_prior()
    which = random.choice(len(prior.weights), size=count, p=prior.weights)
    return np.stack([random.multivariate_normal(prior.means[k], prior.covariances[k]) for k in which])


def add_bones_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that keeps the people's bones to the fitted body's."""
    parser.add_argument(
        "--own-bones",
        action="store_true",
        help="people whose bones are exactly the fitted body's, an easier test; else each segment is 5 %% off",
    )


def make_cases(
    model: BodyModel,
    mocap: Path | None,
    count: int = CASE_COUNT,
    seed: int = SEED,
    own_bones: bool = False,
) -> list[Case]:
    """Return the benchmark's cases, the same for everyone who asks for as many.

    The segments of the people's bones differ from the body model's by 5 %, as people's do; with `own_bones` they are the model's.
    """
    random = np.random.default_rng(seed)
    drawn = max(count, CASE_COUNT)  # so that the first cases are the same however many are asked for
    poses = prior_poses(drawn, random) if mocap is None else held_out_poses(mocap)
    chosen = random.choice(len(poses), size=drawn, replace=len(poses) < drawn)[:count]
    cases: list[Case] = []
    for number, index in enumerate(chosen):
        bones = drawn_bones(np.random.default_rng((seed, number)))
        body = model if own_bones else with_bones(model, bones)
        cases.append(_case(body, poses[index], number, random))
    return cases


def _case(model: BodyModel, body_pose: NumpyArray, number: int, random: np.random.Generator) -> Case:
    rotations, shape = _random_body(model, body_pose, number, random)
    focal = FOCAL_LENGTHS_PX[number % len(FOCAL_LENGTHS_PX)]
    width, height = IMAGE_SIZE
    centred = vertices(model, Pose(rotations, shape, np.zeros(3)))
    share = random.uniform(0.62, 0.82)
    middle = 0.5 * (centred.max(axis=0) + centred.min(axis=0))
    depth = focal * np.ptp(centred[:, 1]) / (share * height)
    offset = np.array([random.normal(0, 0.04) * width, random.normal(0, 0.02) * height]) * depth / focal
    pose = Pose(rotations, shape, np.array([offset[0], offset[1], depth]) - middle)
    return photographed(model, pose, focal, random)


def photographed(model: BodyModel, pose: Pose, focal: float, random: np.random.Generator) -> Case:
    """Return the case of a photo of that body: the keypoints that a detector finds in it, with its errors."""
    mesh = vertices(model, pose)
    centre = np.array(IMAGE_SIZE) / 2.0
    yaw = head_yaw(model.parents, pose.rotations[None])
    placed = points(model, pose, int(landmarks.contour_row(-np.degrees(yaw))[0]))
    pixels = focal * mesh[:, :2] / mesh[:, 2:] + centre
    where = detected_keypoints(model, pose, placed, "openpose")
    seen = focal * where[:, :2] / where[:, 2:] + centre
    known = landmarks.POINT_OF_KEYPOINT >= 0
    keypoints = detected(np.nan_to_num(seen), known, float(np.ptp(pixels[:, 1])), random)
    return Case(Subject(keypoints, focal, centre), model, pose, placed, mesh)


def _random_body(
    model: BodyModel, body_pose: NumpyArray, number: int, random: np.random.Generator
) -> tuple[NumpyArray, NumpyArray]:
    yaw = random.uniform(-np.pi, np.pi) if number % 3 == 0 else random.uniform(-0.9, 0.9)
    pitch = random.uniform(-0.25, 0.15)
    rotations = np.zeros((model.joint_count, 3))
    root = matrix_from_vector(np.array([np.pi + pitch, 0, 0])) @ matrix_from_vector(np.array([0, yaw, 0]))
    rotations[joint_table.PELVIS] = vector_from_matrix(root)
    rotations[joint_table.BODY_POSE] = body_pose.reshape(21, 3)
    hand = open_hand_prior()
    for side, mean, components in (
        (joint_table.LEFT_HAND, hand.mean_left, hand.components_left),
        (joint_table.RIGHT_HAND, hand.mean_right, hand.components_right),
    ):
        coefficients = random.normal(0, _HAND_DEVIATION, _HAND_COEFFICIENTS)
        rotations[side] = (mean + coefficients @ components[:_HAND_COEFFICIENTS]).reshape(15, 3)
    rotations[joint_table.JAW, 0] = abs(random.normal(0, 0.12))
    betas = np.clip(random.normal(0, 0.8, model.beta_count), -2, 2)
    return rotations, np.concatenate([betas, random.normal(0, 0.6, model.expression_count)])


def detected(
    pixels: NumpyArray,
    known: NumpyArray,
    height_px: float,
    random: np.random.Generator,
    clarity: NumpyArray | None = None,
) -> Keypoints2D:
    """Return the true pixels (137, 2) as a detector finds them: noise that its confidence tells of, outliers, gaps.

    Keypoints that are not `known` (137,) are not found. `clarity` (137,) is a factor on confidences, 1 for points in plain sight.
    """
    deviation = np.full(len(known), _NOISE["face"])
    deviation[landmarks.BODY_KEYPOINTS] = _NOISE["body"]
    deviation[landmarks.LEFT_HAND_KEYPOINTS] = deviation[landmarks.RIGHT_HAND_KEYPOINTS] = _NOISE["hand"]
    confidence = np.clip(random.normal(0.8, 0.12, len(known)), 0.2, 1.0)
    if clarity is not None:
        confidence = confidence * clarity
    noise = random.normal(0, 1, (len(known), 2)) * (1.5 * (1.3 - confidence) * deviation * height_px)[:, None]
    table = np.concatenate([pixels + noise, confidence[:, None]], axis=1)
    body = table[landmarks.BODY_KEYPOINTS]
    outlier = random.uniform(size=len(body)) < _OUTLIER_SHARE
    body[outlier, :2] += random.normal(0, _OUTLIER_SIZE * height_px, (int(outlier.sum()), 2))
    body[outlier, 2] = _OUTLIER_CONFIDENCE
    body[random.uniform(size=len(body)) < _MISSING_SHARE] = 0
    if random.uniform() < 0.2:
        lost = landmarks.LEFT_HAND_KEYPOINTS if random.uniform() < 0.5 else landmarks.RIGHT_HAND_KEYPOINTS
        table[lost] = 0
    table[~known] = 0
    return Keypoints2D(
        table[landmarks.BODY_KEYPOINTS].copy(),
        table[landmarks.LEFT_HAND_KEYPOINTS].copy(),
        table[landmarks.RIGHT_HAND_KEYPOINTS].copy(),
        table[landmarks.FACE_KEYPOINTS].copy(),
    )
