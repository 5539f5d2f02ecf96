"""Every residual and every prior against finite differences in float64."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.landmarks import POINT_COUNT
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.parameters import FreeParameters, ParameterLayout
from fitting_core.fitting.priors.distributions import (
    BendPrior,
    DiagonalPrior,
    GaussianMixture,
    GaussianPrior,
    HabitPrior,
    LimitPrior,
    MaxMixturePrior,
    Prior,
)
from fitting_core.fitting.stages import LARGEST_COEFFICIENT
from fitting_core.fitting.terms.keypoints import KeypointTerm, Observations
from fitting_core.fitting.terms.priors import PriorTerm
from fitting_core.geometry.camera import project
from fitting_core.optimisers.levenberg_marquardt import StoppingRule, minimise

_LAYOUT = ParameterLayout(55, 10, 10)
_MAKE = ArrayMaker(xp, xp.float64)
_BATCH = 2
_RANDOM = np.random.default_rng(5)


def _start() -> np.ndarray:
    x = np.random.default_rng(11).normal(0, 0.4, (_BATCH, _LAYOUT.size))
    x[:, 2] += 5
    return x


def _problem(path: Path, moving: np.ndarray, shape: slice, priors: list[Prior]) -> FitProblem:
    random = np.random.default_rng(7)
    body = reduced_body(
        point_model(load_body_model(str(path))), np.arange(POINT_COUNT), np.array([3, 50]), _MAKE, moving
    )
    seen = Observations(
        targets=random.normal(500, 100, (_BATCH, POINT_COUNT, 2)),
        weights=random.uniform(0, 1, (_BATCH, POINT_COUNT)),
        permille_px=np.array([0.7, 1.3]),
        focal_px=np.array([1500.0, 900.0]),
        principal_point=np.array([[400.0, 500.0], [300.0, 200.0]]),
        robust_widths=np.full((_BATCH, POINT_COUNT), 80.0),
    )
    free = FreeParameters(_LAYOUT, moving, shape)
    return FitProblem(
        body, free, (KeypointTerm(seen), *(PriorTerm("prior", prior, free) for prior in priors))
    )


def _keypoints(problem: FitProblem) -> KeypointTerm:
    term = problem.terms[0]
    assert isinstance(term, KeypointTerm)
    return term


def _observing(problem: FitProblem, **changes: object) -> FitProblem:
    """The problem with other observations."""
    term = _keypoints(problem)
    changed = replace(term, observations=replace(term.observations, **changes))
    return replace(problem, terms=(changed, *problem.terms[1:]))


_CASES = {
    "everything": (np.ones(55, dtype=bool), slice(0, 20)),
    "body and betas": (np.arange(55) < 22, slice(0, 10)),
    "root only": (np.arange(55) == 0, slice(0, 0)),
}


@pytest.mark.parametrize("case", _CASES)
def test_reprojection_jacobian(case: str, synthetic_bodies: dict[str, Path]) -> None:
    problem = _problem(synthetic_bodies["plain"], *_CASES[case], [])
    x = _start()
    term = _keypoints(problem)
    jacobian = term.jacobian(problem.pose(x), np.ones((_BATCH, 1, POINT_COUNT)))
    jacobian = jacobian.reshape(_BATCH, 2, POINT_COUNT, -1)
    step = 1e-6
    for column in range(jacobian.shape[-1]):
        move = np.zeros((_BATCH, jacobian.shape[-1]))
        move[:, column] = step
        ahead = term.residuals(problem.pose(problem.retract(x, move)).points)
        behind = term.residuals(problem.pose(problem.retract(x, -move)).points)
        np.testing.assert_allclose(jacobian[..., column], (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-4)


def _mixture() -> GaussianMixture:
    roots = _RANDOM.normal(0, 1, (3, 6, 6))
    return GaussianMixture(
        means=_RANDOM.normal(0, 0.3, (3, 6)),
        covariances=roots @ np.swapaxes(roots, 1, 2) + np.eye(6),
        weights=np.array([0.2, 0.5, 0.3]),
    )


_COLUMNS = np.array([8, 9, 10, 20, 21, 30])
_PRIORS: dict[str, Prior] = {
    "mixture": MaxMixturePrior(_mixture(), _COLUMNS, 1.7, _MAKE),
    "gaussian": GaussianPrior(np.full(6, 0.1), np.linalg.inv(_mixture().covariances[0]), _COLUMNS, _MAKE),
    "diagonal": DiagonalPrior(np.full(6, 0.1), np.linspace(0.5, 2, 6), _COLUMNS, _MAKE),
    "limits": LimitPrior((np.full(6, -0.1), np.full(6, 0.2)), 0.3, _COLUMNS, _MAKE),
    "bend": BendPrior(np.array([1.0, -1, 1, -1, 1, 1]), 0.8, _COLUMNS, _MAKE),
    "habit": HabitPrior(0.2, 0.4, 1.3, _COLUMNS, _MAKE),
}
# Those whose Hessian leaves out the curvature of the residual, or of the robust cost's weights.
_GAUSS_NEWTON = ("bend", "habit")


@pytest.mark.parametrize("name", _PRIORS)
def test_prior_gradient_and_hessian(name: str) -> None:
    prior = _PRIORS[name]
    values = np.random.default_rng(2).normal(0, 0.5, (4, 6))
    cost, gradient, hessian = prior.evaluate(values)
    assert cost.shape == (4,)
    step = 1e-6
    for column in range(6):
        change = step * np.eye(6)[column]
        ahead, behind = prior.evaluate(values + change), prior.evaluate(values - change)
        np.testing.assert_allclose(
            gradient[:, column], (ahead[0] - behind[0]) / (2 * step), rtol=1e-5, atol=1e-7
        )
        if name not in _GAUSS_NEWTON:
            row = hessian[:, column] if hessian.ndim == 3 else hessian[:, column, None] * np.eye(6)[column]
            np.testing.assert_allclose(row, (ahead[1] - behind[1]) / (2 * step), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("per_coordinate", [False, True], ids=["distance", "per coordinate"])
def test_whole_gradient_is_the_derivative_of_the_cost(
    per_coordinate: bool, synthetic_bodies: dict[str, Path]
) -> None:
    moving, shape = np.arange(55) < 22, slice(0, 10)
    free_columns = FreeParameters(_LAYOUT, moving, shape).columns
    held = np.array([_LAYOUT.size - 1, int(free_columns[5])])
    priors: list[Prior] = [
        DiagonalPrior(np.zeros(10), np.ones(10), _LAYOUT.betas(), _MAKE),
        DiagonalPrior(np.zeros(2), np.full(2, 0.1), held, _MAKE),
        BendPrior(np.ones(6), 2.0, _COLUMNS, _MAKE),
    ]
    problem = _problem(synthetic_bodies["plain"], moving, shape, priors)
    problem = _observing(problem, per_coordinate=per_coordinate)
    x = _start()
    gradient = problem.quadratic(x).gradient
    step = 1e-6
    for column in range(0, gradient.shape[1], 7):
        move = np.zeros_like(gradient)
        move[:, column] = step
        ahead = problem.quadratic(problem.retract(x, move)).cost
        behind = problem.quadratic(problem.retract(x, -move)).cost
        np.testing.assert_allclose(gradient[:, column], (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-3)


def test_outliers_lose_their_pull(synthetic_bodies: dict[str, Path]) -> None:
    problem = _problem(synthetic_bodies["plain"], np.arange(55) == 0, slice(0, 0), [])
    observed = _keypoints(problem).observations
    far, without = observed.targets.copy(), observed.weights.copy()
    far[:, 0] += 1e6
    without[:, 0] = 0
    x = _start()
    np.testing.assert_allclose(
        _observing(problem, targets=far).quadratic(x).gradient,
        _observing(problem, weights=without).quadratic(x).gradient,
        rtol=1e-4,
        atol=1e-2,
    )


def test_costs_by_name_are_the_whole_cost(synthetic_bodies: dict[str, Path]) -> None:
    priors: list[Prior] = [
        DiagonalPrior(np.zeros(10), np.ones(10), _LAYOUT.betas(), _MAKE),
        BendPrior(np.ones(6), 2.0, _COLUMNS, _MAKE),
    ]
    problem = _problem(synthetic_bodies["plain"], np.arange(55) < 22, slice(0, 10), priors)
    x = _start()
    costs = problem.costs(x)
    assert list(costs) == ["keypoints", "prior"]  # terms of one name are one
    expected = sum(prior.evaluate(x[:, prior.columns])[0] for prior in priors)
    np.testing.assert_allclose(costs["prior"], expected)
    np.testing.assert_allclose(sum(costs.values()), problem.quadratic(x).cost, rtol=1e-12)


def _pulled_shape(problem: FitProblem, x: np.ndarray) -> np.ndarray:
    """Where the shape coefficients end, however strongly the keypoints pull."""
    return minimise(problem, x, StoppingRule(iterations=30)).x[:, _LAYOUT.first_shape :]


def test_no_coefficient_leaves_its_limits(synthetic_bodies: dict[str, Path]) -> None:
    """Keypoints of a body beyond them, and no prior: the coefficients go to their limits and stay there."""
    moving = np.zeros(55, dtype=bool)
    problem = _problem(synthetic_bodies["plain"], moving, slice(0, 12), [])
    x = np.zeros((_BATCH, _LAYOUT.size))
    x[:, 2] = 5.0
    giant = x.copy()
    giant[:, _LAYOUT.first_shape : _LAYOUT.first_shape + 12] = np.tile([12.0, -12.0], 6)
    observed = _keypoints(problem).observations
    pixels = project(problem.pose(giant).points, observed.focal_px, observed.principal_point)
    problem = _observing(problem, targets=pixels, robust_widths=np.full((_BATCH, POINT_COUNT), 1e9))
    shape = _pulled_shape(problem, x)
    assert np.abs(shape).max() == LARGEST_COEFFICIENT
    np.testing.assert_array_equal(shape[:, 12:], 0.0)
    at_limit = np.abs(shape[:, :12]) == LARGEST_COEFFICIENT
    x[:, _LAYOUT.first_shape :] = shape
    gradient = problem.quadratic(x).gradient[:, -12:]
    assert (gradient[at_limit] == 0).all()  # a step leaves alone what is pulled outwards


def test_a_limit_lets_go(synthetic_bodies: dict[str, Path]) -> None:
    """A coefficient that starts on its limit goes back to where its prior and the keypoints want it."""
    priors: list[Prior] = [DiagonalPrior(np.zeros(10), np.full(10, 1e-4), _LAYOUT.betas(), _MAKE)]
    problem = _problem(synthetic_bodies["plain"], np.zeros(55, dtype=bool), slice(0, 10), priors)
    x = np.zeros((_BATCH, _LAYOUT.size))
    x[:, 2] = 5.0
    x[:, _LAYOUT.betas()] = LARGEST_COEFFICIENT
    assert np.abs(_pulled_shape(problem, x)).max() < 0.1
