"""The optimiser on problems with known answers, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import array_api_compat.numpy as xp
import numpy as np

from fitting_core.optimisers.levenberg_marquardt import GiveUp, Quadratic, StoppingRule, damped_step, minimise


@dataclass(frozen=True, eq=False)
class _Rosenbrock:
    """r = (10 (y − x²), a − x): least at (a, a²) with cost 0; `a` (B,) differs per element."""

    a: np.ndarray

    def quadratic(self, x: np.ndarray) -> Quadratic:
        residual = np.stack([10 * (x[:, 1] - x[:, 0] ** 2), self.a - x[:, 0]], axis=1)
        jacobian = np.zeros((len(x), 2, 2))
        jacobian[:, 0, 0], jacobian[:, 0, 1], jacobian[:, 1, 0] = -20 * x[:, 0], 10, -1
        gradient = np.einsum("brd,br->bd", jacobian, residual)
        return Quadratic(0.5 * (residual**2).sum(1), gradient, np.swapaxes(jacobian, 1, 2) @ jacobian)

    def retract(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        return x + step

    def subset(self, elements: np.ndarray) -> _Rosenbrock:
        return _Rosenbrock(self.a[elements])


@dataclass(frozen=True, eq=False)
class _Walled(_Rosenbrock):
    """The same with a cliff of NaN beyond x > 1.5 on the way of a careless step."""

    def quadratic(self, x: np.ndarray) -> Quadratic:
        found = super().quadratic(x)
        cost = np.where(x[:, 0] > 1.5, np.nan, found.cost)
        return Quadratic(cost, found.gradient, found.hessian)

    def subset(self, elements: np.ndarray) -> _Walled:
        return _Walled(self.a[elements])


def test_every_element_finds_its_own_minimum() -> None:
    a = np.array([1.0, -2.0, 0.5, 3.0])
    start = np.array([[-1.2, 1.0], [2.0, 2.0], [0.5, 0.25], [0.0, 0.0]])
    untouched = start.copy()
    found = minimise(_Rosenbrock(a), start, StoppingRule(iterations=200, tolerance=1e-12))
    np.testing.assert_allclose(found.x, np.stack([a, a**2], axis=1), atol=1e-5)
    np.testing.assert_array_equal(start, untouched)
    assert found.converged.all()


def test_alone_or_in_a_batch_makes_no_difference() -> None:
    a = np.array([1.0, -2.0])
    start = np.array([[-1.2, 1.0], [2.0, 2.0]])
    rule = StoppingRule(iterations=12)
    together = minimise(_Rosenbrock(a), start, rule)
    for index in range(2):
        alone = minimise(_Rosenbrock(a[index : index + 1]), start[index : index + 1], rule)
        np.testing.assert_allclose(alone.x[0], together.x[index], rtol=1e-12)


def test_cost_never_rises() -> None:
    seen: list[float] = []
    minimise(
        _Rosenbrock(np.array([1.0])),
        np.array([[-1.2, 1.0]]),
        StoppingRule(iterations=50),
        lambda _, cost, __: seen.append(float(cost[0])),
    )
    assert all(later <= earlier for earlier, later in pairwise(seen))


def test_steps_into_nan_are_refused() -> None:
    found = minimise(
        _Walled(np.array([1.4])), np.array([[-1.2, 1.0]]), StoppingRule(iterations=300, tolerance=1e-12)
    )
    assert np.isfinite(found.cost).all()
    np.testing.assert_allclose(found.x, [[1.4, 1.96]], atol=1e-3)


def test_a_parameter_that_nothing_acts_on_stays() -> None:
    @dataclass(frozen=True, eq=False)
    class Idle(_Rosenbrock):
        def quadratic(self, x: np.ndarray) -> Quadratic:
            zero = np.zeros((len(x), 2, 2))
            zero[:, 0, 0] = 1.0
            return Quadratic(0.5 * (x[:, 0] - 2) ** 2, np.stack([x[:, 0] - 2, 0 * x[:, 0]], 1), zero)

    found = minimise(
        Idle(np.array([0.0])), np.array([[0.0, 7.0]]), StoppingRule(iterations=30, tolerance=1e-12)
    )
    np.testing.assert_allclose(found.x, [[2.0, 7.0]], atol=1e-5)
    assert xp.isfinite(found.cost).all()


def test_the_hopeless_give_up_and_the_best_go_on() -> None:
    a = np.array([1.0, 1.0, 30.0, 1.0])
    start = np.array([[0.9, 0.8], [-60.0, 9.0], [-1.2, 1.0], [-60.0, 9.0]])
    rule = StoppingRule(iterations=300, tolerance=1e-12, give_up=GiveUp(rivals=2, iterations=2, margin=10.0))
    found = minimise(_Rosenbrock(a), start, rule)
    assert found.converged[0] and not found.converged[1]
    assert found.cost[1] > 10.0  # left where it was when it had lost
    np.testing.assert_allclose(found.x[0], [1.0, 1.0], atol=1e-5)
    best_of_second = min(found.cost[2], found.cost[3])
    assert best_of_second < 1e-6


def test_a_damped_step_leaves_the_hessian_as_it_was() -> None:
    problem = _Rosenbrock(np.array([1.0, 2.0]))
    here = problem.quadratic(np.array([[0.3, -0.2], [1.1, 0.7]]))
    before = here.hessian.copy()
    damping = np.array([0.0, 0.5])
    step = damped_step(here, damping)
    assert np.array_equal(here.hessian, before)
    damped = before + damping[:, None, None] * before * np.eye(2)
    assert np.allclose(np.einsum("bij,bj->bi", damped, step), -here.gradient, rtol=1e-4)
