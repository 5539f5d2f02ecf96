"""Costs of differences between frames to second order, and their place in a block-banded Hessian.

Values f_t (N, …) are any functions of the frames; they are coupled by ½ Σ w (f_{t−1} − 2 f_t + f_{t+1})² and
½ Σ w (f_{t+1} − f_t)².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, device_of
from fitting_core.optimisers.banded_least_squares import BandedQuadratic
from fitting_core.optimisers.block_banded import BlockBanded

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Couplings:
    """A cost of differences: its slope by f_t, and the factors of ½ f_t², of f_t f_{t+1} and of f_t f_{t+2} in it."""

    cost: float
    slope: Float[Array, "frames ..."]
    same: Float[Array, "frames ..."]
    following: Float[Array, "pairs ..."]
    next_but_one: Float[Array, "others ..."]


def second_differences(values: Float[Array, "frames ..."], weights: Float[Array, "others ..."]) -> Couplings:
    """Return ½ Σ w (f_{t−1} − 2 f_t + f_{t+1})²; `weights` (N − 2, …) count as constants."""
    xp = array_namespace(values)
    curved = values[:-2] - 2.0 * values[1:-1] + values[2:]
    pull = weights * curved
    slope, same = xp.zeros_like(values), xp.zeros_like(values)
    following = xp.zeros_like(values[1:])
    for first, factor in ((0, 1.0), (1, -2.0), (2, 1.0)):
        stop = first + curved.shape[0]
        slope[first:stop] += factor * pull
        same[first:stop] += factor * factor * weights
    following[:-1] -= 2.0 * weights
    following[1:] -= 2.0 * weights
    return Couplings(0.5 * float(xp.sum(pull * curved)), slope, same, following, weights)


def first_differences(values: Float[Array, "frames ..."], weights: Float[Array, "pairs ..."]) -> Couplings:
    """Return ½ Σ w (f_{t+1} − f_t)²."""
    xp = array_namespace(values)
    stepped = values[1:] - values[:-1]
    pull = weights * stepped
    slope, same = xp.zeros_like(values), xp.zeros_like(values)
    slope[1:] += pull
    slope[:-1] -= pull
    same[1:] += weights
    same[:-1] += weights
    return Couplings(0.5 * float(xp.sum(pull * stepped)), slope, same, -weights, xp.zeros_like(values[2:]))


def added_to_steps(total: BandedQuadratic, part: Couplings, steps: slice) -> BandedQuadratic:
    """Add couplings of values that are themselves numbers of the step; gradient and Hessian of `total` are written to."""
    xp, hessian = array_namespace(total.gradient), total.hessian
    index = xp.arange(total.gradient.shape[1], device=device_of(total.gradient))[steps]
    total.gradient[:, steps] += part.slope
    hessian.diagonal[:, index, index] += part.same
    hessian.following[:, index, index] += part.following
    hessian.next_but_one[:, index, index] += part.next_but_one
    return BandedQuadratic(total.cost + part.cost, total.gradient, hessian)


def with_held_frames(total: BandedQuadratic, held: int) -> BandedQuadratic:
    """Take the first `held` frames out of the step; gradient and Hessian of `total` are written to."""
    if not held:
        return total
    xp, hessian = array_namespace(total.gradient), total.hessian
    total.gradient[:held] = 0.0
    hessian.diagonal[:held] = xp.eye(
        total.gradient.shape[1], dtype=total.gradient.dtype, device=device_of(total.gradient)
    )
    hessian.following[:held] = 0.0
    hessian.next_but_one[:held] = 0.0
    return total


def uncoupled(gradient: Array, hessian: Array, cost: float) -> BandedQuadratic:
    """Return the sum of frames that do not know of each other."""
    xp = array_namespace(gradient)
    return BandedQuadratic(
        cost, gradient, BlockBanded(hessian, xp.zeros_like(hessian[1:]), xp.zeros_like(hessian[2:]))
    )
