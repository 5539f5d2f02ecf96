"""The vertices of a part as sums of the body's: so a part follows every shape key and every shape of the body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.build_face_parts.makehuman_mesh import Floats, Integers

NEAREST = 4
FARTHEST_ANCHOR_M = 0.06
LEAST_MOTION_M = 5e-5


@dataclass(frozen=True)
class Binding:
    """Vertex n is Σ shares[n, k] · body[anchors[n, k]] + offsets[n]; shares (N, K) of a row sum to 1."""

    anchors: Integers
    shares: Floats
    offsets: Floats


def by_nearest(points: Floats, roots: Floats, body: Floats, allowed: Integers) -> Binding:
    """Bind points (N, 3) to the skin about their roots (N, 3)."""
    distances = np.linalg.norm(roots[:, None] - body[allowed][None], axis=2)
    nearest = np.argsort(distances, axis=1)[:, :NEAREST]
    weights = 1.0 / (np.take_along_axis(distances, nearest, axis=1) + 1e-4) ** 2
    shares = weights / weights.sum(axis=1, keepdims=True)
    anchors = allowed[nearest]
    return Binding(anchors, shares, points - np.einsum("nk,nkx->nx", shares, body[anchors]))


def by_affine_map(points: Floats, body: Floats, anchors: Integers) -> Binding:
    """Bind points to a few anchors (K,) as the affine map that takes those to where they move: bones and teeth are not bent."""
    from_anchors = np.linalg.pinv(np.column_stack([body[anchors], np.ones(len(anchors))]))
    shares = np.column_stack([points, np.ones(len(points))]) @ from_anchors
    return Binding(
        np.broadcast_to(anchors, shares.shape).copy(),
        shares,
        points - np.einsum("nk,kx->nx", shares, body[anchors]),
    )
