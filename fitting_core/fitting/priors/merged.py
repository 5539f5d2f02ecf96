"""Several quadratic priors as one: a sum of Gaussians over columns of x is a Gaussian over their union.

A fit has half a dozen of them (hands, shape, expression, jaw, rest); evaluated one by one they would take as long as all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of, to_numpy

from .distributions import DiagonalPrior, GaussianPrior, Prior
from .rest_pose import RestPrior

if TYPE_CHECKING:
    from jaxtyping import Int


class QuadraticPrior:
    """½ dᵀ (A + diag b) d − dᵀ r + c with d = v − m; A (d, d) for all, b and r (B, d), c (B,) for each element.

    m (d,) are the means of the priors; where two look at one column it is the later one's, and r makes up for the other.
    """

    def __init__(self, columns: NumpyArray, shared: tuple[Array, Array], each: tuple[Array, ...]) -> None:
        self.columns = columns
        self._dense, self._mean = shared
        self._diagonal, self._pull, self._constant = each

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        difference = values - self._mean
        slope = xp.matmul(difference, self._dense) + difference * self._diagonal
        cost = xp.sum(difference * (0.5 * slope - self._pull), axis=-1) + self._constant
        index = xp.arange(values.shape[1], device=device_of(values))
        curvature = xp.broadcast_to(self._dense, (values.shape[0], *self._dense.shape)) + 0.0
        curvature[:, index, index] += self._diagonal
        return cost, slope - self._pull, curvature

    def subset(self, elements: Int[Array, " elements"]) -> QuadraticPrior:
        """See `Prior.subset`."""
        each = (self._diagonal[elements], self._pull[elements], self._constant[elements])
        return QuadraticPrior(self.columns, (self._dense, self._mean), each)


Quadratic = GaussianPrior | DiagonalPrior | RestPrior


def is_quadratic(prior: Prior) -> TypeGuard[Quadratic]:
    """True if `merge_quadratic_priors` can take it."""
    return isinstance(prior, Quadratic)


def merge_quadratic_priors(
    priors: Sequence[Quadratic], moving: NumpyArray, size: int, batch: int, make: ArrayMaker
) -> QuadraticPrior:
    """Merge quadratic priors over x (batch, size) into one of the same cost, its `moving` columns first and in their order."""
    xp = make.namespace
    mean, dense = np.zeros(size), np.zeros((size, size))
    diagonal, pull, constant = make.zeros((batch, size)), make.zeros((batch, size)), make.zeros((batch,))
    for prior in priors:
        mean[prior.columns] = to_numpy(prior.mean)
        if isinstance(prior, GaussianPrior):
            dense[np.ix_(prior.columns, prior.columns)] += to_numpy(prior.precision)
        else:
            diagonal[:, make.indices(prior.columns)] += prior.precision
    for prior in priors:
        apart = to_numpy(prior.mean) - mean[prior.columns]
        if apart.any():
            there = make.floats(apart)
            if isinstance(prior, GaussianPrior):
                force = xp.broadcast_to(xp.matmul(there, prior.precision), (batch, len(apart)))
            else:
                force = there * prior.precision
            pull[:, make.indices(prior.columns)] += force
            constant += 0.5 * xp.sum(force * there, axis=-1)
    resting = np.ones(size, dtype=bool)
    resting[moving] = False
    looked_at = np.zeros(size, dtype=bool)
    looked_at[np.concatenate([prior.columns for prior in priors])] = True
    columns = np.concatenate([moving, np.nonzero(resting & looked_at)[0]])
    chosen = make.indices(columns)
    shared = (make.floats(dense[np.ix_(columns, columns)]), make.floats(mean[columns]))
    return QuadraticPrior(columns, shared, (diagonal[:, chosen], pull[:, chosen], constant))
