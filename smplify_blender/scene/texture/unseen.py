# pyright: basic
"""The texels that photos show in, plausible colours for the others out.

A smooth colour is laid over the whole surface: it keeps to what is seen, and spreads from there along the edges of the mesh, so
that no seam of the UV map shows. Where only the body's other side is seen, its pattern is taken over, and its fine detail, the
difference from the smooth colour there, comes on top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...result.result_folder import Array
from .raster import Covered
from .seen import SeenTexels
from .values import Integers, TexturedSurface

KEPT = 4.0  # weight of a seen vertex against one edge's
MIRRORED = 0.04  # weight of a colour that is seen on the other side only
ALONG = 0.01  # weight of an edge along a limb, against 1 of one around it: sleeves and hems go around
ANYWHERE = 1e-5  # of the mean colour, for parts of which nothing is seen
ROUNDS = 1000
PRECISE = 1e-6  # of the right side, in the norm of the preconditioner
UNSEEN_COLOUR = (0.6, 0.6, 0.6)  # of a surface of which no photo shows anything


def completed(
    surface: TexturedSurface, covered: Covered, seen: SeenTexels, side_px: int, mirrors: bool
) -> Array:
    """Return the colours (N, 3) of all texels: those that are seen, and the others' as they may be."""
    smooth = smooth_colours(surface, covered, seen, mirrors)
    base = _at_texels(smooth, surface, covered)
    trust = seen.trust[:, None]
    found = base
    if mirrors:
        twins = _twins(surface, covered, side_px)
        known = twins >= 0
        detail = (seen.colours[twins[known]] - base[twins[known]]) * trust[twins[known]]
        found = base.copy()
        found[known] += detail
    mixed: Array = trust * seen.colours + (1.0 - trust) * found
    return np.clip(mixed, 0.0, 1.0)


def smooth_colours(surface: TexturedSurface, covered: Covered, seen: SeenTexels, mirrors: bool) -> Array:
    """Return colours (V, 3) that keep to what is seen at the vertices, and spread from there over the mesh.

    They minimise Σ_v w (c − seen)² + Σ_edges k (c_a − c_b − g)². The differences g are those of the other side where only that is
    seen, so that its pattern is taken over without a step at the border; elsewhere 0.
    """
    colours, trust = _at_vertices(surface, covered, seen)
    if not trust.any():
        return np.broadcast_to(np.array(UNSEEN_COLOUR), (len(trust), 3)).copy()
    mean = np.average(colours, axis=0, weights=trust)
    edges = _edges(surface.triangles)
    closeness = _closeness(surface, edges)
    weights = KEPT * trust + ANYWHERE
    right = KEPT * trust[:, None] * colours + ANYWHERE * mean
    if mirrors:
        other = np.maximum(surface.other_side, 0)
        known = trust[other] * (1.0 - trust) * (surface.other_side >= 0)
        weights += MIRRORED * known
        right += MIRRORED * known[:, None] * colours[other]
        first, second = edges.T
        guide = np.minimum(known[first], known[second])
        closeness = np.maximum(closeness, guide)
        wanted = (closeness * guide)[:, None] * (colours[other[first]] - colours[other[second]])
        right += _sums_at_ends(edges, wanted, len(trust))
    return _spread(_Mesh(edges, closeness, weights), right)


def _at_vertices(surface: TexturedSurface, covered: Covered, seen: SeenTexels) -> tuple[Array, Array]:
    """Return what the texels about each vertex say: colours (V, 3), and trust (V,)."""
    count = len(surface.other_side)
    vertices = surface.triangles[covered.triangles].ravel()
    shares = covered.weights.ravel()
    trusted = (covered.weights * seen.trust[:, None]).ravel()
    total = np.bincount(vertices, trusted, count)
    colours = [
        np.bincount(vertices, trusted * np.repeat(channel, 3), count) / np.maximum(total, 1e-12)
        for channel in seen.colours.T
    ]
    return np.column_stack(colours), total / np.maximum(np.bincount(vertices, shares, count), 1e-12)


