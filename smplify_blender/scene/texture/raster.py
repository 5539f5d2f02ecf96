# pyright: basic
"""Triangles in a plane in, the cells of a grid that they cover out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...result.result_folder import Array
from .values import Integers

CELLS_AT_ONCE = 2_000_000  # looked at in one step: bounds the memory
EDGE = 1e-6  # of a triangle: cells on a border belong to both sides


@dataclass(frozen=True)
class Covered:
    """The N cells that triangles cover: flat index, triangle (N,), and weights (N, 3) of the triangle's corners there.

    A cell that several triangles cover is there once for each.
    """

    cells: Integers
    triangles: Integers
    weights: Array


def cells_covered(corners: Array, width: int, height: int) -> Covered:
    """Return the cells whose middles lie in triangles with these corners (F, 3, 2), in cells from the grid's first corner."""
    low = np.clip(np.ceil(corners.min(axis=1) - 0.5), 0, (width, height)).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=1) - 0.5) + 1, 0, (width, height)).astype(np.int64)
    spans = np.maximum(high - low, 0)
    ends = np.cumsum(spans.prod(axis=1))
    found = [_covered(corners, low, spans, np.arange(first, last), width) for first, last in _batches(ends)]
    if not found:
        return Covered(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3)))
    cells, triangles, weights = zip(*found, strict=True)
    return Covered(np.concatenate(cells), np.concatenate(triangles), np.concatenate(weights))


def _batches(ends: Integers) -> list[tuple[int, int]]:
    """Return runs of triangles whose boxes hold at most `CELLS_AT_ONCE` cells together, or one triangle."""
    runs: list[tuple[int, int]] = []
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + CELLS_AT_ONCE, side="right")), first + 1)
        runs.append((first, last))
        first = last
    return runs


def _covered(
    corners: Array, low: Integers, spans: Integers, chosen: Integers, width: int
) -> tuple[Integers, Integers, Array]:
    """Look at every cell in the boxes of the chosen triangles."""
    counts = spans[chosen].prod(axis=1)
    triangles = np.repeat(chosen, counts)
    within = np.arange(len(triangles)) - np.repeat(np.cumsum(counts) - counts, counts)
    across = spans[triangles, 0]
    columns, rows = low[triangles, 0] + within % across, low[triangles, 1] + within // across
    weights = _weights(corners, triangles, np.column_stack([columns, rows]) + 0.5)
    inside = (weights >= -EDGE).all(axis=1)
    found = weights[inside].astype(np.float32)  # half the memory of millions of cells
    return rows[inside] * width + columns[inside], triangles[inside], found


def _weights(corners: Array, triangles: Integers, points: Array) -> Array:
    """Return the weights (N, 3) of the triangles' corners at points (N, 2); not finite for a triangle without an area."""
    origin, sides = corners[:, 0], corners[:, 1:] - corners[:, :1]
    area = sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = (
            np.stack([sides[:, 1, 1], -sides[:, 1, 0], -sides[:, 0, 1], sides[:, 0, 0]], axis=1)
            / np.where(area == 0.0, np.nan, area)[:, None]
        )
    x, y = (points - origin[triangles]).T
    own = inverse[triangles]
    second = own[:, 0] * x + own[:, 1] * y
    third = own[:, 2] * x + own[:, 3] * y
    return np.column_stack([1.0 - second - third, second, third])
