# pyright: basic
"""A surface in, its signed distances on a grid out: the closer the finer, and remembered while nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mathutils import Vector

from ...result.contacts import GROUND
from ...result.rotations import Array
from .surface import Surface

FINEST_M = 0.01
MARGIN_M = 0.3  # around a thing
# Corners of a grid. Every second one in each direction is measured, the others where the surface is near: a third of a second.
MOST_CORNERS = 200_000
MOST_CORNERS_OF_PERSON = 40_000  # 4 cm: nobody touches others by chance
LARGEST_M = 8.0  # a side that is longer is cut to where the figure can be
KEPT_GRIDS = 32
_NEAR_CELLS = 1.5  # of the coarse grid
_GROUND_M = 50.0


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """The distances (X, Y, Z) of a thing at `origin` + index · `spacing`, metres of the world."""

    name: str
    origin: Array
    spacing: Array
    distances: Array
    is_person: bool = False


@dataclass(frozen=True)
class Region:
    """The box of the world, metres, in which a figure can come to stand."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


def ground_grid() -> DistanceGrid:
    """Return the plane z = 0, which a grid of one cell holds exactly."""
    heights = np.broadcast_to([-_GROUND_M, _GROUND_M], (2, 2, 2))
    return DistanceGrid(GROUND, np.full(3, -_GROUND_M), np.full(3, 2 * _GROUND_M), heights)


_grids: dict[tuple[int, Region, int], DistanceGrid] = {}


def grid_of(name: str, surface: Surface, region: Region, *, is_person: bool = False) -> DistanceGrid:
    """Return the grid of a surface, from the last time where neither it nor the box that it is needed in has changed.

    One of a person whom nobody touches is coarser.
    """
    box, most_corners = _box(surface, region), MOST_CORNERS_OF_PERSON if is_person else MOST_CORNERS
    key = (surface.fingerprint, box, most_corners)
    if key not in _grids:
        while len(_grids) >= KEPT_GRIDS:
            del _grids[next(iter(_grids))]
        _grids[key] = _measured(name, surface, box, most_corners)
    kept = _grids[key]
    return DistanceGrid(name, kept.origin, kept.spacing, kept.distances, is_person)


def _box(surface: Surface, region: Region) -> Region:
    """Return the box around a surface with a margin; along sides that are too long, where the figure can be."""
    low, high = surface.vertices.min(axis=0) - MARGIN_M, surface.vertices.max(axis=0) + MARGIN_M
    long = high - low > LARGEST_M
    cut_low, cut_high = np.maximum(low, region.low), np.minimum(high, region.high)
    cut = long & (cut_high > cut_low)
    return Region(
        tuple(np.where(cut, cut_low, low).tolist()),
        tuple(np.where(cut, cut_high, high).tolist()),
    )


def _measured(name: str, surface: Surface, box: Region, most_corners: int) -> DistanceGrid:
    low, high = np.array(box.low), np.array(box.high)
    spacing = max(FINEST_M, float(np.prod(high - low) / most_corners) ** (1 / 3))
    coarse_counts = np.ceil((high - low) / (2 * spacing)).astype(int) + 1
    counts = tuple((2 * coarse_counts - 1).tolist())
    distances = np.full(counts, np.nan)
    indices = np.moveaxis(np.indices(counts), 0, -1)
    coarse = (indices % 2 == 0).all(axis=-1)
    _measure(distances, surface, coarse, low, spacing)
    between = _doubled(distances[::2, ::2, ::2])
    near = ~coarse & (np.abs(between) < _NEAR_CELLS * 2 * spacing)
    distances = np.where(coarse, distances, between)
    _measure(distances, surface, near, low, spacing)
    return DistanceGrid(name, low, np.full(3, spacing), distances)


def _measure(distances: Array, surface: Surface, chosen: Array, low: Array, spacing: float) -> None:
    places = low + spacing * np.argwhere(chosen)
    distances[chosen] = [surface.signed_distance(Vector(place)) for place in places.tolist()]


def _doubled(values: Array) -> Array:
    """Return values on a grid twice as fine, the means of their neighbours between them."""
    for axis in range(3):
        first = np.moveaxis(values, axis, 0)
        fine = np.empty((2 * len(first) - 1, *first.shape[1:]))
        fine[::2], fine[1::2] = first, 0.5 * (first[:-1] + first[1:])
        values = np.moveaxis(fine, 0, axis)
    return values
