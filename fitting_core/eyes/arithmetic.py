"""The array library that evaluates a network: its operators, and the way of arrays to it and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from fitting_core.arguments.request import Device, Engine
from fitting_core.arrays import NumpyArray
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.errors import EngineError
from fitting_core.eyes import operators

# PyTorch halves the 0.3 s of a core that a person in a picture takes; its import takes two seconds.
TORCH_WORTHWHILE_PICTURES = 60


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A table of operators on one library's arrays.

    `name` is the library's and the device's, in words. `bring` makes such an array of a NumPy array of float32, `fetch` a NumPy
    array of such an array. Whole numbers (shapes, sides, axes) stay NumPy arrays in every library.
    """

    name: str
    operators: Mapping[str, Callable[[Any, operators.Settings], Any]]
    bring: Callable[[NumpyArray], Any]
    fetch: Callable[[Any], NumpyArray]


NUMPY = Arithmetic("numpy, cpu", operators.OPERATORS, np.ascontiguousarray, np.asarray)


@cache
def arithmetic_of(engine: ArrayEngine) -> Arithmetic:
    """Return the arithmetic of a chosen engine; PyTorch is imported only if it is the one."""
    if engine.name == "numpy":
        return NUMPY
    from fitting_core.eyes.torch_operators import TORCH_OPERATORS, bring, fetch

    name = f"{engine.name}, {engine.device}"
    return Arithmetic(name, TORCH_OPERATORS, lambda array: bring(array, engine.device), fetch)


def chosen_arithmetic(engine: Engine, device: Device, pictures: int) -> Arithmetic:
    """Return what evaluates the networks for so many pictures: PyTorch if it is asked for, or there and worth its start.

    Raises EngineError if PyTorch or a device of it was asked for by name and is not there.
    """
    is_asked_for = engine == "torch" or device in ("cuda", "mps")
    if engine == "numpy" or (not is_asked_for and pictures < TORCH_WORTHWHILE_PICTURES):
        return NUMPY
    try:
        return arithmetic_of(choose_engine("torch", device))
    except (EngineError, ImportError, OSError):  # not installed, damaged, or of another system
        if is_asked_for:
            raise
        return NUMPY
