"""The true points that the eyes are held against, on the open body as it stands before the camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.mediapipe_program import PARTS
from benchmarks.rendered.cache import Truth
from benchmarks.rendered.seen_points import part_errors, true_pixels
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, points
from fitting_core.body_model.model_file import load_body_model
from fitting_core.eyes.openpose_points import BODY_POINTS, FACE_POINTS
from fitting_core.geometry.rotations import vector_from_matrix
from fitting_core.keypoints.detector_habits import HABITS

FOCAL_PX, DEPTH_M, HEIGHT_M = 500.0, 4.0, 1.7
SIZE = (400, 600)


@pytest.fixture(scope="module")
def truth() -> Truth:
    """The open body with its arms spread, facing the camera, its pelvis in the middle of the picture."""
    model = load_body_model()
    rotations = np.zeros((55, 3))
    rotations[0] = vector_from_matrix(np.diag([1.0, -1.0, -1.0]))
    placed = points(model, Pose(rotations, np.zeros(model.shape_directions.shape[2]), np.zeros(3)))
    placed = placed - placed[0] + np.array([0.0, 0.0, DEPTH_M])
    return Truth(
        photo=Path("case.jpg"), points_file=Path("case.json"), kind="", person="", points=placed, vertices=placed,
        up=np.array([0.0, -1.0, 0.0]), focal_px=FOCAL_PX, lens_mm=0.0, from_above=False, height_m=HEIGHT_M, weight_kg=0.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def true(truth: Truth) -> dict[str, NumpyArray]:
    return true_pixels(truth, SIZE)


def seen_at(true: dict[str, NumpyArray], moved: tuple[float, float]) -> dict[str, NumpyArray]:
    """The points of a program that sees the true ones, `moved` px off."""
    body, face = np.zeros((33, 2)), np.zeros((468, 2))
    body[list(BODY_POINTS.values())], face[list(FACE_POINTS)] = true["body"], true["face"]
    seen = {"body": body, "face": face, "left_hand": true["left_hand"], "right_hand": true["right_hand"]}
    return {part: points + np.array(moved) for part, points in seen.items()}


def test_hips_lie_where_the_eyes_mean_them(truth: Truth, true: dict[str, NumpyArray]) -> None:
    habit = HABITS["eyes"].of("left_hip")
    joint = truth.points[1]  # left hip: to the right of the picture on somebody who faces the camera
    depth = joint[2] - 0.001 * HEIGHT_M * habit.forward
    outward, upward = 0.001 * HEIGHT_M * np.array([habit.out, habit.up]) * FOCAL_PX / depth
    plain = FOCAL_PX * joint[:2] / depth + np.array(SIZE) / 2.0
    found = true["body"][list(BODY_POINTS).index("left_hip")]
    assert found == pytest.approx(plain + np.array([outward, -upward]), abs=0.5)


@pytest.mark.parametrize(
    ("moved", "error"), [((0.0, 0.0), 0.0), ((3.0, -4.0), 5.0)], ids=["exact", "5 px off"]
)
def test_an_error_is_the_mean_distance(
    true: dict[str, NumpyArray], moved: tuple[float, float], error: float
) -> None:
    errors = part_errors(seen_at(true, moved), true)
    assert errors == pytest.approx(dict.fromkeys(PARTS, error))


def test_somebody_else_counts_for_nothing(true: dict[str, NumpyArray]) -> None:
    assert part_errors(seen_at(true, (0.0, 300.0)), true) == {}


def test_points_beyond_the_photo_are_left_out(truth: Truth) -> None:
    narrow = true_pixels(truth, (100, 600))
    arms = [list(BODY_POINTS).index(f"{side}_wrist") for side in ("left", "right")]
    assert np.isnan(narrow["body"][arms]).all() and np.isfinite(narrow["face"]).all()
    assert set(part_errors(seen_at(narrow, (1.0, 0.0)), narrow)) == {"body", "face"}
