"""A part of the face as a plain mesh, and ribbons that taper to a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.build_face_parts.makehuman_mesh import Floats, Integers


@dataclass(frozen=True)
class Part:
    """Vertices (N, 3) and quads (F, 4); a quad whose last two corners are the same is a triangle."""

    vertices: Floats
    quads: Integers

    def mirrored(self) -> Part:
        """Return the part of the other side of the body."""
        return Part(self.vertices * (-1.0, 1.0, 1.0), self.quads[:, ::-1])


def joined(parts: list[Part]) -> Part:
    """Return parts as one mesh."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Part(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.quads + start for part, start in zip(parts, starts, strict=True)]),
    )


def ribbon(spine: Floats, across: Floats, width: float) -> Part:
    """Return a hair along a spine (K, 3), `across` (3,) at its root, that tapers to its tip."""
    side = across / np.linalg.norm(across)
    halves = 0.5 * width * np.linspace(1.0, 0.25, len(spine))[:, None] * side
    left, right = np.arange(len(spine)) * 2, np.arange(len(spine)) * 2 + 1
    vertices = np.stack([spine - halves, spine + halves], axis=1).reshape(-1, 3)
    return Part(vertices, np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1))


def along(grid: Floats, u: float, v: float) -> Floats:
    """Return the point (3,) of a grid of points (R, C, 3) at u of its columns and v of its rows, both from 0 to 1."""
    row, column = v * (len(grid) - 1), u * (grid.shape[1] - 1)
    r, c = min(int(row), len(grid) - 2), min(int(column), grid.shape[1] - 2)
    s, t = row - r, column - c
    point: Floats = (1 - s) * ((1 - t) * grid[r, c] + t * grid[r, c + 1]) + s * (
        (1 - t) * grid[r + 1, c] + t * grid[r + 1, c + 1]
    )
    return point
