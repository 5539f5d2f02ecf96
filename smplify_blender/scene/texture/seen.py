# pyright: basic
"""A photo and the body before its camera in, the colours of the texels that the photo shows out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...result.colours import linear_from_srgb, srgb_from_linear
from ...result.photo_projection import PhotoProjection
from ...result.result_folder import Array
from .depth import CELLS, PhotoGrid, grid_about, least_around, nearest_depths
from .person_mask import Outlines, person_mask
from .raster import Covered
from .values import PosedSurface, TexturedSurface

FACING = (0.15, 0.55)  # cosine of surface and ray: from nothing to all
HIDDEN_BEHIND = 0.015  # of the body's size: farther behind the nearest than that is hidden
NEAR_HIDING = 6  # cells about whatever hides that are not trusted: the fit is not exact to the pixel
GRID_MARGIN = 50 / CELLS  # about the body: where the colours of the background are looked for
TEXELS_AT_ONCE = 400_000


@dataclass(frozen=True)
class TexturePhoto:
    """One photo of a body: sRGB colours (H, W, 3), first row on top, its camera, and the body as it stands there.

    `shade` gives the light (N, 3), linear, on surfaces with unit normals (N, 3) in the world; None leaves the light in.
    """

    colours: Array
    projection: PhotoProjection
    posed: PosedSurface
    shade: Callable[[Array], Array] | None = None


@dataclass(frozen=True)
class SeenTexels:
    """The colours (N, 3), sRGB, of texels in a photo, and how far each is to be believed (N,): 0 … 1."""

    colours: Array
    trust: Array


def seen_texels(surface: TexturedSurface, covered: Covered, photo: TexturePhoto) -> SeenTexels:
    """Return what a photo tells about the covered texels."""
    colours = np.zeros((len(covered.cells), 3), dtype=np.float32)
    trust = np.zeros(len(covered.cells), dtype=np.float32)
    pixels, _ = photo.projection.project(photo.posed.points)
    grid = grid_about(pixels, photo.projection.size, GRID_MARGIN)
    if grid is None:
        return SeenTexels(colours, trust)
    nearest = nearest_depths(photo.projection, photo.posed.hiding, grid)
    mask = _mask(surface, photo, grid, nearest)
    nearest = least_around(np.where(np.isfinite(nearest), nearest, 1e30), NEAR_HIDING)
    for first in range(0, len(trust), TEXELS_AT_ONCE):
        part = slice(first, first + TEXELS_AT_ONCE)
        corners, weights = surface.triangles[covered.triangles[part]], covered.weights[part]
        points = np.einsum("nc,ncx->nx", weights, photo.posed.points[corners])
        normals = np.einsum("nc,ncx->nx", weights, photo.posed.normals[corners])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        pixels, depths = photo.projection.project(points)
        rows, columns = grid.cells_of(pixels)
        facing = np.einsum("nx,nx->n", normals, photo.projection.rays(points))
        shown = (depths > 0) & (depths <= nearest[rows, columns] + HIDDEN_BEHIND * _size(photo.posed))
        shown &= ((pixels >= 0) & (pixels <= photo.projection.size)).all(axis=1)
        shown &= surface.takes_photo[covered.triangles[part]]
        right = np.einsum("nc,nc->n", weights, photo.posed.is_right[corners])
        trust[part] = shown * right * _ramp(facing, *FACING) * mask[rows, columns]
        colours[part] = _without_light(sampled(photo.colours, pixels), normals, photo.shade)
    return SeenTexels(colours, trust)


def sampled(picture: Array, pixels: Array) -> Array:
    """Return the colours (N, 3) of a picture (H, W, 3) at pixels (N, 2), mixed of the four about each."""
    height, width = picture.shape[:2]
    places = np.clip(pixels - 0.5, 0.0, (width - 1, height - 1))
    low = np.minimum(places.astype(np.int64), np.maximum((width - 2, height - 2), 0))
    across, down = (places - low).T[:, :, None]
    columns, rows = low.T
    right, below = np.minimum(columns + 1, width - 1), np.minimum(rows + 1, height - 1)
    upper = picture[rows, columns] * (1 - across) + picture[rows, right] * across
    lower = picture[below, columns] * (1 - across) + picture[below, right] * across
    mixed: Array = upper * (1 - down) + lower * down
    return mixed


def _mask(surface: TexturedSurface, photo: TexturePhoto, grid: PhotoGrid, nearest: Array) -> Array:
    own = np.isfinite(nearest_depths(photo.projection, photo.posed.points[surface.triangles], grid))
    middles = grid.middles()
    colours = sampled(photo.colours, middles.reshape(-1, 2)).reshape(*own.shape, 3)
    in_photo = ((middles >= 0) & (middles <= photo.projection.size)).all(axis=2)
    return person_mask(colours, Outlines(own, np.isfinite(nearest), in_photo))


def _size(posed: PosedSurface) -> float:
    return float(np.linalg.norm(np.ptp(posed.points, axis=0)))


def _ramp(values: Array, low: float, high: float) -> Array:
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    smooth: Array = share * share * (3.0 - 2.0 * share)
    return smooth


def _without_light(colours: Array, normals: Array, shade: Callable[[Array], Array] | None) -> Array:
    """Return sRGB colours (N, 3) divided by the light on their surfaces; unchanged without one."""
    if shade is None:
        return colours
    return srgb_from_linear(linear_from_srgb(colours) / shade(normals))
