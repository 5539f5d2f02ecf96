"""Eyes from pupils: known gazes seen by a camera come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import Case
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, points
from fitting_core.body_model.model_file import load_body_model
from fitting_core.fitting.gaze import (
    LARGEST_CONVERGENCE_DEG,
    LARGEST_PITCH_DEG,
    LARGEST_YAW_DEG,
    Eye,
    angles_of,
    direction,
    posed_eyes,
    rotation_vector,
    with_gaze,
)
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import FACE_NAMES
from tests import cut_bodies
from tests.photos import synthetic_case

_MODEL = load_body_model()
_LAYOUT = ParameterLayout(_MODEL.joint_count, _MODEL.beta_count, _MODEL.expression_count)
_PUPILS = {"left": FACE_NAMES.index("left_pupil"), "right": FACE_NAMES.index("right_pupil")}


@pytest.fixture(scope="module")
def case() -> Case:
    """Somebody who faces the camera."""
    return synthetic_case(1)


def _row(case: Case) -> NumpyArray:
    return np.concatenate([case.truth.translation, case.truth.rotations.reshape(-1), case.truth.shape])


def _with_pupils(
    case: Case, angles_deg: dict[str, tuple[float, float]], confidence: float = 0.9, moved_px: float = 0.0
) -> Subject:
    """The case with the pupils of eyes of this yaw and pitch; the whole face moved sideways by so many pixels."""
    eyes = dict(zip(("left", "right"), posed_eyes(_MODEL, _LAYOUT, _row(case)), strict=True))
    subject = case.subject
    true = Pose(case.truth.rotations, case.truth.shape, case.truth.translation)
    lids = points(_MODEL, true)[_MODEL.points_of_keypoints[67 + 36 : 67 + 48]]
    face = subject.keypoints.face.copy()
    face[36:48, :2] = _pixels(subject, lids)
    for side, angles in angles_deg.items():
        face[_PUPILS[side]] = [*_pixels(subject, eyes[side].pupil(np.radians(angles))[None])[0], confidence]
    face[:, 0] += moved_px
    seen = subject.keypoints
    return replace(subject, keypoints=Keypoints2D(seen.body, seen.left_hand, seen.right_hand, face))


def _pixels(subject: Subject, at: NumpyArray) -> NumpyArray:
    return subject.focal_px * at[:, :2] / at[:, 2:] + subject.principal_point


def _found(case: Case, subject: Subject) -> NumpyArray:
    """Yaw and pitch in degrees of the left and the right eye."""
    turned = with_gaze(_MODEL, _LAYOUT, subject, _row(case), case.points)
    assert _MODEL.groups.eyes is not None
    vectors = turned[_LAYOUT.joints(_MODEL.groups.eyes)].reshape(2, 3)
    return np.degrees([angles_of(matrix_from_vector(vector)[:, 2]) for vector in vectors])


_GAZES = {
    "ahead": ((0, 0), (0, 0)),
    "to the left": ((20, 0), (20, 0)),
    "up and right": ((-15, 12), (-15, 12)),
    "converging on something near": ((-6, -10), (6, -10)),
}


@pytest.mark.parametrize("name", _GAZES)
@pytest.mark.parametrize("moved_px", [0.0, 4.0], ids=["face where it is", "face missed by 4 px"])
def test_known_gazes_come_back(name: str, moved_px: float, case: Case) -> None:
    left, right = _GAZES[name]
    found = _found(case, _with_pupils(case, {"left": left, "right": right}, moved_px=moved_px))
    np.testing.assert_allclose(found, [left, right], atol=0.7 if moved_px else 1e-6)


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_pupil_turns_both_eyes(side: str, case: Case) -> None:
    found = _found(case, _with_pupils(case, {side: (12.0, -8.0)}))
    np.testing.assert_allclose(found, [[12, -8], [12, -8]], atol=1e-6)


def test_eyes_do_not_look_apart_nor_cross(case: Case) -> None:
    apart = _found(case, _with_pupils(case, {"left": (15, 0), "right": (-15, 0)}))
    np.testing.assert_allclose(apart, 0.0, atol=1e-6)
    crossed = _found(case, _with_pupils(case, {"left": (-25, 5), "right": (25, 15)}))
    np.testing.assert_allclose(crossed[:, 1], 10.0, atol=1e-6)
    assert crossed[1, 0] - crossed[0, 0] == pytest.approx(LARGEST_CONVERGENCE_DEG)


def test_eyes_stop_at_their_limits(case: Case) -> None:
    found = _found(case, _with_pupils(case, {"left": (-42, 0), "right": (-42, 0)}))
    np.testing.assert_allclose(found[:, 0], -LARGEST_YAW_DEG)
    found = _found(case, _with_pupils(case, {"left": (0, -35), "right": (0, -35)}))
    np.testing.assert_allclose(found[:, 1], -LARGEST_PITCH_DEG)


@pytest.mark.parametrize("confidence", [0.0, 0.1])
def test_without_pupils_the_eyes_rest(confidence: float, case: Case) -> None:
    subject = _with_pupils(case, {"left": (20, 5), "right": (20, 5)}, confidence)
    before = _row(case)
    assert _MODEL.groups.eyes is not None
    before[_LAYOUT.joints(_MODEL.groups.eyes)] = 0.3  # as an earlier result may have them
    after = with_gaze(_MODEL, _LAYOUT, subject, before, case.points)
    assert not after[_LAYOUT.joints(_MODEL.groups.eyes)].any()
    assert before[_LAYOUT.joints(_MODEL.groups.eyes)].all(), "the solution given was changed"


def test_a_body_without_eyes_stays_as_it_is(case: Case, tmp_path: Path) -> None:
    model = load_body_model(str(cut_bodies.write(tmp_path / "SMPL_NEUTRAL.npz", "smpl")))
    layout = ParameterLayout(model.joint_count, model.beta_count, model.expression_count)
    row = np.random.default_rng(0).normal(0, 0.1, layout.size)
    subject = _with_pupils(case, {"left": (20, 5)})
    np.testing.assert_array_equal(with_gaze(model, layout, subject, row, case.points), row)


def test_a_ray_past_the_eyeball_ends_at_its_rim() -> None:
    eye = Eye(np.array([0.0, 0.0, 2.0]), np.diag([-1.0, -1.0, 1.0]) @ np.diag([1.0, 1.0, -1.0]), 0.012)
    angles = eye.angles_towards(np.array([0.5, 0.0, 2.0]))
    assert abs(np.degrees(angles[0])) == pytest.approx(90.0, abs=15.0)
    np.testing.assert_allclose(
        matrix_from_vector(rotation_vector(angles))[:, 2], direction(angles), atol=1e-12
    )
