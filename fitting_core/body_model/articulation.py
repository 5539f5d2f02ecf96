"""Articulation of the joints: their positions and rotations for rotation vectors and shape, and the derivatives.

B elements, n joints of a tree, s shape coefficients that move. Forward kinematics level by level: G_j = G_p R_j,
P_j = P_p + G_p (J_j − J_p), and in the same product ∂P_j/∂β. The first joint is the root, before the translation.

The twist product. A step dθ of joint j's rotation vector turns everything at and below j about P_j by ω = F dθ, with the frame
F = G_j J_r(θ_j) and the right Jacobian J_r of SO(3): R(θ + dθ) = R(θ) exp(J_r dθ). A point X there moves by ω × (X − P_j),
and along a direction u by

    u · dX = ω · ((X − P_j) × u) = (X × u) · ω + u · (P_j × ω) = [X × u | u] [F ; P_j × F] dθ.

The left factor knows the point only, the right one, the joint's twist (6 × 3), knows the joint only. So one product of all
points' rows with all joints' twists gives every derivative, in place of one cross product for each point and joint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of, product3
from fitting_core.geometry.rotations import matrix_and_right_jacobian

from .body_model import BodyModel

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class JointTree:
    """n joints of a body with all their ancestors, parents before children, ready to be posed."""

    joints: Array  # (n,) indices among the J of the body
    where: NumpyArray  # (J,) position of each of the body's joints among the n; −1 for those left out
    levels: tuple[
        tuple[int, int, Array], ...
    ]  # per depth below the root: first, one after the last, their parents
    bones: Array  # (n, 3) from the parent at rest, template; the root's own position
    bone_directions: Array  # (n, 3, S)


def joint_tree(model: BodyModel, wanted: NumpyArray, make: ArrayMaker) -> JointTree:
    """Make the tree of the `wanted` joints (J,) bool and their ancestors as arrays of the library behind `make`."""
    parents = np.array(model.parents)
    kept = wanted.copy()
    kept[0] = True
    for joint in range(len(parents) - 1, 0, -1):
        kept[parents[joint]] |= kept[joint]
    depth = np.zeros(len(parents), dtype=np.int64)
    for joint in range(1, len(parents)):
        depth[joint] = depth[parents[joint]] + 1
    order = np.nonzero(kept)[0]
    order = order[np.argsort(depth[order], kind="stable")]
    where = np.full(len(parents), -1)
    where[order] = np.arange(len(order))
    levels: list[tuple[int, int, Array]] = []
    for level in range(1, int(depth[order].max()) + 1):
        members = np.nonzero(depth[order] == level)[0]
        first, stop = int(members[0]), int(members[-1]) + 1
        levels.append((first, stop, make.indices(where[parents[order[first:stop]]])))
    above = parents[order[1:]]
    bones, directions = model.joints_template[order], model.joint_directions[order]
    bones[1:] -= model.joints_template[above]
    directions[1:] -= model.joint_directions[above]
    return JointTree(make.indices(order), where, tuple(levels), make.floats(bones), make.floats(directions))


@dataclass(frozen=True, eq=False)
class Articulation:
    """A tree posed in batch."""

    local: Array  # (B, n, 3, 3) R_j
    world: Array  # (B, n, 3, 3) G_j
    carried: Array  # (B, n, 3, 1 + s) P_j, and its derivative by shape
    frame: Array  # (B, n, 3, 3) G_j J_r(θ_j): the turns ω by each number of the rotation vector, as columns

    @property
    def positions(self) -> Array:
        """The joints' positions P_j (B, n, 3), before the translation."""
        return self.carried[..., 0]


def articulate(
    tree: JointTree,
    rotations: Float[Array, "batch joints 3"],
    shape: Float[Array, "batch shape"],
    coefficients: slice,
) -> Articulation:
    """Pose a tree: `rotations` (B, J, 3) of all joints of the body, `shape` (B, S), of which `coefficients` move."""
    xp = array_namespace(rotations)
    local, right = matrix_and_right_jacobian(xp.take(rotations, tree.joints, axis=1))
    count, size = tree.bone_directions.shape[0], tree.bone_directions.shape[2]
    flat = xp.reshape(tree.bone_directions, (3 * count, size))
    bones = tree.bones + xp.reshape(xp.matmul(shape, xp.matrix_transpose(flat)), (-1, count, 3))
    moved = tree.bone_directions[..., coefficients]
    columns = xp.empty((*local.shape[:3], 4 + moved.shape[2]), dtype=local.dtype, device=device_of(local))
    columns[..., :3], columns[..., 3], columns[..., 4:] = local, bones, moved
    for first, stop, parents in tree.levels:
        above = xp.take(columns, parents, axis=1)
        below = product3(above[..., :3], columns[:, first:stop])
        below[..., 3:] += above[..., 3:]
        columns[:, first:stop] = below
    world = columns[..., :3]
    return Articulation(local, world, columns[..., 3:], product3(world, right))


def twists(posed: Articulation, joints: Array) -> Array:
    """Return the twists [F ; P × F] (B, 6, 3 m) of m joints, given by their position in the tree.

    [X × u | u] times them is ∂(u · X)/∂θ for a point X that hangs below all of them, before the translation, and any direction
    u; see the module.
    """
    xp = array_namespace(posed.world)
    frame = xp.take(posed.frame, joints, axis=1)
    positions = xp.take(posed.positions, joints, axis=1)[..., None]
    f0, f1, f2 = frame[..., 0, :], frame[..., 1, :], frame[..., 2, :]
    p0, p1, p2 = positions[..., 0, :], positions[..., 1, :], positions[..., 2, :]
    rows = xp.stack([f0, f1, f2, p1 * f2 - p2 * f1, p2 * f0 - p0 * f2, p0 * f1 - p1 * f0], axis=1)
    return xp.reshape(rows, (rows.shape[0], 6, -1))


def cross(a: Array, b: Array) -> Array:
    """Return a × b along the last axis, broadcast."""
    xp = array_namespace(a)
    a0, a1, a2 = a[..., 0], a[..., 1], a[..., 2]
    b0, b1, b2 = b[..., 0], b[..., 1], b[..., 2]
    return xp.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
