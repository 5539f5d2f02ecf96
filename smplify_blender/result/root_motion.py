"""The motion of a figure's root, split into what its object carries over the floor and what the root keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bone_chain import rotation_matrices
from .motion_tracks import product
from .rotations import Array, quaternion_from_matrix

CONJUGATE = np.array([1.0, -1.0, -1.0, -1.0])
# A heading is read where the cosine of half the tilt is at least this: up to 120° from upright. Head down it is ill defined.
LEAST_UPRIGHT = 0.5


@dataclass(frozen=True)
class RigidMotions:
    """N rigid motions: first a turn, unit quaternions (N, 4), w x y z, then a shift to `places` (N, 3)."""

    turns: Array
    places: Array

    def after(self, first: RigidMotions) -> RigidMotions:
        """Return the motions that do what `first` does, and then what these do."""
        return RigidMotions(product(self.turns, first.turns), self.places + turned(self.turns, first.places))

    def inverse(self) -> RigidMotions:
        """Return the motions that undo these."""
        back = self.turns * CONJUGATE
        return RigidMotions(back, -turned(back, self.places))


@dataclass(frozen=True)
class RestBone:
    """The rest axes (3, 3) of a bone without a parent, and its head (3,), in the armature's frame."""

    axes: Array
    head: Array

    def motions(self, turns: Array, locations: Array) -> RigidMotions:
        """Return what a bone with these quaternions (N, 4) and locations (N, 3) in its own axes does, seen from the armature.

        The turn is that from the rest; the place is the head's.
        """
        rest = quaternion_from_matrix(self.axes)
        unit = turns / np.linalg.norm(turns, axis=1, keepdims=True)
        seen = product(product(rest, unit), rest * CONJUGATE)
        return RigidMotions(seen, self.head + locations @ self.axes.T)

    def channels(self, motions: RigidMotions) -> tuple[Array, Array]:
        """Return the quaternions (N, 4) and locations (N, 3), in the bone's own axes, with which it does these motions."""
        rest = quaternion_from_matrix(self.axes)
        own = product(product(rest * CONJUGATE, motions.turns), rest)
        return own, (motions.places - self.head) @ self.axes


def floor_motions(root: RigidMotions) -> RigidMotions:
    """Return the part of a root's motions that goes along the floor z = 0 and turns about the upright, z.

    The place is the one below the root's head, the turn its heading. Height, tilt and sway are left to the root.
    """
    half = headings(root.turns) / 2.0
    nothing = np.zeros_like(half)
    turns = np.stack([np.cos(half), nothing, nothing, np.sin(half)], axis=1)
    return RigidMotions(turns, root.places * [1.0, 1.0, 0.0])


def headings(turns: Array) -> Array:
    """Return the angle about z (N,), radians without jumps, of rotations (N, 4): the twist of their swing-twist decomposition.

    Q = swing · twist with a twist about z has the half angle atan2(q_z, q_w), which says nothing where both are near 0: half a
    turn about a level axis. There the heading goes straight from the frame before to the frame after.
    """
    w, z = turns[:, 0], turns[:, 3]
    upright = np.flatnonzero(np.hypot(w, z) >= LEAST_UPRIGHT)
    if not len(upright):
        return np.zeros(len(turns))
    told = np.unwrap(2.0 * np.arctan2(z[upright], w[upright]))
    found: Array = np.interp(np.arange(len(turns)), upright, told)
    return found


def turned(turns: Array, places: Array) -> Array:
    """Return places (N, 3) turned by quaternions (N, 4)."""
    found: Array = np.einsum("nij,nj->ni", rotation_matrices(turns), places)
    return found
