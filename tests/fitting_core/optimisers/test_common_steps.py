"""Rows with common unknowns: the solution of the one large system that they are, and common values that stay common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting_core.optimisers.common_steps import minimise_with_common
from fitting_core.optimisers.levenberg_marquardt import Quadratic

ROWS, OWN, COMMON = 5, 3, 2


@dataclass(frozen=True, eq=False)
class _Linear:
    """½ ‖A_n x_n − b_n‖² of every row n."""

    a: np.ndarray
    b: np.ndarray

    def quadratic(self, x: np.ndarray) -> Quadratic:
        residual = (self.a @ x[:, :, None])[:, :, 0] - self.b
        transposed = self.a.transpose(0, 2, 1)
        gradient = (transposed @ residual[:, :, None])[:, :, 0]
        return Quadratic(0.5 * (residual**2).sum(axis=1), gradient, transposed @ self.a)

    def retract(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        return x + step


def test_solution_is_that_of_one_large_system() -> None:
    """The common values stand in the middle of a row; least squares with one column for each unknown knows the answer."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=(ROWS, 7, OWN + COMMON)), random.normal(size=(ROWS, 7))
    common = np.array([False, True, True, False, False])
    whole = np.zeros((ROWS * 7, ROWS * OWN + COMMON))
    for row in range(ROWS):
        lines = slice(7 * row, 7 * row + 7)
        whole[lines, OWN * row : OWN * row + OWN] = a[row][:, ~common]
        whole[lines, ROWS * OWN :] = a[row][:, common]
    expected, rest, *_ = np.linalg.lstsq(whole, b.reshape(-1), rcond=None)
    x, cost = minimise_with_common(_Linear(a, b), np.zeros((ROWS, OWN + COMMON)), common, 60, 1e-14)
    np.testing.assert_allclose(x[:, ~common].reshape(-1), expected[: ROWS * OWN], atol=1e-6)
    np.testing.assert_allclose(x[:, common], np.tile(expected[ROWS * OWN :], (ROWS, 1)), atol=1e-6)
    np.testing.assert_allclose(cost, 0.5 * rest.sum(), rtol=1e-9)


def test_unknowns_that_nothing_acts_on_stay() -> None:
    a = np.zeros((2, 4, 3))
    a[:, :, 0] = 1.0
    common = np.array([True, False, True])
    x, _ = minimise_with_common(_Linear(a, np.ones((2, 4))), np.zeros((2, 3)), common, 30)
    np.testing.assert_allclose(x, [[1.0, 0.0, 0.0]] * 2, atol=1e-3)
