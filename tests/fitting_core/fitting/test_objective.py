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
from fitting_core.fitting.objective import FitProblem, Observations
from fitting_core.fitting.parameters import FreeParameters, ParameterLayout
from fitting_core.fitting.priors.distributions import (
    BendPrior,
    DiagonalPrior,
    GaussianMixture,
    GaussianPrior,
    LimitPrior,
    MaxMixturePrior,
    Prior,
)

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
        unit_px=np.array([0.7, 1.3]),
        focal_px=np.array([1500.0, 900.0]),
        principal_point=np.array([[400.0, 500.0], [300.0, 200.0]]),
        robust_widths=np.full((_BATCH, POINT_COUNT), 80.0),
    )
    return FitProblem(body, FreeParameters(_LAYOUT, moving, shape), seen, priors)


_CASES = {
    "everything": (np.ones(55, dtype=bool), slice(0, 20)),
    "body and betas": (np.arange(55) < 22, slice(0, 10)),
    "root only": (np.arange(55) == 0, slice(0, 0)),
}


@pytest.mark.parametrize("case", _CASES)
def test_reprojection_jacobian(case: str, synthetic_bodies: dict[str, Path]) -> None:
    problem = _problem(synthetic_bodies["plain"], *_CASES[case], [])
    x = _start()
    jacobian = problem.jacobian(problem.pose(x), np.ones((_BATCH, 1, POINT_COUNT)))
    jacobian = jacobian.reshape(_BATCH, 2, POINT_COUNT, -1)
    step = 1e-6
    for column in range(jacobian.shape[-1]):
        move = np.zeros((_BATCH, jacobian.shape[-1]))
        move[:, column] = step
        ahead = problem.residuals(problem.pose(problem.retract(x, move)))
        behind = problem.residuals(problem.pose(problem.retract(x, -move)))
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
}


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
        if name != "bend":  # Gauss–Newton leaves out half of the curvature of an exponential
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
    problem = replace(problem, seen=replace(problem.seen, per_coordinate=per_coordinate))
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
    far = problem.seen.targets.copy()
    far[:, 0] += 1e6
    moved = FitProblem(problem.body, problem.free, _with_targets(problem.seen, far), [])
    x = _start()
    without = problem.seen.weights.copy()
    without[:, 0] = 0
    dropped = FitProblem(problem.body, problem.free, _with_weights(problem.seen, without), [])
    np.testing.assert_allclose(
        moved.quadratic(x).gradient, dropped.quadratic(x).gradient, rtol=1e-4, atol=1e-2
    )


def _with_targets(seen: Observations, targets: np.ndarray) -> Observations:
    return Observations(
        targets, seen.weights, seen.unit_px, seen.focal_px, seen.principal_point, seen.robust_widths
    )


def _with_weights(seen: Observations, weights: np.ndarray) -> Observations:
    return Observations(
        seen.targets, weights, seen.unit_px, seen.focal_px, seen.principal_point, seen.robust_widths
    )
