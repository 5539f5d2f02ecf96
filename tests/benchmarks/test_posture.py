"""The angles by which the rendered benchmark sees that somebody crouches, on the open body in known poses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.rendered.posture import (
    head_pitch,
    hip_flexion,
    knee_flexion,
    trunk_pitch,
    trunk_yaw_between,
)
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, points
from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.model_file import load_body_model
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

UP = np.array([0.0, -1.0, 0.0])
Turn = tuple[str, int, float]  # joint, axis, degrees


def posed(*turns: Turn, root: tuple[int, float] = (0, 0.0)) -> NumpyArray:
    """Points of the open body facing the camera, joints turned about one axis each; `root` is a turn in the camera frame."""
    model = load_body_model()
    rotations = np.zeros((55, 3))
    for joint, axis, degrees in turns:
        rotations[joint_index(joint), axis] = np.radians(degrees)
    turn = np.zeros(3)
    turn[root[0]] = np.radians(root[1])
    facing = np.diag([1.0, -1.0, -1.0])
    rotations[0] = vector_from_matrix(matrix_from_vector(turn) @ facing)
    return points(
        model, Pose(rotations, np.zeros(model.shape_directions.shape[2]), np.array([0.0, 0.0, 3.0]))
    )


KNEES = ("left_knee", 0, 40.0), ("right_knee", 0, 3.0)
HIPS = ("left_hip", 0, -90.0), ("right_hip", 0, 20.0)


@pytest.mark.parametrize(
    ("angle", "turns", "wanted"),
    [
        pytest.param(knee_flexion, (), (0.0, 0.0), id="straight knees"),
        pytest.param(knee_flexion, KNEES, (40.0, 3.0), id="a bent knee"),
        pytest.param(knee_flexion, (*KNEES, *HIPS), (40.0, 3.0), id="a bent knee, whatever the hip does"),
        pytest.param(hip_flexion, HIPS, (90.0, -20.0), id="a lifted thigh, one behind"),
        pytest.param(
            hip_flexion, (*HIPS, *KNEES), (90.0, -20.0), id="a lifted thigh, whatever the knee does"
        ),
    ],
)
def test_legs(
    angle: Callable[[NumpyArray], NumpyArray], turns: tuple[Turn, ...], wanted: tuple[float, float]
) -> None:
    at_rest = angle(posed())
    assert angle(posed(*turns)) - at_rest == pytest.approx(np.array(wanted) - (0.0, 0.0), abs=0.3)
    assert np.abs(at_rest).max() < 6.0  # the neck stands a little behind the hips


@pytest.mark.parametrize("degrees", [-25.0, 0.0, 10.0])
def test_a_trunk_that_leans_to_the_camera_has_a_positive_pitch(degrees: float) -> None:
    leaning = trunk_pitch(posed(root=(0, degrees))) - trunk_pitch(posed())
    assert leaning == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("degrees", [-60.0, 15.0, 120.0])
def test_a_trunk_that_turns_to_its_left_has_a_positive_yaw(degrees: float) -> None:
    # The person's left is the picture's right: to turn there from facing the camera is a negative turn about y (down).
    turned, straight = posed(root=(1, -degrees)), posed()
    assert trunk_yaw_between(turned, straight) == pytest.approx(degrees, abs=0.5)
    assert trunk_yaw_between(straight, straight) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("joint", "degrees"), [("head", -20.0), ("neck", 15.0)])
def test_a_face_that_looks_up_has_a_positive_pitch(joint: str, degrees: float) -> None:
    # A positive turn about x, the body's left, nods.
    lifted = head_pitch(posed((joint, 0, degrees)), UP) - head_pitch(posed(), UP)
    assert lifted == pytest.approx(-degrees, abs=0.2)
