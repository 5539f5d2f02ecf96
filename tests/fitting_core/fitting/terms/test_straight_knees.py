"""The habit of straight knees: its cost by flexion, the stages that know it, and what it is worth to people who stand."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from benchmarks.bones import drawn_bones, with_bones
from benchmarks.cases import Case, photographed
from benchmarks.rendered.poses import plain_pose
from benchmarks.rendered.posture import knee_flexion
from fitting_core.arguments.request import ObjectiveRequest
from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.body_model import BodyModel, Pose
from fitting_core.body_model.joints import joint_index
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.presets import PresetName
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.stages import STRAIGHT_KNEE_DEVIATION, STRAIGHT_KNEE_WIDTH
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from tests.photos import synthetic_case

MAKE = ArrayMaker(xp, xp.float64)
_NAME = "straight knees"
_MOST = 0.5 * (STRAIGHT_KNEE_WIDTH / STRAIGHT_KNEE_DEVIATION) ** 2  # nats a knee


def cost_of(left: float, right: float) -> float:
    """Nats of the term for two flexions, degrees."""
    setup, subject = fit_setup(), synthetic_case(0).subject
    x = np.zeros((1, setup.layout.size))
    for side, degrees in (("left", left), ("right", right)):
        x[0, setup.layout.joints([joint_index(f"{side}_knee")])[0]] = np.radians(degrees)
    problem = stage_problem(setup, [subject], setup.stages[-1], x, MAKE)
    return float(problem.costs(x)[_NAME][0])


COSTS = {
    "straight": (0.0, 0.0, 0.0, 0.0),
    "both a little bent": (3.0, 3.0, 0.3, 0.7),
    "one knee bent": (0.0, 60.0, 0.95 * _MOST, _MOST),
    "a chair": (90.0, 90.0, 1.9 * _MOST, 2.0 * _MOST),
    "a squat costs what a chair does": (140.0, 140.0, 1.9 * _MOST, 2.0 * _MOST),
}


@pytest.mark.parametrize(("left", "right", "low", "high"), COSTS.values(), ids=COSTS)
def test_cost_by_flexion(left: float, right: float, low: float, high: float) -> None:
    assert low <= cost_of(left, right) <= high


@pytest.mark.parametrize("preset", ["smplify", "smplifyx"])
def test_papers_know_no_such_habit(preset: PresetName) -> None:
    setup = fit_setup(objective=ObjectiveRequest(preset=preset))
    assert {stage.terms.straight_knees for stage in (*setup.stages, *setup.warm_stages)} == {0.0}


def standing_people(body: BodyModel, count: int) -> list[Case]:
    """People with bones of their own who stand facing the camera, the knees bent by 4° at most."""
    cases: list[Case] = []
    for number in range(count):
        random = np.random.default_rng((11, number))
        person = with_bones(body, drawn_bones(random))
        rotations = plain_pose(person, "standing", random).rotations
        rotations[0] = [np.pi, 0.0, 0.0]  # from y up to the camera's y down
        pose = Pose(rotations, np.zeros(body.shape_directions.shape[2]), np.array([0.0, -0.3, 4.0]))
        cases.append(photographed(person, pose, 1000.0, random))
    return cases


def bent_degrees(setup: FitSetup, cases: list[Case]) -> float:
    """Mean flexion of the knees of fits, less the true one."""
    fit = fit_batch(setup, [case.subject for case in cases], MAKE)
    found = [
        fitted_person(setup.points.model, setup.layout, case.subject, x[0], 0.0).points
        for case, x in zip(cases, fit.x, strict=True)
    ]
    return float(
        np.mean([knee_flexion(p) - knee_flexion(c.points) for p, c in zip(found, cases, strict=True)])
    )


def test_who_stands_straight_is_fitted_straight() -> None:
    setup = fit_setup()
    stages = tuple(replace(one, terms=replace(one.terms, straight_knees=0.0)) for one in setup.stages)
    cases = standing_people(setup.points.model, 8)
    without, found = bent_degrees(replace(setup, stages=stages), cases), bent_degrees(setup, cases)
    assert found < 4.0 and found < 0.7 * without