def _at_texels(values: Array, surface: TexturedSurface, covered: Covered) -> Array:
    found = np.zeros((len(covered.cells), 3), dtype=np.float32)
    for corner in range(3):
        found += covered.weights[:, corner, None] * values[surface.triangles[covered.triangles, corner]]
    return found


def _twins(surface: TexturedSurface, covered: Covered, side_px: int) -> Integers:
    """Return for each texel the covered one (N,) at the same place of the body's other side; −1 where there is none."""
    numbers = np.full(side_px * side_px, -1, dtype=np.int64)
    numbers[covered.cells] = np.arange(len(covered.cells))
    places = np.zeros((len(covered.cells), 2))
    for corner in range(3):
        places += covered.weights[:, corner, None] * surface.mirrored_uv[covered.triangles, corner]
    is_known = np.isfinite(places).all(axis=1)
    columns, rows = (
        np.clip(np.where(is_known[:, None], places, 0.0) * side_px, 0, side_px - 1).astype(np.int64).T
    )
    return np.where(is_known, numbers[rows * side_px + columns], -1)


def _edges(triangles: Integers) -> Integers:
    """Return the pairs of vertices (E, 2) that edges join, each once."""
    pairs = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1
    )
    return np.unique(pairs, axis=0)


def _closeness(surface: TexturedSurface, edges: Integers) -> Array:
    """Return how much alike the colours at the two ends of each edge (E,) are taken to be."""
    first, second = edges.T
    ways = surface.rest[second] - surface.rest[first]
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    along = np.einsum("ex,ex->e", ways, surface.along[first]) ** 2
    along = (along + np.einsum("ex,ex->e", ways, surface.along[second]) ** 2) / 2
    around = (1.0 - along) ** 3  # the power: diagonals of faces would leak up and down
    return np.maximum(around, ALONG)


@dataclass(frozen=True)
class _Mesh:
    edges: Integers
    closeness: Array
    weights: Array

    def diagonal(self) -> Array:
        """Return the diagonal (V,) of W + L."""
        return self.weights + np.bincount(self.edges.ravel(), np.repeat(self.closeness, 2), len(self.weights))

    def times(self, values: Array) -> Array:
        """Return (W + L) x of values (V, 3), with L x = Σ over the edges at a vertex of closeness · (x − x at the other end)."""
        first, second = self.edges.T
        moved = self.closeness[:, None] * (values[first] - values[second])
        return self.weights[:, None] * values + _sums_at_ends(self.edges, moved, len(values))


def _sums_at_ends(edges: Integers, values: Array, count: int) -> Array:
    """Return the sums (count, 3) of edges' values (E, 3) at the vertices: added at the first end, taken off at the second."""
    first, second = edges.T
    sums = [np.bincount(first, channel, count) - np.bincount(second, channel, count) for channel in values.T]
    return np.column_stack(sums)


def _spread(mesh: _Mesh, right: Array) -> Array:
    """Return x (V, 3) of (W + L) x = right by conjugate gradients, with the diagonal as preconditioner."""
    scale = 1.0 / mesh.diagonal()[:, None]
    values = right / np.maximum(mesh.weights, 1e-12)[:, None]
    rest = right - mesh.times(values)
    step = scale * rest
    size = (rest * step).sum(axis=0)
    limit = PRECISE**2 * np.maximum((right * scale * right).sum(axis=0), 1e-30)
    for _ in range(ROUNDS):
        if (size <= limit).all():
            break
        moved = mesh.times(step)
        length = size / np.maximum((step * moved).sum(axis=0), 1e-30)
        values = values + length * step
        rest = rest - length * moved
        scaled = scale * rest
        before, size = size, (rest * scaled).sum(axis=0)
        step = scaled + size / np.maximum(before, 1e-30) * step
    return values
