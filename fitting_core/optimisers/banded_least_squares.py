"""Levenberg–Marquardt on one least-squares problem over many frames, each of which meets the next two only.

The damping is that of `levenberg_marquardt.py`, one number for all frames: the step solves (H + λ diag H) δ = −g, block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fitting_core.arrays import Array, array_namespace, device_of

from .block_banded import BlockBanded, solve_block_banded

if TYPE_CHECKING:
    from jaxtyping import Float

_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-6
_LARGEST_DAMPING = 1e7
_DIAGONAL_FLOOR = 1e-6  # so that a parameter that nothing acts on stays where it is


@dataclass(frozen=True, eq=False)
class BandedQuadratic:
    """The cost of all frames together to second order at a point; the Hessian is that of Gauss–Newton."""

    cost: float
    gradient: Float[Array, "frames steps"]
    hessian: BlockBanded


@runtime_checkable
class BandedProblem(Protocol):
    """A problem as the optimiser sees it; x is (frames, N), a step (frames, D)."""

    def quadratic(self, x: Array) -> BandedQuadratic:
        """Cost, gradient and Gauss–Newton Hessian at x."""
        ...

    def retract(self, x: Array, step: Array) -> Array:
        """Return x moved by a step."""
        ...


def minimise_banded(
    problem: BandedProblem,
    start: Float[Array, "frames columns"],
    iterations: int,
    tolerance: float = 1e-4,
    report: Callable[[int, float], None] | None = None,
) -> Float[Array, "frames columns"]:
    """Minimise from `start`, until an accepted step lowers the cost by less than `tolerance` of it.

    `report(iteration, cost)` is called once an iteration. A trial that is not finite is refused like any bad step.
    """
    x, here = start, problem.quadratic(start)
    damping, growth = _FIRST_DAMPING, 2.0
    for iteration in range(1, iterations + 1):
        step = _damped_step(here, damping)
        trial_x = problem.retract(x, step)
        trial = problem.quadratic(trial_x)
        if report is not None:
            report(iteration, min(trial.cost, here.cost))
        if trial.cost < here.cost:  # false for NaN
            small = here.cost - trial.cost <= tolerance * here.cost
            x, here = trial_x, trial
            damping, growth = max(damping / 5.0, _LEAST_DAMPING), 2.0
            if small:
                break
            continue
        if damping >= _LARGEST_DAMPING:
            break
        damping, growth = min(damping * growth, _LARGEST_DAMPING), growth * 2.0
    return x


def _damped_step(here: BandedQuadratic, damping: float) -> Array:
    xp = array_namespace(here.gradient)
    size = here.gradient.shape[1]
    index = xp.arange(size, device=device_of(here.gradient))
    damped = here.hessian.diagonal + 0.0
    damped[:, index, index] += damping * damped[:, index, index] + _DIAGONAL_FLOOR
    return solve_block_banded(replace(here.hessian, diagonal=damped), -here.gradient)
