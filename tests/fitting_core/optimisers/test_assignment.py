"""The cheapest pairing against every pairing there is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from fitting_core.optimisers.assignment import cheapest_pairs


def least_cost(costs: np.ndarray) -> float:
    """The sum of the best of all pairings, tried one by one."""
    if costs.shape[0] > costs.shape[1]:
        return least_cost(costs.T)
    rows = np.arange(costs.shape[0])
    return min(
        float(costs[rows, list(chosen)].sum()) for chosen in permutations(range(costs.shape[1]), len(rows))
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (3, 3), (3, 5), (5, 3), (6, 6)])
@pytest.mark.parametrize("seed", range(5))
def test_no_pairing_is_cheaper(shape: tuple[int, int], seed: int) -> None:
    costs = np.random.default_rng(seed).normal(size=shape)
    pairs = cheapest_pairs(costs)
    assert len(pairs) == min(shape)
    assert all(len(set(column.tolist())) == len(column) for column in pairs.T)
    np.testing.assert_allclose(costs[pairs[:, 0], pairs[:, 1]].sum(), least_cost(costs))


def test_nearest_first_would_cost_more() -> None:
    costs = np.array([[1.0, 2.0], [1.1, 9.0]])
    assert cheapest_pairs(costs).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nobody(shape: tuple[int, int]) -> None:
    assert cheapest_pairs(np.zeros(shape)).shape == (0, 2)
