"""Arrays as joblib.dump writes them: a description in the pickle, and the numbers behind it in the same stream.

Source: joblib/numpy_pickle.py, NumpyArrayWrapper. WHAM, VIBE, PHALP / 4D-Humans and PromptHMR save their results so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .border import RefusedError
from .budget import Budget
from .pickle_names import Admitted, Names, StreamedArray
from .pickle_source import PickleSource
from .pickled_numbers import PickledArray, PickledType, array_of_bytes, checked_sides

_MODULES = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")


class _WrappedArray(StreamedArray):
    """The description that stands in the place of an array."""

    def __init__(self) -> None:
        super().__init__("joblib.NumpyArrayWrapper")

    def read(self, source: PickleSource, read_nested: Callable[[], object]) -> object:
        """Return the array behind the description; one of objects is a pickle of its own."""
        kind, order = self.state.get("dtype"), self.state.get("order")
        if not isinstance(kind, PickledType) or order not in ("C", "F"):
            raise RefusedError("an array of joblib's is damaged")
        sides = checked_sides(self.state.get("shape"))
        if kind.is_object:
            return read_nested()
        if kind.numbers is None:
            raise RefusedError("an array of joblib's holds neither numbers nor objects")
        if self.state.get("numpy_array_alignment_bytes") is not None:
            source.take(source.number("B"))
        size = math.prod(sides) * kind.numbers.itemsize
        source.budget.spend(size)
        return PickledArray(array_of_bytes(sides, kind.numbers, order == "F", source.take(size)))


def _wrapper(arguments: tuple[Any, ...], budget: Budget) -> _WrappedArray:
    return _WrappedArray()


JOBLIB_NAMES: Names = {
    (module, "NumpyArrayWrapper"): Admitted("joblib.NumpyArrayWrapper", _wrapper) for module in _MODULES
}
