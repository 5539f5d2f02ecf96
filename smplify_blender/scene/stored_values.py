# pyright: basic
"""Custom properties in, checked values out: a .blend may hold anything at all under any name.

Every reader falls back to its default for a value of another type, size or range, and none of them raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_CHARACTERS = 2000  # of one stored text
MOST_NUMBERS = 1_000_000  # of one stored table; the largest, of 500 people's keypoints, has 205,500


class StoredValues:
    """One group of custom properties, read value by value."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __bool__(self) -> bool:
        return bool(self._values)

    def text(self, key: str, default: str = "", most: int = MOST_CHARACTERS) -> str:
        """Return a text of at most so many characters."""
        value = self._values.get(key)
        return value if isinstance(value, str) and len(value) <= most else default

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a finite number."""
        value: Any = self._values.get(key)
        return float(value) if _is_finite(value) else default

    def whole(self, key: str, default: int = 0, lowest: int = 0, highest: int = 2**31 - 1) -> int:
        """Return a whole number within a range; true and false are none."""
        value: Any = self._values.get(key)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return value if is_whole and lowest <= value <= highest else default

    def flag(self, key: str, default: bool = False) -> bool:
        """Return true or false, also where an older Blender has kept them as 1 and 0."""
        value = self._values.get(key)
        return (
            bool(value)
            if isinstance(value, bool) or (value in (0, 1) and isinstance(value, int))
            else default
        )

    def numbers(self, key: str, count: int | None = None) -> tuple[float, ...]:
        """Return a list of finite numbers, of `count` if that is given; empty for anything else."""
        return finite_numbers(self._values.get(key), count)

    def value(self, key: str) -> object:
        """Return whatever is stored, for the caller to check; None for nothing."""
        return self._values.get(key)

    def group(self, key: str) -> StoredValues:
        """Return a group within this one; empty where there is none."""
        value = self._values.get(key)
        return StoredValues(value if isinstance(value, Mapping) else {})


def has_group(owner: Any, key: str) -> bool:
    """Return True if a data-block (None: none) has a group of custom properties of this name, read or not."""
    return owner is not None and hasattr(owner.get(key), "to_dict")


def stored_values(owner: Any, key: str) -> StoredValues:
    """Return a group of custom properties of a data-block (None: of none); empty where it has no such group."""
    group: Any = owner.get(key) if owner is not None else None
    return StoredValues(group.to_dict() if hasattr(group, "to_dict") else {})


def finite_numbers(value: object, count: int | None = None) -> tuple[float, ...]:
    """Return a stored array as finite numbers, of `count` if that is given; empty for anything else."""
    if hasattr(value, "to_list"):  # an array of Blender's own
        value = value.to_list()  # type: ignore[attr-defined]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MOST_NUMBERS:
        return ()
    if (count is not None and len(value) != count) or not all(_is_finite(item) for item in value):
        return ()
    return tuple(float(item) for item in value)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
