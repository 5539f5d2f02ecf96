# pyright: basic
"""Surfaces before a camera in, a small picture of what is nearest to it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...result.photo_projection import PhotoProjection
from ...result.result_folder import Array
from .raster import cells_covered
from .values import Flags, Integers

CELLS = 640  # along the longer side of a body's box in the photo: less than 3 mm of somebody who stands


@dataclass(frozen=True)
class PhotoGrid:
    """A grid over a part of a photo: its first corner (2,) and the side of a cell, px, and its width and height in cells."""

    origin: Array
    cell_px: float
    width: int
    height: int

    def middles(self) -> Array:
        """Return the pixels (height, width, 2) of the cells' middles."""
        columns, rows = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        return self.origin + self.cell_px * np.stack([columns, rows], axis=-1)

    def cells_of(self, pixels: Array) -> tuple[Integers, Integers]:
        """Return rows and columns (N,) of the cells of pixels (N, 2), the nearest ones for those outside."""
        places = np.floor((pixels - self.origin) / self.cell_px)
        columns, rows = np.clip(places, 0, (self.width - 1, self.height - 1)).astype(np.int64).T
        return rows, columns


def grid_about(pixels: Array, size: tuple[int, int], margin: float) -> PhotoGrid | None:
    """Return a grid over the box of pixels (N, 2) in a photo of that size, wider by a share of it; None where they miss it."""
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    wider = margin * float((high - low).max())
    low, high = np.maximum(low - wider, 0.0), np.minimum(high + wider, size)
    spans = high - low
    if not (spans > 0.0).all():
        return None
    cell = float(spans.max()) / CELLS
    width, height = np.maximum(np.ceil(spans / cell), 1).astype(int)
    return PhotoGrid(low, cell, int(width), int(height))


def nearest_depths(projection: PhotoProjection, triangles: Array, grid: PhotoGrid) -> Array:
    """Return the depth (height, width) of the nearest of the triangles (K, 3, 3) in every cell; infinite where there is none."""
    pixels, depths = projection.project(triangles.reshape(-1, 3))
    before = (depths.reshape(-1, 3) > 0).all(axis=1)
    corners = ((pixels - grid.origin) / grid.cell_px).reshape(-1, 3, 2)[before]
    covered = cells_covered(corners, grid.width, grid.height)
    nearness = np.einsum("nc,nc->n", covered.weights, 1.0 / depths.reshape(-1, 3)[before][covered.triangles])
    nearest = np.zeros(grid.width * grid.height)
    np.maximum.at(nearest, covered.cells, nearness)
    with np.errstate(divide="ignore"):
        found: Array = (1.0 / nearest).reshape(grid.height, grid.width)
    return found


def least_around(values: Array, radius: int) -> Array:
    """Return the least of the values (H, W) in the square of that radius about each cell."""
    found = values
    for axis in (0, 1):
        padded = np.concatenate(
            [_border(found, axis, radius), found, _border(found, axis, radius)], axis=axis
        )
        count = found.shape[axis]
        found = np.min(
            [np.take(padded, range(shift, shift + count), axis=axis) for shift in range(2 * radius + 1)],
            axis=0,
        )
    return found


def _border(values: Array, axis: int, radius: int) -> Array:
    shape = list(values.shape)
    shape[axis] = radius
    return np.full(shape, values.max() if values.size else 0.0)


def eroded(flags: Flags, radius: int) -> Flags:
    """Return the flags (H, W) that hold in the whole square of that radius."""
    return least_around(flags.astype(np.float32), radius) > 0.5


def widened(flags: Flags, radius: int) -> Flags:
    """Return the flags (H, W) that hold anywhere in the square of that radius."""
    return ~eroded(~flags, radius)
