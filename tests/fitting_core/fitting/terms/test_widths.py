"""The width term: its derivatives, both engines, clothes, and that heavy people come out heavy."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker, to_numpy
from fitting_core.body_model.measurements import measured
from fitting_core.body_model.section_rings import section_rings
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.stages import SEEN_WIDTHS, STAGES
from fitting_core.fitting.subject import Subject
from fitting_core.fitting.terms.widths import WidthTerm
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY, FACE, LEFT_HAND, RIGHT_HAND
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.keypoints.sections import SECTION_COUNT, SECTIONS
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import FittedPerson, fitted_person
from tests.photos import synthetic_case

MAKE = ArrayMaker(xp, xp.float64)
WHOLE = STAGES[-1]


def made_up_widths(seed: int = 0) -> np.ndarray:
    """Borders 20 to 120 px apart in any direction; a third of them not seen."""
    random = np.random.default_rng(seed)
    line = random.normal(size=(SECTION_COUNT, 2))
    line *= random.uniform(20, 120, SECTION_COUNT)[:, None] / np.linalg.norm(line, axis=1)[:, None]
    worth = np.where(np.arange(SECTION_COUNT) % 3 == 1, 0.0, random.uniform(0.5, 1.0, SECTION_COUNT))
    return np.column_stack([300 - line / 2, 300 + line / 2, worth])


def widths_of(subject: Subject, mesh: np.ndarray) -> np.ndarray:
    """Borders of every section of a body in the camera frame, across the vertical, all clearly seen."""
    rings = section_rings(fit_setup().points.model)
    table = np.zeros((SECTION_COUNT, 5))
    for row, (section, ring) in enumerate(zip(SECTIONS, rings.vertices, strict=True)):
        places = mesh[ring]
        bias = np.exp(SEEN_WIDTHS[section.kind][0])
        width = np.ptp(places[:, 0]) * subject.focal_px / places[:, 2].mean() * bias
        table[row] = 0.0, 0.0, width, 0.0, 1.0
    return table


def keypoints_of(person: FittedPerson, subject: Subject) -> Keypoints2D:
    """Keypoints of a body, as sure as can be, where those of a subject were seen."""
    pixels = person.keypoints[:, :2] / person.keypoints[:, 2:] * subject.focal_px + subject.principal_point
    seen = (subject.stacked_keypoints[:, 2] > 0) & np.isfinite(pixels).all(axis=1)
    table = np.where(seen[:, None], np.column_stack([pixels, np.ones(len(pixels))]), 0.0)
    return Keypoints2D(table[BODY], table[LEFT_HAND], table[RIGHT_HAND], table[FACE])


def problem_of(subjects: list[Subject], make: ArrayMaker = MAKE) -> tuple[FitProblem, np.ndarray]:
    setup = fit_setup()
    x = np.random.default_rng(3).normal(0, 0.3, (len(subjects), setup.layout.size))
    x[:, 2] += 4.0
    return stage_problem(setup, subjects, WHOLE, x, make), x


def term_of(problem: FitProblem) -> WidthTerm:
    (term,) = [term for term in problem.terms if isinstance(term, WidthTerm)]
    return term


def with_widths(table: np.ndarray | None) -> Subject:
    return replace(synthetic_case(0).subject, cues=PhotoCues(widths=table))


def test_gradient_against_finite_differences() -> None:
    problem, x = problem_of([with_widths(made_up_widths(0)), with_widths(made_up_widths(1))])
    term = term_of(problem)
    gradient = term.evaluate(x, problem.pose(x)).gradient
    assert np.abs(gradient).max() > 1.0
    step = 1e-6
    for column in range(gradient.shape[1]):
        move = np.zeros_like(gradient)
        move[:, column] = step
        costs = [
            term.evaluate(moved, problem.pose(moved)).cost
            for moved in (problem.retract(x, move), problem.retract(x, -move))
        ]
        np.testing.assert_allclose(
            gradient[:, column], (costs[0] - costs[1]) / (2 * step), rtol=1e-5, atol=1e-5
        )


def test_engines_agree() -> None:
    torch = pytest.importorskip("torch")
    namespace = pytest.importorskip("array_api_compat.torch")
    subjects = [with_widths(made_up_widths(0)), with_widths(None)]
    problem, x = problem_of(subjects)
    expected = term_of(problem).evaluate(x, problem.pose(x))
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-3)):
        make = ArrayMaker(namespace, dtype)
        other, _ = problem_of(subjects, make)
        there = make.floats(x)
        found = term_of(other).evaluate(there, other.pose(there))
        for part in ("cost", "gradient", "hessian"):
            wanted = getattr(expected, part)
            np.testing.assert_allclose(
                to_numpy(getattr(found, part)), wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max()
            )


def test_nobody_who_looked_is_no_term() -> None:
    unseen = np.zeros((SECTION_COUNT, 5))
    for table in (None, unseen):
        alone, _ = problem_of([with_widths(table)])
        assert not any(isinstance(term, WidthTerm) for term in alone.terms)
    both, x = problem_of([with_widths(None), with_widths(made_up_widths())])
    found = term_of(both).evaluate(x, both.pose(x))
    assert found.cost[0] == 0.0 and found.cost[1] > 0.0
    assert not found.gradient[0].any() and np.isfinite(found.hessian).all()


def test_clothes_make_wide_so_a_narrower_body_costs_less_than_a_wider_one() -> None:
    case = synthetic_case(0)
    problem, x = problem_of([case.subject])
    setup = fit_setup()
    person = fitted_person(setup.points.model, setup.layout, case.subject, x[0], 0.0)
    true = widths_of(case.subject, person.vertices)
    costs = []
    for factor in (1.0, 1.15, 1.0 / 1.15):
        table = true.copy()
        table[:, 2] *= factor
        problem, _ = problem_of([with_widths(table)])
        costs.append(float(term_of(problem).evaluate(x, problem.pose(x)).cost[0]))
    exact, clothed, tight = costs
    assert exact < 0.02 * clothed < tight * 0.02


def test_a_person_behind_the_camera_costs_a_finite_amount() -> None:
    problem, x = problem_of([with_widths(made_up_widths())])
    x[:, 2] = -4.0
    found = term_of(problem).evaluate(x, problem.pose(x))
    assert np.isfinite(found.cost).all() and np.isfinite(found.hessian).all()


@pytest.mark.parametrize("weight_beta", [-2.0, 2.0], ids=["thin", "heavy"])
def test_true_widths_make_weights_truer(weight_beta: float) -> None:
    """A body two deviations off in weight in the pose of a case, seen from its own keypoints."""
    setup = fit_setup()
    model, case = setup.points.model, synthetic_case(0)
    start = fit_batch(setup, [case.subject], MAKE).x[0, 0]
    start[setup.layout.betas()] = 0.0
    start[setup.layout.betas()[model.shape_names.index("Weight")]] = weight_beta
    truth = fitted_person(model, setup.layout, case.subject, start, 0.0)
    subject = replace(case.subject, keypoints=keypoints_of(truth, case.subject))
    errors = []
    for cues in (PhotoCues(), PhotoCues(widths=widths_of(subject, truth.vertices))):
        fit = fit_batch(setup, [replace(subject, cues=cues)], MAKE)
        betas = [row[setup.layout.betas()] for row in (start, fit.x[0, 0])]
        true, found = (measured(model, values) for values in betas)
        assert true.weight_kg is not None and found.weight_kg is not None
        errors.append(abs(np.log(found.weight_kg / found.height_m**3 / (true.weight_kg / true.height_m**3))))
    assert errors[1] < 0.6 * errors[0]
