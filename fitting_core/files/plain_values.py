"""Turns what the restricted readers make of a file into a tree of plain values: tables, lists, arrays, numbers and texts.

Nothing else is ever in the tree: what a file holds besides is an `Unread` with its name. The tree may share its branches, and
is never larger than what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from fitting_core.arrays import NumpyArray

from .border import RefusedError
from .budget import Budget
from .pickle_names import StandIn
from .pickled_numbers import PickledArray, numbers
from .tensor_file import ReadStorage, Tensor, tensor_array


@dataclass(frozen=True)
class Unread:
    """A value that is not read, in words: "a chumpy array", "an array of records"."""

    words: str


PlainValue: TypeAlias = (
    Any  # dict[str, PlainValue] | list[PlainValue] | NumpyArray | float | int | bool | str | None | Unread
)

_DEEPEST = 32
_MOST_VALUES = 1_000_000
_VALUE_BYTES = 100
_MOST_SIDES = 6
_MOST_LISTED = 4_000_000  # numbers in one list; the same list may stand in it again and again
_LONGEST_TEXT = 4096


class _Translator:
    """Translates every value once, however often the file refers to it."""

    def __init__(self, budget: Budget, read: ReadStorage | None) -> None:
        self._budget = budget
        self._read = read
        self._done: dict[int, PlainValue] = {}
        self._kept: list[object] = []  # keeps the identities in `_done` alive
        self._left = _MOST_VALUES

    def plain(self, value: object, depth: int = 0) -> PlainValue:
        if value is None or isinstance(value, bool | int | float | str | np.ndarray | Unread):
            return cast("Any", value)
        if isinstance(value, bytes):
            return value[:_LONGEST_TEXT].decode("latin-1")
        if id(value) in self._done:
            return self._done[id(value)]
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise RefusedError("it holds too many values, or nests them too deeply")
        self._budget.spend(_VALUE_BYTES)
        self._kept.append(value)
        self._done[id(value)] = Unread("a value that holds itself")
        made = self._made(value, depth + 1)
        self._done[id(value)] = made
        return made

    def _made(self, value: object, depth: int) -> PlainValue:
        if isinstance(value, dict):
            return {
                str(key): self.plain(item, depth) for key, item in cast("dict[object, object]", value).items()
            }
        if isinstance(value, list | tuple):
            items = cast("list[object]", value)
            self._left -= len(items)
            self._budget.spend(8 * len(items))
            return [self.plain(item, depth) for item in items]
        if isinstance(value, PickledArray):
            return self._array(value, depth)
        if isinstance(value, Tensor):
            if self._read is None and value.storage.raw is None:
                raise RefusedError("a tensor has no numbers")
            return tensor_array(value, self._read or _no_numbers, self._budget)
        if isinstance(value, StandIn) and value.name.startswith(("chumpy", "scipy")):
            return numbers(value, self._budget, value.name)
        return Unread(
            f"a {value.name}" if isinstance(value, StandIn) else "a name of the program that wrote it"
        )

    def _array(self, array: PickledArray, depth: int) -> PlainValue:
        if array.value is not None:
            return array.value.item() if array.value.ndim == 0 else array.value
        if array.objects is None:
            return Unread("an array that holds no numbers")
        items = [self.plain(item, depth) for item in array.objects]
        return items[0] if array.sides == () and len(items) == 1 else items


def _no_numbers(_storage: object) -> bytes:
    return b""


def plain_value(value: object, budget: Budget, read: ReadStorage | None = None) -> PlainValue:
    """Return the tree of a value that a restricted reader has made; `read` fetches the numbers of tensors.

    Raises RefusedError beyond its limits.
    """
    return _Translator(budget, read).plain(value)


def as_array(value: PlainValue) -> NumpyArray | None:
    """Return an array of numbers as it is; None for anything else."""
    if not isinstance(value, np.ndarray):
        return None
    array = cast("NumpyArray", value)
    return array if array.dtype.kind in "iufb" else None


def numbers_of_list(value: PlainValue, budget: Budget) -> NumpyArray | None:
    """Return a list of numbers, or of lists or arrays of equal shapes, as an array; None if it is anything else."""
    if isinstance(value, np.ndarray):
        return as_array(value)
    shape = _shape_of(value, {}, 0)
    if shape is None:
        return None
    count = 1
    for side in shape:
        count *= side
    if count > _MOST_LISTED:
        raise RefusedError(f"a list claims {count} numbers")
    budget.spend(np.float64().itemsize * count)
    return np.array(value, dtype=np.float64)


def _shape_of(
    value: PlainValue, known: dict[int, tuple[int, ...] | None], depth: int
) -> tuple[int, ...] | None:
    """Return the shape of nested lists, each list looked at once; None if they are no array of numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return ()
    if isinstance(value, np.ndarray):
        return value.shape if value.dtype.kind in "iufb" else None
    if not isinstance(value, list) or depth >= _MOST_SIDES:
        return None
    items = cast("list[Any]", value)
    if id(items) not in known:
        known[id(items)] = None
        shapes = {_shape_of(item, known, depth + 1) for item in items}
        only = shapes.pop() if len(shapes) == 1 else None
        known[id(items)] = (0,) if not items else None if only is None else (len(items), *only)
    return known[id(items)]
