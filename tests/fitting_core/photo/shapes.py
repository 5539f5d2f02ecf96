"""Simple meshes in the camera frame."""

from __future__ import annotations

import numpy as np

_GOLDEN = (1 + 5**0.5) / 2


def square(
    left: float, right: float, top: float, bottom: float, depth: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two triangles at one depth; y is down, so that `top` is less than `bottom`."""
    vertices = np.array(
        [[left, top, depth], [right, top, depth], [right, bottom, depth], [left, bottom, depth]]
    )
    return vertices, np.array([[0, 1, 2], [0, 2, 3]])


def ball(subdivisions: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit icosphere of 20 · 4ⁿ triangles."""
    corners = np.array(
        [[a, b * _GOLDEN, 0] for b in (1, -1) for a in (-1, 1)]
        + [[0, a, b * _GOLDEN] for b in (-1, 1) for a in (-1, 1)]
        + [[b * _GOLDEN, 0, a] for b in (1, -1) for a in (-1, 1)]
    )
    vertices = corners / np.linalg.norm(corners[0])
    # The faces of an icosahedron are its triples of neighbours.
    near = np.linalg.norm(vertices[:, None] - vertices[None], axis=2) < 1.1
    faces = np.array([
        (i, j, k) for i in range(12) for j in range(i + 1, 12) for k in range(j + 1, 12)
        if near[i, j] and near[j, k] and near[i, k]
    ])  # fmt: skip
    inwards = np.linalg.det(vertices[faces]) < 0
    faces[inwards] = faces[inwards][:, ::-1]
    for _ in range(subdivisions):
        vertices, faces = _subdivided(vertices, faces)
    return vertices, faces


def _subdivided(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    middles = vertices[unique].sum(axis=1)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    first, second, third = (inverse.reshape(3, -1) + len(vertices)).reshape(3, -1)
    a, b, c = faces.T
    split = [(a, first, third), (first, b, second), (third, second, c), (first, second, third)]
    return np.concatenate([vertices, middles]), np.concatenate(
        [np.stack(corners, axis=1) for corners in split]
    )
