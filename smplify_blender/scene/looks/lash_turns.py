"""Lashes that turn with the lid: it slides over the eye as over a ball, and its hairs go along."""

from __future__ import annotations

import numpy as np

from ...result.rotations import Array

LEAST_COSINE = -0.9  # of a turn; a lid never goes round to the other side of the eye


def turned_with_lids(hairs: Array, shift: Array, eyes: Array) -> Array:
    """Return the moves of hairs whose roots move as the skin does: turned about the nearer eye as the root is.

    `hairs` (H, K, 3) are the vertices of H hairs, the first two at the root; `shift` (H, 3) is the move of the skin there;
    `eyes` (2, 3) are the middles of the eyes. With â and b̂ the directions of a root from its eye before and after, n = â × b̂
    and v a vertex from its root, the turn that takes â to b̂ gives v + n × v + n × (n × v) / (1 + â · b̂) (Rodrigues).
    """
    roots = hairs[:, :2].mean(axis=1)
    nearer = np.argmin(np.linalg.norm(roots[:, None] - eyes[None], axis=2), axis=1)
    before = _directions(roots - eyes[nearer])
    after = _directions(roots + shift - eyes[nearer])
    normals = _cross(before, after)[:, None]
    cosines = np.maximum((before * after).sum(axis=1), LEAST_COSINE)[:, None, None]
    across = _cross(normals, hairs - roots[:, None])
    moves: Array = shift[:, None] + across + _cross(normals, across) / (1.0 + cosines)
    return moves


def _cross(one: Array, other: Array) -> Array:
    product: Array = np.cross(one, other)
    return product


def _directions(vectors: Array) -> Array:
    unit: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
