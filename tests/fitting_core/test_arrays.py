"""Arithmetic that has a road of its own for many small matrices: the same numbers as the plain product."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.arrays import product3, small_products, sum_of_outer_products

torch = pytest.importorskip("torch")

_SHAPES = {
    "3x3": ((7, 5, 3, 3), (7, 5, 3, 3)),
    "a vector each": ((4, 3, 3), (4, 3, 1)),
    "six inner": ((2, 9, 2, 6), (2, 9, 6, 3)),
    "one inner": ((5, 2, 1), (5, 1, 4)),
    "broadcast": ((6, 4, 3, 3), (4, 3, 14)),
}


@pytest.mark.parametrize("shapes", _SHAPES.values(), ids=_SHAPES.keys())
def test_summed_outer_products_are_the_matrix_product(
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    random = np.random.default_rng(4)
    first, second = (random.normal(size=shape) for shape in shapes)
    kept = first.copy(), second.copy()
    expected = first @ second
    tensors = torch.asarray(first), torch.asarray(second)
    for found in (sum_of_outer_products(*tensors), small_products(*tensors), small_products(first, second)):
        assert found.shape == expected.shape
        assert np.allclose(np.asarray(found), expected, atol=1e-13)
    assert np.array_equal(first, kept[0])
    assert np.array_equal(second, kept[1])
    if first.shape[-1] == 3:
        assert np.allclose(product3(first, second), expected, atol=1e-13)
