# pyright: basic
"""Room for the figures of another photo beside those that stand in the scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

GAP_METRES = 0.4  # between the figures of two photos


@dataclass(frozen=True)
class Footprint:
    """A rectangle of the ground, units of the scene."""

    least_x: float
    least_y: float
    most_x: float
    most_y: float


def step_beside(wanted: Footprint, occupied: Sequence[Footprint], units_per_metre: float) -> float:
    """Return how far along x new figures have to step to stand beside all others; 0 where they are in nobody's way."""
    gap = GAP_METRES * units_per_metre
    if not any(_overlap(wanted, other, gap / 2) for other in occupied):
        return 0.0
    return max(other.most_x for other in occupied) + gap - wanted.least_x


def footprints(bodies: Iterable[bpy.types.Object], depsgraph: bpy.types.Depsgraph) -> list[Footprint]:
    """Return the ground that meshes cover as they are shown."""
    found: list[Footprint] = []
    for body in bodies:
        shown: Any = body.evaluated_get(depsgraph)
        corners = np.array(shown.bound_box, dtype=np.float64)
        matrix = np.array(shown.matrix_world, dtype=np.float64)
        points = corners @ matrix[:2, :3].T + matrix[:2, 3]
        least, most = points.min(axis=0), points.max(axis=0)
        found.append(Footprint(float(least[0]), float(least[1]), float(most[0]), float(most[1])))
    return found


def _overlap(one: Footprint, other: Footprint, margin: float) -> bool:
    return (
        one.least_x < other.most_x + margin
        and other.least_x < one.most_x + margin
        and one.least_y < other.most_y + margin
        and other.least_y < one.most_y + margin
    )
