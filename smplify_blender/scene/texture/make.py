# pyright: basic
"""A body's faces and the photos that show it in, the picture of its texture out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...result.result_folder import Array
from .raster import Covered, cells_covered
from .seen import SeenTexels, TexturePhoto, seen_texels
from .unseen import completed
from .values import Flags, TextureChoices, TexturedSurface

GUTTER_PX = 12  # of colours beyond the borders of the UV map's islands: for filters and smaller copies
FEWEST_COMMON = 2000  # texels that two photos show before their brightness is compared
MOST_GAIN = 2.5
SIDES = ((0, 1), (0, -1), (1, 1), (1, -1))  # axis and shift to each neighbour of a texel


def make_texture(
    surface: TexturedSurface, photos: Sequence[TexturePhoto], choices: TextureChoices
) -> tuple[Array, float]:
    """Return the picture (side, side, 3), sRGB, first row at the bottom, and how much of the body photos show: 0 … 1."""
    side = choices.side_px
    covered = _one_triangle_a_texel(cells_covered(surface.uv * side, side, side))
    seen = together([seen_texels(surface, covered, photo) for photo in photos])
    colours = completed(surface, covered, seen, side, choices.mirrors)
    picture = np.zeros((side * side, 3), dtype=np.float32)
    filled = np.zeros(side * side, dtype=bool)
    picture[covered.cells], filled[covered.cells] = colours, True
    picture = _with_gutter(picture.reshape(side, side, 3), filled.reshape(side, side))
    return picture, _share_shown(surface, covered, seen)


def _share_shown(surface: TexturedSurface, covered: Covered, seen: SeenTexels) -> float:
    """Return the share of the surface's area at rest, of the faces that take the photo, that is seen."""
    sides = surface.rest[surface.triangles[:, 1:]] - surface.rest[surface.triangles[:, :1]]
    areas = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) * surface.takes_photo
    count = len(areas)
    trust = np.bincount(covered.triangles, seen.trust, count)
    texels = np.bincount(covered.triangles, minlength=count)
    return float(
        (areas * trust / np.maximum(texels, 1)).sum() / max(float((areas * (texels > 0)).sum()), 1e-12)
    )


def together(photos: Sequence[SeenTexels]) -> SeenTexels:
    """Return what several photos say: each texel mostly by whom it is seen best, in the brightness of the first one."""
    first = photos[0]
    colours, trust = first.colours, first.trust
    for other in photos[1:]:
        matched = _matched(SeenTexels(colours, trust), other)
        own, new = trust**2, other.trust**2
        share = (new / np.maximum(own + new, 1e-12))[:, None]
        colours = colours * (1.0 - share) + matched * share
        trust = np.maximum(trust, other.trust)
    return SeenTexels(colours, trust)


def _matched(first: SeenTexels, other: SeenTexels) -> Array:
    """Return the second's colours as bright and tinted as the first's, by the texels that both show."""
    weights = np.minimum(first.trust, other.trust)
    common = weights > 0.3
    if common.sum() < FEWEST_COMMON:
        return other.colours
    medians = [np.median(seen.colours[common], axis=0) for seen in (first, other)]
    gain = np.clip(medians[0] / np.maximum(medians[1], 1e-3), 1 / MOST_GAIN, MOST_GAIN)
    return np.clip(other.colours * gain, 0.0, 1.0)


def _one_triangle_a_texel(covered: Covered) -> Covered:
    """Return each texel once, with one of the triangles that cover it."""
    cells, first = np.unique(covered.cells, return_index=True)
    return Covered(cells, covered.triangles[first], covered.weights[first])


def _with_gutter(picture: Array, filled: Flags) -> Array:
    """Return the picture (side, side, 3) with its filled texels spread over their borders, and their mean elsewhere."""
    found, known = picture.copy(), filled.copy()
    for _ in range(GUTTER_PX):
        beside = np.zeros_like(known)
        for axis, shift in SIDES:
            beside |= np.roll(known, shift, axis)
        rows, columns = np.nonzero(beside & ~known)
        sums, counts = np.zeros((len(rows), 3)), np.zeros((len(rows), 1))
        for axis, shift in SIDES:
            place = (rows - shift * (axis == 0)) % len(known), (columns - shift * (axis == 1)) % len(known)
            sums += found[place] * known[place][:, None]
            counts += known[place][:, None]
        found[rows, columns] = sums / counts
        known[rows, columns] = True
    if filled.any():
        found[~known] = picture[filled].mean(axis=0)
    return found
