"""Bounded least squares against known answers and the conditions of an optimum; expressions as face actions."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.bounded_least_squares import bounded_least_squares
from smplify_blender.result.face_actions import LEAST_USE, can_carry, fit_actions


def _problem(seed: int, unknowns: int = 12, problems: int = 40) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(60, unknowns))
    matrix[:, 1] = matrix[:, 0] + 0.05 * matrix[:, 1]  # nearly the same
    matrix[:, 2] = 0.0
    return matrix, random.normal(0.5, 4.0, size=(problems, 60))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_optimum_of_each_problem(seed: int) -> None:
    """Nowhere inside the bounds has the objective a slope, and at a bound it rises inwards."""
    matrix, wanted = _problem(seed)
    low, high = np.full(12, -0.1), np.linspace(0.2, 1.0, 12)
    found = bounded_least_squares(matrix.T @ matrix, wanted @ matrix, low, high)
    assert (found >= low).all() and (found <= high).all()
    slopes = (found @ matrix.T - wanted) @ matrix
    scale = np.abs(wanted @ matrix).max()
    at_low, at_high = found <= low, found >= high
    assert np.abs(slopes[~at_low & ~at_high]).max() < 1e-4 * scale
    assert (slopes[at_low] > -1e-4 * scale).all() and (slopes[at_high] < 1e-4 * scale).all()
    assert at_low.any() and at_high.any() and (found[:, 2] == 0).all()


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [((0.25, 0.5), (0.25, 0.5)), ((-2.0, 0.5), (0.0, 0.5)), ((3.0, -1.0), (1.0, 0.0))],
    ids=["inside", "below", "beyond both"],
)
def test_known_answers(wanted: tuple[float, float], answer: tuple[float, float]) -> None:
    found = bounded_least_squares(np.eye(2), np.array([wanted]), np.zeros(2), np.ones(2))
    np.testing.assert_allclose(found, [answer], atol=1e-9)


def test_actions_of_an_expression() -> None:
    """Three components that three actions make, half as large each; the fourth goes where no action does."""
    components = np.eye(8)[:, :4]
    actions = 2.0 * np.eye(8)[:, [0, 1, 2, 7]] * (1.0, 1.0, -1.0, 1.0)
    coefficients = np.array([[1.0, 0.5, -0.5, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    fitted = fit_actions(components, actions, coefficients)
    thinned = LEAST_USE * np.linalg.norm(coefficients[0]) / 2
    np.testing.assert_allclose(
        fitted.values[0], [0.5 - thinned, 0.25 - thinned, 0.25 - thinned, 0], atol=1e-6
    )
    assert (fitted.values[1:] == 0).all()
    left = 3 * (2 * thinned) ** 2 + 1.0
    assert fitted.explained == pytest.approx(1 - left / np.square(coefficients).sum())


def test_nothing_to_carry_is_carried_whole() -> None:
    fitted = fit_actions(np.eye(3), np.eye(3), np.zeros((1, 3)))
    assert fitted.explained == 1.0 and (fitted.values == 0).all()


def test_what_hardly_helps_is_left_out() -> None:
    """An action that is almost another one would take a hundredth of the expression."""
    components = np.array([[1.0], [0.01]])
    fitted = fit_actions(components, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.8]]))
    assert fitted.values[0, 0] > 0.75 and fitted.values[0, 1] == 0


@pytest.mark.parametrize(
    ("name", "can"), [("mouthSmileLeft", True), ("browInnerUp", True), ("jawOpen", False), ("eyeLookUpLeft", False)]
)  # fmt: skip
def test_what_bones_do_is_left_to_them(name: str, can: bool) -> None:
    assert can_carry(name) == can
