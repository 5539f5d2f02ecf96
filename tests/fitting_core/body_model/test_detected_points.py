"""The points that detectors mean by the body keypoints: known places, and the same place in the mesh's and in the fit's form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fitting_core.arrays import numpy_double
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import Pose, detected_keypoints, points
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian, pose_points
from fitting_core.keypoints.detector_habits import DETECTORS, HABITS, DetectorName
from fitting_core.keypoints.layouts import BODY_25

_MODEL = load_body_model()
_PERMILLE = float(np.ptp(_MODEL.v_template[:, 1])) / 1000.0
_SHAPES = _MODEL.beta_count + _MODEL.expression_count


def _at_rest(detector: DetectorName) -> Callable[[str], np.ndarray]:
    """Look up what a detector means by a keypoint of the body at rest."""
    pose = Pose(np.zeros((55, 3)), np.zeros(_SHAPES), np.zeros(3))
    where = detected_keypoints(_MODEL, pose, points(_MODEL, pose), detector)
    return lambda name: where[BODY_25.index(name)]


def _joint(name: str) -> np.ndarray:
    return _MODEL.joints_template[_MODEL.joint_names.index(name)]


@pytest.mark.parametrize("side", ["left", "right"])
def test_hips_stand_farther_out_than_the_joints(side: str) -> None:
    off = (_at_rest("openpose")(f"{side}_hip") - _joint(f"{side}_hip")) / _PERMILLE
    np.testing.assert_allclose(off, [20.0 if side == "left" else -20.0, 0.0, 0.0], atol=1e-9)


def test_the_neck_is_the_middle_of_the_shoulders() -> None:
    middle = 0.5 * (_joint("left_shoulder") + _joint("right_shoulder"))
    np.testing.assert_allclose(_at_rest("openpose")("neck"), middle, atol=1e-9)
    off = (_at_rest("eyes")("neck") - middle) / _PERMILLE
    np.testing.assert_allclose(off, [0.0, HABITS["eyes"].of("neck").up, 0.0], atol=1e-9)


def test_offsets_turn_with_their_carrier() -> None:
    rotations = np.zeros((55, 3))
    rotations[0] = [0.0, np.pi / 2, 0.0]  # the body's left is turned to its back
    pose = Pose(rotations, np.zeros(_SHAPES), np.zeros(3))
    placed = points(_MODEL, pose)
    where = detected_keypoints(_MODEL, pose, placed, "openpose")
    off = (where[BODY_25.index("left_hip")] - placed[_MODEL.joint_names.index("left_hip")]) / _PERMILLE
    np.testing.assert_allclose(off, [0.0, 0.0, -20.0], atol=1e-9)


def _posed(
    detector: DetectorName, rotations: np.ndarray, shape: np.ndarray, place: np.ndarray
) -> PosedPoints:
    chosen = landmarks.first_detected_point(detector) + np.arange(len(BODY_25.names))
    body = reduced_body(
        point_model(_MODEL), chosen, np.zeros(1, dtype=np.int64), numpy_double(), np.ones(55, dtype=bool)
    )
    return pose_points(body, rotations, shape, place, slice(0, _SHAPES))


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_fit_poses_what_the_mesh_has(detector: DetectorName) -> None:
    chance = np.random.default_rng(5)
    rotations, shape = chance.normal(0, 0.4, (2, 55, 3)), chance.normal(0, 0.7, (2, _SHAPES))
    place = np.array([[0.1, 0.2, 3.0], [0.0, -0.1, 4.0]])
    posed = _posed(detector, rotations, shape, place).points
    for element in range(2):
        pose = Pose(rotations[element], shape[element], place[element])
        expected = detected_keypoints(_MODEL, pose, points(_MODEL, pose), detector)[:25]
        np.testing.assert_allclose(posed[element], expected, atol=1e-6)


@pytest.mark.parametrize("detector", DETECTORS)
def test_their_derivatives_are_right(detector: DetectorName) -> None:
    chance = np.random.default_rng(6)
    rotations, shape = chance.normal(0, 0.4, (1, 55, 3)), chance.normal(0, 0.7, (1, _SHAPES))
    place = np.array([[0.1, 0.2, 3.0]])
    posed = _posed(detector, rotations, shape, place)
    rows = np.broadcast_to(np.array([[0.3, -0.5, 0.8], [0.9, 0.2, -0.1]])[None, :, None], (1, 2, 25, 3))
    found = point_jacobian(posed, rows)[0]
    step = 1e-6
    for column, joint, axis in ((3, 0, 0), (3 + 3 * 9 + 1, 9, 1), (3 + 3 * 16 + 2, 16, 2), (3 + 3 * 4, 4, 0)):
        moved = rotations.copy()
        moved[0, joint, axis] += step
        change = (_posed(detector, moved, shape, place).points - posed.points) / step
        expected = np.einsum("kpx,px->kp", rows[0], change[0]).reshape(-1)
        np.testing.assert_allclose(found[:, column], expected, atol=1e-5)
