"""Synthetic clips with known motion: held-out motion capture before a still camera, as OpenPose keypoints with noise.

The recordings have ten poses a second and no places: poses are splined to thirty a second, and the root moves such that the
lowest foot stands on the floor. A detector's noise is that of `cases.py`, anew in every frame, and as much again that drifts.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline  # pyright: ignore[reportMissingTypeStubs]

from benchmarks.bones import drawn_bones, with_bones
from benchmarks.cases import HELD_OUT_SHARE, IMAGE_SIZE, detected
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel, Pose, detected_keypoints, points
from fitting_core.fitting.head_yaw import head_yaw
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector, nearest_rotation, vector_from_matrix

FPS = 30.0
_RECORDED_FPS = 10.0
_FOCAL_PX = 1600.0
_SHARE_OF_HEIGHT = 0.6  # of the picture that the figure takes where it is nearest
FEET = (60, 62, 63, 65)  # big toes and heels among the 144 points
_SUPPORT_M = 0.012  # heights above the lowest foot point that still bear
_DRIFT_MEMORY = 0.9  # of the drifting noise from a frame to the next
_DRIFT_SHARE = 0.006  # of the figure's height


@dataclass(frozen=True, eq=False)
class MovingCase:
    """One clip: a subject a frame, and where the true body has what the detector means by the keypoints.

    `meant` (N, 137, 3) lies in the camera's frame, metres; `body` is the true body, posed by `poses`.
    """

    name: str
    subjects: tuple[Subject, ...]
    meant: NumpyArray
    body: BodyModel
    poses: tuple[Pose, ...]


def make_clips(model: BodyModel, mocap: Path, count: int, frames: int, seed: int = 2026) -> list[MovingCase]:
    """Return clips of as many frames from different held-out recordings, the same for everyone who asks for as many."""
    recordings = held_out(mocap, int(np.ceil(frames / FPS * _RECORDED_FPS)) + 1)
    chosen = np.random.default_rng(seed).permutation(len(recordings))[:count]
    return [
        _clip(model, recordings[int(index)], frames, np.random.default_rng((seed, int(index))))
        for index in chosen
    ]


def held_out(mocap: Path, least: int) -> list[tuple[str, NumpyArray]]:
    """Return name and poses (N, 22, 3) of the held-out recordings of at least so many poses, ten a second."""
    with np.load(mocap / "cmu_body_poses.npz", allow_pickle=False) as data:
        poses, clips = data["poses"].astype(np.float64), data["clip"]
    names: list[str] = sorted({str(name) for name in clips})
    held_out = [name for name in names if zlib.crc32(name.encode()) % HELD_OUT_SHARE == 0]
    long = [(name, poses[clips == name]) for name in held_out]
    return [(name, recorded) for name, recorded in long if len(recorded) >= least]


def _clip(
    model: BodyModel, recording: tuple[str, NumpyArray], frames: int, random: np.random.Generator
) -> MovingCase:
    name, recorded = recording
    body = with_bones(model, drawn_bones(random))
    rotations = turns_of(body, splined(recorded, frames), random)
    betas = np.clip(random.normal(0, 0.8, model.beta_count), -2, 2)
    shape = np.concatenate([betas, random.normal(0, 0.4, model.expression_count)])
    still = np.stack([points(body, Pose(turns, shape, np.zeros(3)), 0) for turns in rotations])
    moved = on_floor(still[:, FEET])
    turn, place = _camera(still + moved[:, None], random)
    poses = [
        _before(body, turns, shape, move, turn, place) for turns, move in zip(rotations, moved, strict=True)
    ]
    return _filmed(name, body, poses, random)


def splined(recorded: NumpyArray, frames: int) -> NumpyArray:
    """Return rotation vectors (frames, 22, 3) at thirty a second, through matrices, so that no turn is taken the long way."""
    times = np.arange(len(recorded)) / _RECORDED_FPS
    matrices = CubicSpline(times, matrix_from_vector(recorded))(np.arange(frames) / FPS)
    return vector_from_matrix(nearest_rotation(matrices))


def turns_of(body: BodyModel, motion: NumpyArray, random: np.random.Generator) -> NumpyArray:
    """Return the rotation vectors (frames, joints, 3) of a body that moves so, its fingers between two drawn poses."""
    hand = open_hand_prior()
    rotations = np.zeros((len(motion), body.joint_count, 3))
    rotations[:, :22] = motion
    for side, mean, components in (
        (joint_table.LEFT_HAND, hand.mean_left, hand.components_left),
        (joint_table.RIGHT_HAND, hand.mean_right, hand.components_right),
    ):
        ends = random.normal(0, 0.5, (2, 12))
        share = np.linspace(0, 1, len(motion))[:, None]
        rotations[:, side] = (mean + ((1 - share) * ends[0] + share * ends[1]) @ components[:12]).reshape(
            -1, 15, 3
        )
    return rotations


def on_floor(feet: NumpyArray) -> NumpyArray:
    """Return how far the root moves (frames, 3), y up, such that the lowest foot points neither slide nor leave the floor."""
    lowest = feet[:, :, 1].min(axis=1)
    bears = np.exp(-(feet[:, :, 1] - lowest[:, None]) / _SUPPORT_M)
    bears /= bears.sum(axis=1, keepdims=True)
    both = 0.5 * (bears[1:] + bears[:-1])
    steps = -(both[..., None] * np.diff(feet, axis=0)).sum(axis=1)
    moved = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    moved[:, 1] = -lowest
    return moved


def _camera(placed: NumpyArray, random: np.random.Generator) -> tuple[NumpyArray, NumpyArray]:
    """Return a camera's turn and place such that the whole motion is in the picture."""
    yaw, pitch = random.uniform(-np.pi, np.pi), random.uniform(-0.2, 0.1)
    turn = matrix_from_vector(np.array([np.pi + pitch, 0, 0])) @ matrix_from_vector(np.array([0, yaw, 0]))
    seen = (placed[:, :127] @ turn.T).reshape(-1, 3)
    low, high = seen.min(axis=0), seen.max(axis=0)
    width, height = IMAGE_SIZE
    depth = _FOCAL_PX * max((high - low)[1] / (_SHARE_OF_HEIGHT * height), (high - low)[0] / (0.8 * width))
    middle = 0.5 * (low + high)
    return turn, np.array([-middle[0], -middle[1], depth - low[2]])


