"""Of many solutions, the best ones that are really different. Free of bpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from fitting_core.arrays import NumpyArray

# Two solutions whose body joints lie closer than this on average are one solution to a viewer.
DIFFERENT_M = 0.03
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
    a = first[:_BODY_JOINTS] - first[0]
    b = second[:_BODY_JOINTS] - second[0]
    return float(np.linalg.norm(a - b, axis=1).mean())
