"""A map of points that turns, scales and moves them, and the one that takes some points to others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .rotations import Array


@dataclass(frozen=True)
class Similarity:
    """The map x to scale · rotation x + shift."""

    scale: float = 1.0
    rotation: Array = field(default_factory=lambda: np.eye(3))
    shift: Array = field(default_factory=lambda: np.zeros(3))

    def points(self, points: Array) -> Array:
        """Map positions (…, 3)."""
        moved: Array = self.directions(points) + self.shift
        return moved

    def directions(self, directions: Array) -> Array:
        """Map differences of positions (…, 3)."""
        turned: Array = self.scale * (directions @ self.rotation.T)
        return turned

    def inverse(self) -> Similarity:
        """Return the map back."""
        back: Array = self.rotation.T / self.scale
        shift: Array = -back @ self.shift
        return Similarity(1.0 / self.scale, self.rotation.T, shift)


def similarity_between(points: Array, moved: Array, tolerance: float) -> Similarity | None:
    """Return the map that takes most of `points` (N, 3) to `moved`, each to within `tolerance`; None if there is none.

    The identity wins where it serves. Else the least-squares map of Umeyama (IEEE TPAMI 13(4), 1991), found once more without
    the points that it misses.
    """
    if _serves(points, moved, tolerance):
        return Similarity()
    found = _least_squares(points, moved)
    for _ in range(2):
        if found is None:
            return None
        off = _distances(found.points(points), moved)
        near = np.flatnonzero(off <= max(tolerance, float(np.median(off))))
        found = _least_squares(points[near], moved[near])
    return found if found is not None and _serves(found.points(points), moved, tolerance) else None


def _serves(points: Array, moved: Array, tolerance: float) -> bool:
    return 2 * int(np.count_nonzero(_distances(points, moved) <= tolerance)) > len(points)


def _distances(points: Array, moved: Array) -> Array:
    """Return the largest difference of the coordinates of each pair (N,)."""
    return np.asarray(np.abs(points - moved).max(axis=1), dtype=np.float64)


def _least_squares(points: Array, moved: Array) -> Similarity | None:
    """Return the best map without a reflection; None for points that do not fill space or maps that mirror them."""
    centre: Array = points.mean(axis=0)
    target = np.asarray(moved.mean(axis=0), dtype=np.float64)
    spread = float(((points - centre) ** 2).sum())
    parts: tuple[Array, Array, Array] = np.linalg.svd((moved - target).T @ (points - centre))
    left, sizes, right = parts
    if spread <= 0.0 or np.linalg.det(left @ right) < 0.0:
        return None
    scale = float(sizes.sum()) / spread
    if scale <= 0.0:
        return None
    rotation = np.asarray(left @ right, dtype=np.float64)
    shift: Array = target - scale * (rotation @ centre)
    return Similarity(scale, rotation, shift)
