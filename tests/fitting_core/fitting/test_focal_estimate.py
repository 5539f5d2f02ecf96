"""The focal length from the perspective of the people in a photo."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from benchmarks.cases import Case
from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.body_model import Pose, detected_keypoints, points
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.focal_estimate import (
    ASSUMED_DEVIATION,
    KNOWN_DEVIATION,
    FocalEstimate,
    at_focal,
    estimate_focal,
    refit_at,
    scaled_depth,
)
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.pipeline.setups import fit_setup
from tests.photos import synthetic_case

_MAKE = ArrayMaker(xp, xp.float64)
_GUESS_PX = 972.0


@pytest.fixture(scope="module")
def setup() -> FitSetup:
    return fit_setup()


def _far_away(case: Case, times: float) -> Subject:
    """The same person so many times as far away, through a lens as many times as long: the perspective goes."""
    subject = case.subject
    depth = case.truth.translation * np.array([1.0, 1.0, times])
    model, pose = fit_setup().points.model, Pose(case.truth.rotations, case.truth.shape, depth)
    meant = detected_keypoints(model, pose, points(model, pose), subject.keypoints.detector)
    table = subject.keypoints.stacked()
    seen = (model.points_of_keypoints >= 0) & (table[:, 2] > 0)
    where = meant[seen]
    table[seen, :2] = subject.focal_px * times * where[:, :2] / where[:, 2:] + subject.principal_point
    return replace(
        subject,
        focal_px=subject.focal_px * times,
        keypoints=Keypoints2D(table[:25], table[25:46], table[46:67], table[67:]),
    )


def _estimated(setup: FitSetup, subjects: list[Subject], deviation: float) -> FocalEstimate:
    return estimate_focal(setup, subjects, fit_batch(setup, subjects, _MAKE), deviation, _MAKE)


@pytest.mark.parametrize("number", [1, 5], ids=["1600 px", "2600 px"])
def test_a_wrong_guess_is_corrected(number: int, setup: FitSetup) -> None:
    case = synthetic_case(number)
    found = _estimated(setup, at_focal([case.subject], _GUESS_PX), ASSUMED_DEVIATION)
    assert found.tells
    wrong = abs(np.log(_GUESS_PX / case.subject.focal_px))
    off = abs(np.log(found.px / case.subject.focal_px))
    assert off < 0.6 * wrong
    assert off < 2.5 * found.deviation
    assert found.costs.min() == 0.0


def test_two_people_tell_more_than_one(setup: FitSetup) -> None:
    subjects = at_focal([synthetic_case(4).subject, synthetic_case(5).subject], _GUESS_PX)
    both = _estimated(setup, subjects, ASSUMED_DEVIATION)
    alone = [_estimated(setup, [subject], ASSUMED_DEVIATION) for subject in subjects]
    assert both.deviation < min(one.deviation for one in alone)


def test_a_telephoto_lens_tells_nothing(setup: FitSetup) -> None:
    subject = _far_away(synthetic_case(1), 30.0)
    found = _estimated(setup, [subject], KNOWN_DEVIATION)
    assert not found.tells
    assert found.deviation == pytest.approx(KNOWN_DEVIATION, rel=0.2)


def test_scaled_depth_keeps_the_pelvis_in_the_picture(setup: FitSetup) -> None:
    case = synthetic_case(1)
    row = np.concatenate([case.truth.translation, case.truth.rotations.reshape(-1), case.truth.shape])[None]
    further = scaled_depth(setup, row, 2.5)[0]
    model, layout = setup.points.model, setup.layout
    before, after = (
        points(
            model, Pose(layout.rotations(x)[0], layout.shape_coefficients(x)[0], layout.translation(x)[0])
        )[0]
        for x in (row, further[None])
    )
    assert after[2] == pytest.approx(2.5 * before[2])
    np.testing.assert_allclose(after[:2], before[:2])


def test_a_refit_keeps_every_solution(setup: FitSetup) -> None:
    subjects = at_focal([synthetic_case(1).subject], _GUESS_PX)
    fit = fit_batch(setup, subjects, _MAKE)
    again = refit_at(setup, subjects, fit, 1600.0, _MAKE)
    assert again.x.shape == fit.x.shape
    assert again.loss[0, 0] < fit.loss[0, 0]
    assert again.x[0, 0, 2] > 1.3 * fit.x[0, 0, 2]
