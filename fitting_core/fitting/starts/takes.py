"""Choose among many solutions the best ones that are really different."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from fitting_core.arrays import NumpyArray

from .selection import DIFFERENT_M, mean_distance

_BODY_JOINTS = 22


@runtime_checkable
class _Posed(Protocol):
    @property
    def points(self) -> NumpyArray: ...


Take = TypeVar("Take", bound=_Posed)


def different_takes(solutions: Sequence[Take], most: int) -> tuple[Take, ...]:
    """Up to `most` of the solutions (best first), each at least DIFFERENT_M from those before it, pelvis-aligned."""
    chosen: list[Take] = []
    for solution in solutions:
        if len(chosen) == most:
            break
        if all(_distance(solution.points, other.points) > DIFFERENT_M for other in chosen):
            chosen.append(solution)
    return tuple(chosen)


def _distance(first: NumpyArray, second: NumpyArray) -> float:
    return mean_distance(first[:_BODY_JOINTS] - first[0], second[:_BODY_JOINTS] - second[0])
