"""Gauss–Newton on several rows of unknowns some of which are common to all rows.

Each row has its own Hessian H and slope g, split into its own unknowns p and the common ones s. The own ones are eliminated row
by row, S = Σ (H_ss − H_sp H_pp⁻¹ H_ps), which leaves a system of the common ones alone. Source: the reduced camera system of
bundle adjustment (Triggs et al. 2000, section 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from fitting_core.arrays import Array, NumpyArray

from .levenberg_marquardt import Quadratic

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_DAMPING = 1e-2
_DIAGONAL_FLOOR = 1e-6  # so that an unknown that nothing acts on stays where it is


@runtime_checkable
class RowsProblem(Protocol):
    """A problem of independent rows, as the optimiser sees it."""

    def quadratic(self, x: Array) -> Quadratic:
        """Cost, gradient and Gauss–Newton Hessian of every row at x."""
        ...

    def retract(self, x: Array, step: Array) -> Array:
        """Return x moved by a step."""
        ...


def minimise_with_common(
    problem: RowsProblem,
    start: Float[NumpyArray, "rows columns"],
    common: Bool[NumpyArray, " steps"],
    iterations: int,
    tolerance: float = 1e-4,
) -> tuple[Float[NumpyArray, "rows columns"], float]:
    """Return the least x and its cost; of a step the `common` values are the same in all rows, as they are in `start`.

    It ends when an accepted step lowers the cost by less than `tolerance` of it.
    """
    x, damping = start, _DAMPING
    here = problem.quadratic(x)
    for _ in range(iterations):
        cost = float(here.cost.sum())
        trial = problem.retract(x, _step(here, common, damping))
        there = problem.quadratic(trial)
        if float(there.cost.sum()) < cost:  # false for NaN
            small = cost - float(there.cost.sum()) < tolerance * cost
            x, here, damping = trial, there, damping / 5.0
            if small:
                break
        else:
            damping *= 10.0
    return x, float(here.cost.sum())


def _step(
    here: Quadratic, common: Bool[NumpyArray, " steps"], damping: float
) -> Float[NumpyArray, "rows steps"]:
    gradient: NumpyArray = here.gradient
    damped: NumpyArray = here.hessian.copy()
    index = np.arange(gradient.shape[1])
    damped[:, index, index] += damping * damped[:, index, index] + _DIAGONAL_FLOOR
    own, shared = np.flatnonzero(~common), np.flatnonzero(common)
    own_block, crossed = damped[:, own][:, :, own], damped[:, own][:, :, shared]
    right = np.concatenate([crossed, gradient[:, own, None]], axis=2)
    solved: NumpyArray = np.linalg.solve(own_block, right)  # H_pp⁻¹ [H_ps | g_p]
    transposed = crossed.transpose(0, 2, 1)
    reduced = (damped[:, shared][:, :, shared] - transposed @ solved[:, :, :-1]).sum(axis=0)
    side = (gradient[:, shared] - (transposed @ solved[:, :, -1:])[:, :, 0]).sum(axis=0)
    both: NumpyArray = np.linalg.solve(reduced, -side)
    step = np.empty_like(gradient)
    step[:, own] = -(solved[:, :, -1] + np.matmul(solved[:, :, :-1], both))
    step[:, shared] = both
    return step
