"""Write the demo figure as an OpenPose 1.3 file, as a detector would."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import body_model, landmarks
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import Pose, points, rest_joints, vertices
from fitting_core.fitting.head_yaw import head_yaw
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from tools.render_demo_photo.figure import DemoFigure
from tools.render_demo_photo.view import POSITION, camera_from_studio, pixels

SEED = 25
# The noise of benchmarks/cases.py: share of the figure's height by which a detector errs.
_BODY_NOISE, _HAND_NOISE, _FACE_NOISE = 0.006, 0.0025, 0.0015
_PARTS = {
    "pose_keypoints_2d": landmarks.BODY_KEYPOINTS,
    "face_keypoints_2d": landmarks.FACE_KEYPOINTS,
    "hand_left_keypoints_2d": landmarks.LEFT_HAND_KEYPOINTS,
    "hand_right_keypoints_2d": landmarks.RIGHT_HAND_KEYPOINTS,
}
_RIGHT_PUPIL, _LEFT_PUPIL = 67 + 68, 67 + 69  # rows of the 137 keypoints
_PUPIL_VERTICES = 8  # the foremost ones of an eyeball, a ring about its pole


def camera_pose(figure: DemoFigure) -> Pose:
    """Return the figure's pose in the camera frame: the root is turned, and its joint is where the camera sees it."""
    rotation = camera_from_studio()
    rotations = figure.pose.rotations.copy()
    root = matrix_from_vector(rotations[joint_table.PELVIS])
    rotations[joint_table.PELVIS] = vector_from_matrix(rotation @ root)
    pelvis = rest_joints(figure.model, figure.pose.shape)[joint_table.PELVIS]
    seen = rotation @ (pelvis + figure.pose.translation - POSITION)
    return Pose(rotations, figure.pose.shape, seen - pelvis)


def true_keypoints(figure: DemoFigure) -> NumpyArray:
    """Return the pixels (137, 2) of the keypoints: body, left hand, right hand, face."""
    pose = camera_pose(figure)
    yaw = head_yaw(figure.model.parents, pose.rotations[None])
    placed = points(figure.model, pose, int(landmarks.contour_row(-np.degrees(yaw))[0]))
    where = body_model.detected_keypoints(figure.model, pose, placed, "openpose")
    mesh = vertices(figure.model, pose)
    for row, eye in ((_RIGHT_PUPIL, joint_table.RIGHT_EYE), (_LEFT_PUPIL, joint_table.LEFT_EYE)):
        where[row] = mesh[_pupil(figure, eye)].mean(axis=0)
    return pixels(where)


def _pupil(figure: DemoFigure, eye: int) -> NumpyArray:
    depth = np.where(figure.model.weights[:, eye] > 0.5, figure.rest[:, 2], -np.inf)
    return np.argsort(depth)[-_PUPIL_VERTICES:]


def detected_keypoints(figure: DemoFigure) -> NumpyArray:
    """Return pixels and confidences (137, 3) as a detector gives them: the surer, the closer to the truth."""
    random = np.random.default_rng(SEED)
    truth = true_keypoints(figure)
    height_px = float(np.ptp(pixels(vertices(figure.model, camera_pose(figure)))[:, 1]))
    deviation = np.full(len(truth), _FACE_NOISE)
    deviation[landmarks.BODY_KEYPOINTS] = _BODY_NOISE
    deviation[landmarks.LEFT_HAND_KEYPOINTS] = deviation[landmarks.RIGHT_HAND_KEYPOINTS] = _HAND_NOISE
    confidence = np.clip(random.normal(0.8, 0.12, len(truth)), 0.2, 1.0)
    noise = random.normal(0, 1, truth.shape) * (1.5 * (1.3 - confidence) * deviation * height_px)[:, None]
    return np.concatenate([truth + noise, confidence[:, None]], axis=1)


def write_keypoints(keypoints: NumpyArray, path: Path) -> None:
    """One person in OpenPose's own format (version 1.3, BODY_25)."""
    person: dict[str, list[float]] = {"person_id": [-1]}
    for key, rows in _PARTS.items():
        person[key] = [round(value, 4) for value in keypoints[rows].ravel().tolist()]
    person |= {key.replace("2d", "3d"): [] for key in _PARTS}
    path.write_text(json.dumps({"version": 1.3, "people": [person]}) + "\n", encoding="utf-8")
