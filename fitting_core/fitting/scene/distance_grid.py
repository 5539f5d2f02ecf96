"""Signed distances of the things in a scene on grids, sampled with their derivatives on either array library.

A thing's grid holds its distance d at the corners of cells: negative inside, and no more exact than the grid's maker has made it
(he may cut it off at some distance). Between the corners it is trilinear, so that ∂d/∂X is exact for what is sampled; its
direction is the normal of the nearest surface. Outside the grid d grows with the distance to the grid's box.
Metres; a rigid `camera_from_grid` carries the axes of a grid into the camera's frame: x right, y down, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, at_least

if TYPE_CHECKING:
    from jaxtyping import Float

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """One thing of a scene: its name and its distances (X, Y, Z) at `origin` + index · `spacing`, along axes of its own.

    `is_person`: another person, whom nobody touches unless the user says so.
    """

    name: str
    origin: Float[NumpyArray, "3"]
    spacing: Float[NumpyArray, "3"]
    distances: Float[NumpyArray, "X Y Z"]
    camera_from_grid: Float[NumpyArray, "4 4"]
    is_person: bool = False


@dataclass(frozen=True, eq=False)
class GridArrays:
    """A grid as arrays of one library, with its axes in the camera's frame."""

    origin: Float[Array, "3"]
    axes: Float[Array, "3 3"]  # the grid's axes as columns
    spacing: Float[Array, "3"]
    last: Float[Array, "3"]  # indices of the last corner
    distances: Float[Array, " corners"]
    strides: tuple[int, int, int]

    def sample(
        self, points: Float[Array, "batch points 3"]
    ) -> tuple[Float[Array, "batch points"], Float[Array, "batch points 3"]]:
        """Return the distances at points of the camera frame and their derivatives by the points."""
        xp = array_namespace(points)
        index = xp.matmul(points - self.origin, self.axes) / self.spacing
        inside = at_least(index, 0.0)
        inside = xp.where(inside > self.last, self.last, inside)
        first = xp.floor(xp.where(inside > self.last - 1.0, self.last - 1.0, inside))
        share = inside - first
        distance, slope = self._trilinear(first, share)
        kept = xp.astype(inside == index, points.dtype)
        outside = (index - inside) * self.spacing
        beyond = xp.sqrt(xp.sum(outside * outside, axis=-1))
        away = xp.where(
            distance > 0, beyond, xp.zeros_like(beyond)
        )  # inside a thing there is no way out that is known
        direction = (
            outside / at_least(beyond, _TINY)[..., None] * xp.astype(away > 0, points.dtype)[..., None]
        )
        slope = slope / self.spacing * kept + direction
        return distance + away, xp.matmul(slope, xp.matrix_transpose(self.axes))

    def _trilinear(self, first: Array, share: Array) -> tuple[Array, Array]:
        """Return the value in the cell from corner `first` (B, P, 3) at `share` of it, and its derivatives by the shares."""
        xp = array_namespace(first)
        whole = xp.astype(first, xp.int64)
        sx, sy, sz = self.strides
        start = whole[..., 0] * sx + whole[..., 1] * sy + whole[..., 2] * sz
        x, y, z = share[..., 0], share[..., 1], share[..., 2]

        def edge(offset: int) -> tuple[Array, Array]:
            low = self.distances[start + offset]
            step = self.distances[start + (offset + sz)] - low
            return low + z * step, step

        (v00, d00), (v01, d01), (v10, d10), (v11, d11) = edge(0), edge(sy), edge(sx), edge(sx + sy)
        low, high = v00 + y * (v01 - v00), v10 + y * (v11 - v10)
        by_y = (v01 - v00) + x * ((v11 - v10) - (v01 - v00))
        deep_low, deep_high = d00 + y * (d01 - d00), d10 + y * (d11 - d10)
        return low + x * (high - low), xp.stack(
            [high - low, by_y, deep_low + x * (deep_high - deep_low)], axis=-1
        )


def grid_arrays(grid: DistanceGrid, make: ArrayMaker) -> GridArrays:
    """Return a grid ready to be sampled in the camera's frame."""
    turn, shift = grid.camera_from_grid[:3, :3], grid.camera_from_grid[:3, 3]
    _, height, depth = grid.distances.shape
    return GridArrays(
        origin=make.floats(turn @ grid.origin + shift),
        axes=make.floats(turn),
        spacing=make.floats(grid.spacing),
        last=make.floats(np.array(grid.distances.shape) - 1.0),
        distances=make.floats(grid.distances.reshape(-1)),
        strides=(height * depth, depth, 1),
    )
