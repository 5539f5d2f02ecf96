"""Rotations and places of bones in their own axes in, where every bone is in the armature's frame out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from .rotations import Array

ROWS_AT_ONCE = 1000  # of a motion: a body of 55 bones takes 7 MB


@dataclass(frozen=True)
class BoneChain:
    """The rest of an armature's B bones, parents before children: the row of each one's parent (−1 for none), rest matrices
    (B, 4, 4) in the armature's frame, and lengths (B,).
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest: Array
    lengths: Array

    def reach(self) -> Array:
        """Return how far (B,) the farthest joint or tip that a bone carries is from its head, at rest."""
        found = self.lengths.copy()
        heads = self.rest[:, :3, 3]
        for bone in range(len(self.names)):
            tip = heads[bone] + self.lengths[bone] * self.rest[bone, :3, 1]
            for ancestor in self.ancestors(bone):
                far = max(
                    np.linalg.norm(heads[bone] - heads[ancestor]), np.linalg.norm(tip - heads[ancestor])
                )
                found[ancestor] = max(found[ancestor], far)
        return found

    def ancestors(self, bone: int) -> Iterator[int]:
        """Iterate over the rows of a bone's parent, that one's parent, and so on."""
        while (bone := self.parents[bone]) >= 0:
            yield bone


@dataclass(frozen=True)
class PosedBones:
    """N poses: the heads and tips (N, B, 3) of all bones and their axes (N, B, 3, 3), in the armature's frame."""

    heads: Array
    tips: Array
    axes: Array


def posed_bones(chain: BoneChain, rotations: Array, locations: Array) -> PosedBones:
    """Pose bones that inherit rotation and are not scaled: quaternions (N, B, 4) and locations (N, B, 3) in their own axes."""
    count = len(rotations)
    axes = np.empty((count, len(chain.names), 3, 3))
    heads = np.empty((count, len(chain.names), 3))
    turns = rotation_matrices(rotations)
    for bone, parent in enumerate(chain.parents):
        rest: Array = chain.rest[bone]
        if parent >= 0:
            rest = cast("Array", np.linalg.inv(chain.rest[parent])) @ rest
        turned: Array = np.broadcast_to(rest[:3, :3], (count, 3, 3))
        placed: Array = np.broadcast_to(rest[:3, 3], (count, 3))
        if parent >= 0:
            placed = np.einsum("nij,nj->ni", axes[:, parent], placed) + heads[:, parent]
            turned = axes[:, parent] @ turned
        heads[:, bone] = placed + np.einsum("nij,nj->ni", turned, locations[:, bone])
        axes[:, bone] = turned @ turns[:, bone]
    return PosedBones(heads, heads + chain.lengths[:, None] * axes[..., 1], axes)


def rotation_matrices(quaternions: Array) -> Array:
    """Return rotation matrices (…, 3, 3) of quaternions (…, 4), w x y z, of any length but 0."""
    w, x, y, z = np.moveaxis(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def angles_between(axes: Array, others: Array) -> Array:
    """Return the angles (…,), radians, between rotation matrices (…, 3, 3)."""
    # of a rotation by θ, |A − B|² is 8 sin²(θ/2): exact for small angles, where the trace's arc cosine is not
    chord = np.linalg.norm(axes - others, axis=(-2, -1))
    angles: Array = 2 * np.arcsin(np.minimum(chord / np.sqrt(8.0), 1.0))
    return angles
