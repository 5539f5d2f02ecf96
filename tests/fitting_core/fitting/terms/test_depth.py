"""The depth term: its derivatives, what it leaves out of account, and what it is worth to a fit."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.body_model import landmarks
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.stages import SEEN_DEPTHS_M, STAGES
from fitting_core.fitting.subject import Subject
from fitting_core.fitting.terms.depth import DepthTerm
from fitting_core.keypoints.detector_habits import without_side
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from tests.photos import synthetic_case

MAKE = ArrayMaker(xp, xp.float64)
WHOLE = STAGES[-1]


def true_depths(number: int) -> np.ndarray:
    """Depth and full confidence of each body point of a case."""
    placed = synthetic_case(number).points[landmarks.POINT_OF_KEYPOINT[landmarks.BODY_KEYPOINTS]]
    return np.column_stack([placed[:, 2], np.ones(len(placed))])


def problem_of(subjects: list[Subject], spread: float = 0.3) -> tuple[FitProblem, np.ndarray]:
    setup = fit_setup()
    x = np.random.default_rng(3).normal(0, spread, (len(subjects), setup.layout.size))
    x[:, 2] += 4.0
    return stage_problem(setup, subjects, WHOLE, x, MAKE), x


def term_of(problem: FitProblem) -> DepthTerm:
    (term,) = [term for term in problem.terms if isinstance(term, DepthTerm)]
    return term


def test_gradient_against_finite_differences() -> None:
    case = synthetic_case(0).subject
    depths = true_depths(0)
    depths[:, 1] = np.linspace(0.0, 1.0, len(depths))
    problem, x = problem_of(
        [replace(case, cues=PhotoCues(depths)), replace(case, cues=PhotoCues(depths[::-1]))]
    )
    term = term_of(problem)
    gradient = term.evaluate(x, problem.pose(x)).gradient
    step = 1e-6
    for column in range(gradient.shape[1]):
        move = np.zeros_like(gradient)
        move[:, column] = step
        costs = [
            term.evaluate(moved, problem.pose(moved)).cost
            for moved in (problem.retract(x, move), problem.retract(x, -move))
        ]
        np.testing.assert_allclose(
            gradient[:, column], (costs[0] - costs[1]) / (2 * step), rtol=1e-5, atol=1e-4
        )


def test_how_far_away_the_person_is_does_not_count() -> None:
    case, depths = synthetic_case(0).subject, true_depths(0)
    costs = []
    for shift in (0.0, 5.0):
        problem, x = problem_of([replace(case, cues=PhotoCues(depths + np.array([shift, 0.0])))])
        costs.append(float(term_of(problem).evaluate(x, problem.pose(x)).cost[0]))
    assert costs[0] == pytest.approx(costs[1]) and costs[0] > 1.0


def test_a_point_that_is_far_off_costs_no_more_than_the_robust_width() -> None:
    case, depths = synthetic_case(0).subject, true_depths(0)
    problem, x = problem_of([replace(case, cues=PhotoCues(depths))], spread=0.0)
    before = float(term_of(problem).evaluate(x, problem.pose(x)).cost[0])
    wrong = depths.copy()
    wrong[landmarks.BODY_KEYPOINTS][4, 0] += 100.0
    wrong[:, 1] = np.where(np.arange(len(wrong)) == 4, 0.1, 1.0)
    problem, _ = problem_of([replace(case, cues=PhotoCues(wrong))], spread=0.0)
    assert float(term_of(problem).evaluate(x, problem.pose(x)).cost[0]) < before + 0.5 * (0.25 / 0.06) ** 2


def test_nobody_who_looked_is_no_term() -> None:
    case = synthetic_case(0).subject
    alone, _ = problem_of([case])
    assert not any(isinstance(term, DepthTerm) for term in alone.terms)
    both, x = problem_of([case, replace(case, cues=PhotoCues(true_depths(0)))])
    contribution = term_of(both).evaluate(x, both.pose(x))
    assert contribution.cost[0] == 0.0 and contribution.cost[1] > 0.0
    assert not np.any(contribution.gradient[0]) and np.all(np.isfinite(contribution.hessian))


def test_each_point_counts_as_far_as_it_is_known_to_be_right() -> None:
    """Toes, heels, ears and eyes have no deviation of their own and are left out."""
    problem, _ = problem_of([replace(synthetic_case(0).subject, cues=PhotoCues(true_depths(0)))])
    deviations = 1.0 / term_of(problem).weights[0]
    seen = synthetic_case(0).subject.keypoints.body[:, 2] > 0
    expected = [
        SEEN_DEPTHS_M[without_side(name)][0]
        for name, is_seen in zip(BODY_25.names, seen, strict=True)
        if is_seen and without_side(name) in SEEN_DEPTHS_M
    ]
    np.testing.assert_allclose(deviations, expected)


def test_true_depths_make_a_fit_truer() -> None:
    """Mean error of the body's points about the pelvis over eight cases; the depths are half a deviation off, as a network's."""
    setup = fit_setup()
    cases = [synthetic_case(number) for number in range(8)]
    noise = np.random.default_rng(5).normal(0.0, 0.03, (8, 25))
    errors: dict[bool, list[float]] = {False: [], True: []}
    for looked, found in errors.items():
        subjects = [
            replace(
                case.subject,
                cues=PhotoCues(true_depths(number) + np.stack([noise[number], 0 * noise[number]], axis=1)),
            )
            if looked
            else case.subject
            for number, case in enumerate(cases)
        ]
        fit = fit_batch(setup, subjects, MAKE)
        for case, subject, x in zip(cases, subjects, fit.x, strict=True):
            points = fitted_person(setup.points.model, setup.layout, subject, x[0], 0.0).points[:22]
            apart = (points - points[0]) - (case.points[:22] - case.points[0])
            found.append(float(np.linalg.norm(apart, axis=1).mean()))
    assert np.mean(errors[True]) < 0.85 * np.mean(errors[False])
