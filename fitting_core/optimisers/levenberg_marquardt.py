"""Levenberg–Marquardt on a batch of independent problems at once, each with its own damping.

Each element keeps its own damping λ and accepts or rejects its own step: (H + λ diag H) δ = −g. Elements that have
converged leave the batch. Source: Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05 (the update
of λ by the gain ratio).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fitting_core.arrays import (
    Array,
    array_namespace,
    at_least,
    at_most,
    device_of,
    is_on_cpu,
    solve_positive,
)

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

_LARGEST_DAMPING = 1e7
_LEAST_DAMPING = 1e-6
# Added to the diagonal so that a parameter nothing acts on stays where it is instead of making H singular.
_DIAGONAL_FLOOR = 1e-6


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A cost to second order at a point; the Hessian is that of Gauss–Newton."""

    cost: Float[Array, " batch"]
    gradient: Float[Array, "batch steps"]
    hessian: Float[Array, "batch steps steps"]


@runtime_checkable
class LeastSquaresProblem(Protocol):
    """A batch of problems as the optimiser sees it; x is (B, N), a step (B, D) with D ≤ N."""

    def quadratic(self, x: Array) -> Quadratic:
        """Cost, gradient and Gauss–Newton Hessian at x."""
        ...

    def retract(self, x: Array, step: Array) -> Array:
        """Return x moved by a step."""
        ...

    def subset(self, elements: Int[Array, " elements"]) -> LeastSquaresProblem:
        """Select elements of the batch."""
        ...


@dataclass(frozen=True)
class GiveUp:
    """Elements that compete, `rivals` consecutive ones each: after some iterations the hopeless give up.

    Hopeless is what costs more than the best of its rivals by `margin`.
    """

    rivals: int
    iterations: int
    margin: float


@dataclass(frozen=True)
class StoppingRule:
    """The end of a minimisation: after `iterations`, or when an accepted step lowers the cost by less than `tolerance` of it."""

    iterations: int
    tolerance: float = 1e-4
    first_damping: float = 1e-3
    give_up: GiveUp | None = None
    check_every: int = (
        4  # iterations between looks at which elements have ended, on a device that a look waits for
    )


@dataclass(frozen=True, eq=False)
class Solution:
    """The point where each element ended, and the iterations used in all."""

    x: Float[Array, "batch columns"]
    cost: Float[Array, " batch"]
    converged: Bool[Array, " batch"]
    iterations: int


def minimise(
    problem: LeastSquaresProblem,
    start: Float[Array, "batch columns"],
    rule: StoppingRule,
    report: Callable[[int, Array, Array], None] | None = None,
) -> Solution:
    """Minimise every element of the batch from `start` (B, N). `report(iteration, costs, x)` is called once an
    iteration with the elements that are still at work; off the CPU only when they are looked at anyway.

    Non-finite trial costs are rejected like any bad step, so a finite start never ends in NaN.
    """
    xp = array_namespace(start)
    remaining = xp.arange(start.shape[0], device=device_of(start))
    done = xp.zeros(start.shape[0], dtype=xp.bool, device=device_of(start))
    x, here = start, problem.quadratic(start)
    final_x, final_cost = start + 0.0, here.cost + 0.0
    damping = xp.full_like(here.cost, rule.first_damping)
    growth = xp.full_like(here.cost, 2.0)
    ended = left = xp.zeros_like(done)
    every = 1 if is_on_cpu(start) else rule.check_every
    iteration = 0
    for iteration in range(1, rule.iterations + 1):
        step = damped_step(here, damping)
        trial_x = problem.retract(x, step)
        trial = problem.quadratic(trial_x)
        gain = _gain_ratio(here, trial, step, damping)
        accepted = xp.isfinite(trial.cost) & (trial.cost < here.cost)
        small = (here.cost - trial.cost) <= rule.tolerance * here.cost
        finished = (accepted & small & (damping < 1.0)) | (~accepted & (damping >= _LARGEST_DAMPING))
        damping, growth = _updated_damping(damping, growth, gain, accepted)
        x = xp.where(accepted[:, None], trial_x, x)
        here = _chosen(accepted, trial, here)
        final_x[remaining] = x
        final_cost[remaining] = here.cost
        leaving = finished
        if rule.give_up is not None and iteration >= rule.give_up.iterations:
            best = xp.min(xp.reshape(final_cost, (-1, rule.give_up.rivals)), axis=1)
            leaving = leaving | (here.cost > best[remaining // rule.give_up.rivals] + rule.give_up.margin)
        if report is not None and iteration % every == 0:
            report(iteration, here.cost, x)
        ended, left = ended | finished, left | leaving
        if iteration % every or not xp.any(left):
            continue
        done[remaining[ended]] = True
        going = xp.nonzero(~left)[0]
        if going.shape[0] == 0:
            break
        problem, x, remaining = problem.subset(going), x[going], remaining[going]
        here = Quadratic(here.cost[going], here.gradient[going], here.hessian[going])
        damping, growth, ended, left = damping[going], growth[going], ended[going], left[going]
    done[remaining[ended]] = True
    return Solution(x=final_x, cost=final_cost, converged=done, iterations=iteration)


def damped_step(here: Quadratic, damping: Array) -> Array:
    """Solve (H + λ diag H) δ = −g for the damping λ (B,) of every element.

    The Hessians are damped in place and restored, which saves a copy of the largest arrays of a fit.
    """
    xp = array_namespace(here.gradient)
    diagonal = xp.linalg.diagonal(here.hessian) + 0.0
    index = xp.arange(diagonal.shape[1], device=device_of(diagonal))
    here.hessian[:, index, index] = diagonal + (damping[:, None] * diagonal + _DIAGONAL_FLOOR)
    step = solve_positive(here.hessian, -here.gradient)
    here.hessian[:, index, index] = diagonal
    return step


def _gain_ratio(here: Quadratic, trial: Quadratic, step: Array, damping: Array) -> Array:
    """Return the actual over the predicted decrease of the cost."""
    xp = array_namespace(step)
    diagonal = xp.linalg.diagonal(here.hessian)
    predicted = 0.5 * xp.sum(step * (damping[:, None] * diagonal * step - here.gradient), axis=-1)
    return (here.cost - trial.cost) / at_least(predicted, 1e-30)


def _updated_damping(damping: Array, growth: Array, gain: Array, accepted: Array) -> tuple[Array, Array]:
    xp = array_namespace(damping)
    factor = at_least(1.0 - (2.0 * at_most(at_least(gain, -1.0), 1.5) - 1.0) ** 3, 1.0 / 9.0)
    lower = at_least(damping * factor, _LEAST_DAMPING)
    higher = at_most(damping * growth, _LARGEST_DAMPING)
    two = xp.full_like(growth, 2.0)
    return xp.where(accepted, lower, higher), xp.where(accepted, two, growth * 2.0)


def _chosen(accepted: Array, trial: Quadratic, here: Quadratic) -> Quadratic:
    xp = array_namespace(trial.cost)
    if is_on_cpu(accepted) and bool(xp.all(accepted)):
        return trial
    return Quadratic(
        cost=xp.where(accepted, trial.cost, here.cost),
        gradient=xp.where(accepted[:, None], trial.gradient, here.gradient),
        hessian=xp.where(accepted[:, None, None], trial.hessian, here.hessian),
    )
