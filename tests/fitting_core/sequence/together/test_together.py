"""Photos that are fitted together: one moment from three sides, one person in three poses; the truth is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.cases import Case, photographed
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.body_model import Pose, rest_joints
from fitting_core.body_model.joints import PELVIS
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.stages import Stage
from fitting_core.geometry.rotations import compose_vectors, matrix_from_vector
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from fitting_core.sequence.motion.frame_costs import frame_costs
from fitting_core.sequence.together import given_cameras
from fitting_core.sequence.together.given_cameras import with_given_cameras
from fitting_core.sequence.together.same_moment import (
    counted_once,
    first_from_cameras,
    last_stages,
    with_one_pose,
)
from fitting_core.sequence.together.same_person import whole_parameters, with_one_shape
from tests.photos import synthetic_case

SIDES = (0.0, 65.0, -80.0)  # degrees about the upright axis through the pelvis


@cache
def moment() -> tuple[Case, ...]:
    """One body as three cameras see it that stand around it at the same distance."""
    case = synthetic_case(2)
    pelvis = rest_joints(case.body, case.truth.shape)[PELVIS] + case.truth.translation
    seen: list[Case] = []
    for number, side in enumerate(SIDES):
        turn = np.array([0.0, np.radians(side), 0.0])
        rotations = case.truth.rotations.copy()
        rotations[PELVIS] = compose_vectors(turn, rotations[PELVIS])
        posed = Pose(rotations, case.truth.shape, case.truth.translation)
        seen.append(photographed(case.body, posed, case.subject.focal_px, np.random.default_rng(number)))
    assert pelvis[2] > 1.0
    return tuple(seen)


@cache
def one_by_one() -> BatchFit:
    return fit_batch(fit_setup(), [case.subject for case in moment()], numpy_double())


def errors_mm(cases: tuple[Case, ...], x: NumpyArray) -> NumpyArray:
    """Mean distance of the body's points from the true ones in every photo, the pelvis on the pelvis."""
    setup = fit_setup()
    found: list[float] = []
    for case, row in zip(cases, x, strict=True):
        person = fitted_person(setup.points.model, setup.layout, case.subject, row, 0.0)
        mine, true = (points[:22] - points[0] for points in (person.points, case.points))
        found.append(1000.0 * float(np.linalg.norm(mine - true, axis=1).mean()))
    return np.array(found)


def test_one_moment_has_one_pose_that_is_truer() -> None:
    setup = fit_setup()
    alone = one_by_one()
    found = with_one_pose(setup, [case.subject for case in moment()], alone.x)
    common = np.ones(setup.layout.size, dtype=bool)
    common[:6] = False  # place and turn before the camera
    np.testing.assert_array_equal(found.x[:, common], np.repeat(found.x[:1, common], len(SIDES), axis=0))
    assert errors_mm(moment(), found.x).mean() < 0.7 * errors_mm(moment(), alone.x[:, 0]).mean()


def test_cameras_of_one_moment_are_found() -> None:
    setup = fit_setup()
    found = with_one_pose(setup, [case.subject for case in moment()], one_by_one().x)
    cameras = first_from_cameras(setup, found.x)
    np.testing.assert_allclose(cameras[0], np.eye(4), atol=1e-9)
    for camera, side in zip(cameras, SIDES, strict=True):
        true = matrix_from_vector(np.array([0.0, np.radians(-side), 0.0]))
        apart = np.degrees(np.arccos(np.clip((np.trace(camera[:3, :3] @ true.T) - 1.0) / 2.0, -1.0, 1.0)))
        assert apart < 6.0


def world_from_cameras() -> NumpyArray:
    """The places of the cameras of `moment`, in a world that is none of theirs."""
    case = synthetic_case(2)
    pelvis = rest_joints(case.body, case.truth.shape)[PELVIS] + case.truth.translation
    world = np.eye(4)
    world[:3, :3], world[:3, 3] = matrix_from_vector(np.array([1.2, 0.3, -0.5])), [3.0, -2.0, 1.0]
    found: list[NumpyArray] = []
    for side in SIDES:
        camera = np.eye(4)
        camera[:3, :3] = matrix_from_vector(np.array([0.0, -np.radians(side), 0.0]))
        camera[:3, 3] = pelvis - camera[:3, :3] @ pelvis
        found.append(world @ camera)
    return np.stack(found)


