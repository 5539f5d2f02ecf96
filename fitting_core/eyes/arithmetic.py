"""The array library that evaluates a network: its operators, and the way of arrays to it and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.engine import ArrayEngine
from fitting_core.eyes import operators


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A table of operators on one library's arrays.

    `bring` makes such an array of a NumPy array of float32, `fetch` a NumPy array of such an array. Whole numbers (shapes, sides,
    axes) stay NumPy arrays in every library.
    """

    operators: Mapping[str, Callable[[Any, operators.Settings], Any]]
    bring: Callable[[NumpyArray], Any]
    fetch: Callable[[Any], NumpyArray]


NUMPY = Arithmetic(operators.OPERATORS, np.ascontiguousarray, np.asarray)


@cache
def arithmetic_of(engine: ArrayEngine) -> Arithmetic:
    """Return the arithmetic of a chosen engine; PyTorch is imported only if it is the one."""
    if engine.name == "numpy":
        return NUMPY
    from fitting_core.eyes.torch_operators import TORCH_OPERATORS, bring, fetch

    return Arithmetic(TORCH_OPERATORS, lambda array: bring(array, engine.device), fetch)