def _before(
    body: BodyModel,
    turns: NumpyArray,
    shape: NumpyArray,
    move: NumpyArray,
    turn: NumpyArray,
    place: NumpyArray,
) -> Pose:
    """Return a pose in the camera's frame: the pelvis goes to C (J + t) + c."""
    pelvis = body.joints_template[0] + body.joint_directions[0] @ shape
    seen = turns.copy()
    seen[0] = vector_from_matrix(turn @ matrix_from_vector(turns[0]))
    return Pose(seen, shape, turn @ (pelvis + move) + place - pelvis)


def _filmed(name: str, body: BodyModel, poses: Sequence[Pose], random: np.random.Generator) -> MovingCase:
    centre, known = np.array(IMAGE_SIZE) / 2.0, landmarks.POINT_OF_KEYPOINT >= 0
    drift = np.zeros((len(known), 2))
    subjects: list[Subject] = []
    truth: list[NumpyArray] = []
    for pose in poses:
        yaw = head_yaw(body.parents, pose.rotations[None])
        placed = points(body, pose, int(landmarks.contour_row(-np.degrees(yaw))[0]))
        meant = detected_keypoints(body, pose, placed, "openpose")
        pixels = np.nan_to_num(_FOCAL_PX * meant[:, :2] / meant[:, 2:] + centre)
        height = float(np.ptp(_FOCAL_PX * placed[:, 1] / placed[:, 2]))
        fresh = random.normal(0, 1, drift.shape)
        drift = _DRIFT_MEMORY * drift + np.sqrt(1 - _DRIFT_MEMORY**2) * fresh
        size = np.where(
            np.arange(len(known)) < landmarks.BODY_KEYPOINTS.stop, _DRIFT_SHARE, 0.25 * _DRIFT_SHARE
        )
        found = detected(pixels + drift * (size * height)[:, None], known, height, random)
        subjects.append(Subject(found, _FOCAL_PX, centre, None, float(IMAGE_SIZE[1])))
        truth.append(meant)
    return MovingCase(name, tuple(subjects), np.stack(truth), body, tuple(poses))