def test_cameras_that_are_given_stay() -> None:
    """The body is before every camera as before the first one, moved as the cameras say, and where it truly stands."""
    setup, given = fit_setup(), world_from_cameras()
    found = with_given_cameras(setup, [case.subject for case in moment()], one_by_one().x, given)
    cameras = first_from_cameras(setup, found.x)
    np.testing.assert_allclose(cameras, np.linalg.inv(given[0]) @ given, atol=1e-6)
    np.testing.assert_array_equal(found.x[:, 6:], np.repeat(found.x[:1, 6:], len(SIDES), axis=0))
    assert errors_mm(moment(), found.x).mean() < 0.7 * errors_mm(moment(), one_by_one().x[:, 0]).mean()
    for case, row in zip(moment(), found.x, strict=True):
        mine = fitted_person(setup.points.model, setup.layout, case.subject, row, 0.0).points[:22]
        assert 1000.0 * np.linalg.norm(mine - case.points[:22], axis=1).mean() < 25.0


def test_the_slope_over_common_steps() -> None:
    """Against central differences of the cost of all photos, from a body that is not at the least."""
    setup, x = fit_setup(), one_by_one().x[:, 0]
    cameras = given_cameras._Cameras(setup, np.linalg.inv(world_from_cameras()) @ world_from_cameras()[0])
    rows = cameras.rows(x[0])
    stage = counted_once(last_stages(setup)[0], len(rows))
    subjects = [case.subject for case in moment()]
    photos = frame_costs(setup, subjects, stage, rows, numpy_double(), whole_parameters(setup, stage))
    problem = given_cameras._InTheWorld(photos, cameras)
    gradient = problem.quadratic(rows).gradient.sum(axis=0)
    for number in [*range(6), len(gradient) - 1, len(gradient) - 5]:
        step = np.zeros((len(rows), len(gradient)))
        step[:, number] = 1e-5
        ends = [problem.quadratic(problem.retract(rows, sign * step)).cost.sum() for sign in (1.0, -1.0)]
        slope = (ends[0] - ends[1]) / 2e-5
        assert gradient[number] == pytest.approx(slope, rel=2e-3, abs=1e-3 * np.abs(gradient).max()), number


def test_transforms_carry_one_body_onto_the_other() -> None:
    """Points of the body before any camera, brought into the first one's frame, are those before that."""
    setup = fit_setup()
    x = np.repeat(one_by_one().x[:1, 0], 2, axis=0)
    x[1, :3] += [0.3, -0.1, 1.0]
    x[1, 3:6] = compose_vectors(np.array([0.2, 0.9, -0.3]), x[1, 3:6])
    first, second = (
        fitted_person(setup.points.model, setup.layout, moment()[0].subject, row, 0.0).points[:22]
        for row in x
    )
    transform = first_from_cameras(setup, x)[1]
    np.testing.assert_allclose(second @ transform[:3, :3].T + transform[:3, 3], first, atol=1e-6)


def test_one_person_has_one_shape_in_every_pose() -> None:
    setup = fit_setup()
    random = np.random.default_rng(4)
    shape = synthetic_case(0).truth.shape
    cases: list[Case] = []
    for number in range(3):
        case = synthetic_case(number)
        posed = Pose(case.truth.rotations, shape, case.truth.translation)
        cases.append(photographed(synthetic_case(0).body, posed, case.subject.focal_px, random))
    subjects = [case.subject for case in cases]
    alone = fit_batch(setup, subjects, numpy_double()).x[:, 0]
    x = with_one_shape(setup, subjects, alone)
    betas = setup.layout.betas()
    np.testing.assert_array_equal(x[:, betas], np.repeat(x[:1, betas], 3, axis=0))
    assert np.ptp(x[:, : setup.layout.first_shape], axis=0).max() > 0.5  # poses are their own
    assert errors_mm(tuple(cases), x).mean() < errors_mm(tuple(cases), alone).mean() + 5.0


def test_priors_count_once() -> None:
    """The same photo twice: together its priors cost what they cost once, and its keypoints twice as much."""
    setup, subject, row = fit_setup(), moment()[0].subject, one_by_one().x[:1, 0]
    last = setup.stages[-1]

    def costs(stage: Stage, photos: int) -> dict[str, float]:
        x = np.repeat(row, photos, axis=0)
        problem = frame_costs(
            setup, [subject] * photos, stage, x, numpy_double(), whole_parameters(setup, stage)
        )
        return {name: float(cost.sum()) for name, cost in problem.costs(x).items()}

    once, twice = costs(last, 1), costs(counted_once(last, 2), 2)
    assert twice.pop("keypoints") == pytest.approx(2.0 * once.pop("keypoints"))
    assert twice == pytest.approx(once, rel=1e-3, abs=1e-9) and sum(once.values()) > 1.0
