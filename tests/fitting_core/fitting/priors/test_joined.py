"""Quadratic priors in one cost what they cost one by one, where they overlap as well."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np

from fitting_core.arrays import ArrayMaker
from fitting_core.fitting.priors.distributions import DiagonalPrior, GaussianPrior, LimitPrior, Prior
from fitting_core.fitting.priors.joined import JoinedPrior, joined
from fitting_core.fitting.priors.rest_pose import RestPrior

_MAKE = ArrayMaker(xp, xp.float64)
_SIZE, _BATCH = 12, 3


def _priors() -> list[Prior]:
    random = np.random.default_rng(2)
    root = random.normal(0, 1, (5, 5))
    return [
        GaussianPrior(random.normal(0, 1, 5), root @ root.T + np.eye(5), np.array([1, 2, 3, 8, 9]), _MAKE),
        DiagonalPrior(random.normal(0, 1, 4), np.array([0.1, 1.0, 2.0, 3.0]), np.array([3, 4, 5, 9]), _MAKE),
        LimitPrior((np.full(2, -0.1), np.full(2, 0.2)), 0.3, np.array([0, 1]), _MAKE),
        RestPrior(np.array([4, 10]), random.normal(0, 1, 2), random.uniform(0, 9, (_BATCH, 2))),
    ]


def test_the_sum_stays_the_same() -> None:
    x = np.random.default_rng(3).normal(0, 1, (_BATCH, _SIZE))
    sums = []
    for priors in (_priors(), joined(_priors(), _SIZE, _BATCH, _MAKE)):
        cost, gradient, hessian = (
            np.zeros(_BATCH),
            np.zeros((_BATCH, _SIZE)),
            np.zeros((_BATCH, _SIZE, _SIZE)),
        )
        for prior in priors:
            value, slope, curvature = prior.evaluate(x[:, prior.columns])
            full = curvature if curvature.ndim == 3 else np.eye(len(prior.columns)) * curvature[:, None]
            cost += value
            gradient[:, prior.columns] += slope
            hessian[:, prior.columns[:, None], prior.columns] += full
        sums.append((cost, gradient, hessian))
    for apart, together in zip(*sums, strict=True):
        np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-9)


def test_only_quadratics_are_joined_and_a_part_of_the_batch_can_be_taken() -> None:
    found = joined(_priors(), _SIZE, _BATCH, _MAKE)
    assert [type(prior) for prior in found] == [JoinedPrior, LimitPrior]
    x = np.random.default_rng(3).normal(0, 1, (_BATCH, _SIZE))[:, found[0].columns]
    chosen = np.array([2, 0])
    for whole, part in zip(found[0].evaluate(x), found[0].take(chosen).evaluate(x[chosen]), strict=True):
        np.testing.assert_allclose(part, whole[chosen])


def test_a_single_quadratic_stays_as_it_is() -> None:
    priors = _priors()[1:3]
    assert joined(priors, _SIZE, _BATCH, _MAKE) == priors
