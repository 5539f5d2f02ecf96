"""Quadratic priors in one cost what they cost one by one, where they overlap as well."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np

from fitting_core.arrays import ArrayMaker
from fitting_core.fitting.parameters import FreeParameters, ParameterLayout
from fitting_core.fitting.priors.distributions import DiagonalPrior, GaussianPrior, LimitPrior, Prior
from fitting_core.fitting.priors.merged import QuadraticPrior, is_quadratic, merge_quadratic_priors
from fitting_core.fitting.priors.rest_pose import RestPrior
from fitting_core.fitting.terms.all_terms import merged_terms
from fitting_core.fitting.terms.priors import PriorTerm

_MAKE = ArrayMaker(xp, xp.float64)
_SIZE, _BATCH = 12, 3
_MOVING = np.array([0, 4, 3, 11])  # two that no prior looks at


def _priors() -> list[Prior]:
    random = np.random.default_rng(2)
    root = random.normal(0, 1, (5, 5))
    return [
        GaussianPrior(random.normal(0, 1, 5), root @ root.T + np.eye(5), np.array([1, 2, 3, 8, 9]), _MAKE),
        DiagonalPrior(random.normal(0, 1, 4), np.array([0.1, 1.0, 2.0, 3.0]), np.array([3, 4, 5, 9]), _MAKE),
        LimitPrior((np.full(2, -0.1), np.full(2, 0.2)), 0.3, np.array([0, 1]), _MAKE),
        RestPrior(np.array([4, 10]), random.normal(0, 1, 2), random.uniform(0, 9, (_BATCH, 2))),
    ]


def _merged() -> QuadraticPrior:
    quadratic = [prior for prior in _priors() if is_quadratic(prior)]
    return merge_quadratic_priors(quadratic, _MOVING, _SIZE, _BATCH, _MAKE)


def test_the_sum_stays_the_same() -> None:
    x = np.random.default_rng(3).normal(0, 1, (_BATCH, _SIZE))
    sums = []
    quadratic = [prior for prior in _priors() if is_quadratic(prior)]
    for priors in (quadratic, [_merged()]):
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


def test_the_moving_columns_come_first() -> None:
    assert _merged().columns.tolist() == [*_MOVING, 1, 2, 5, 8, 9, 10]


def test_a_part_of_the_batch() -> None:
    merged = _merged()
    x = np.random.default_rng(3).normal(0, 1, (_BATCH, _SIZE))[:, merged.columns]
    chosen = np.array([2, 0])
    for whole, part in zip(merged.evaluate(x), merged.subset(chosen).evaluate(x[chosen]), strict=True):
        np.testing.assert_allclose(part, whole[chosen])


_FREE = FreeParameters(ParameterLayout(3, 0, 0), np.ones(3, dtype=bool), slice(0))


def _terms(priors: list[Prior]) -> list[PriorTerm]:
    return [PriorTerm(str(number), prior, _FREE) for number, prior in enumerate(priors)]


def test_only_quadratics_are_merged() -> None:
    merged = merged_terms(_terms(_priors()), _FREE, _BATCH, _MAKE)
    kinds = [type(term.prior) for term in merged if isinstance(term, PriorTerm)]
    assert kinds == [QuadraticPrior, LimitPrior]


def test_a_single_quadratic_stays_as_it_is() -> None:
    terms = _terms(_priors()[1:3])
    assert merged_terms(terms, _FREE, _BATCH, _MAKE) == tuple(terms)
