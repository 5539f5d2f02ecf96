"""Pose a `ReducedBody` in batch: points in the camera frame and their derivatives. Free of bpy.

B elements, P points, D parameters of a step. Derivatives are analytic: a rotation of joint j by the right perturbation
R_j exp(δ) moves point i by −[a_ij − s_ij P_j]ₓ G_j δ, where a_ij and s_ij sum the posed pairs and the weights of i that
hang below j; rotation vectors then need the right Jacobian of SO(3). Where the whole point hangs below, one product with
the twists of the joints gives all derivatives at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from fitting_core.arrays import Array, array_namespace, device_of, product3

from .articulation import Articulation, articulate, cross, twists
from .point_model import ReducedBody


@dataclass(frozen=True, eq=False)
class PosedPoints:
    """One posing of a batch: `points` (B, P, 3) in the camera frame, and what their derivatives need."""

    body: ReducedBody
    points: Array
    unmoved: Array  # (B, P, 3) the points before the translation
    by_shape: Array  # (B, P, 3, s) ∂X/∂ the shape coefficients asked for
    pairs: Array  # (B, Q, 3) posed pairs
    joints: Articulation


def pose_points(
    body: ReducedBody, rotations: Array, shape: Array, translation: Array, coefficients: slice = slice(0)
) -> PosedPoints:
    """Pose the points: `rotations` (B, J, 3) vectors, `shape` (B, S), `translation` (B, 3) in metres.

    `coefficients` says for which of the shape coefficients derivatives are wanted.
    """
    xp = array_namespace(rotations)
    joints = articulate(body.tree, rotations, shape, coefficients)
    offset = body.pair_offset + _directed(body.pair_directions, shape)
    if body.pair_pose_directions is not None:
        local = xp.take(joints.local, body.every_joint[1:], axis=1)
        feature = local - xp.eye(3, dtype=local.dtype, device=device_of(local))
        offset = offset + _directed(body.pair_pose_directions, xp.reshape(feature, (local.shape[0], -1)))
    moved = body.pair_directions[..., coefficients]
    rest = xp.empty((*offset.shape, 1 + moved.shape[3]), dtype=offset.dtype, device=device_of(offset))
    rest[..., 0], rest[..., 1:] = offset, moved
    pairs = product3(xp.take(joints.world, body.pair_joint, axis=1), rest)
    pairs += xp.take(joints.carried, body.pair_joint, axis=1) * body.pair_weight[..., None, None]
    points = _summed(body, pairs)
    unmoved = points[..., 0]
    return PosedPoints(
        body, unmoved + translation[:, None, :], unmoved, points[..., 1:], pairs[..., 0], joints
    )


def _directed(directions: Array, coefficients: Array) -> Array:
    """Σ_s directions[…, s] coefficients[b, s]: (1 or B, Q, 3, S) and (B, S) → (B, Q, 3)."""
    xp = array_namespace(coefficients)
    count, size = directions.shape[1], directions.shape[3]
    flat = xp.reshape(directions, (directions.shape[0], count * 3, size))
    if directions.shape[0] == 1:
        product = xp.matmul(coefficients, xp.matrix_transpose(flat[0]))
    else:
        product = xp.matmul(flat, coefficients[..., None])[..., 0]
    return xp.reshape(product, (coefficients.shape[0], count, 3))


def _summed(body: ReducedBody, pairs: Array) -> Array:
    """The pairs (B, Q, 3, k) summed over each point: (B, P, 3, k)."""
    xp = array_namespace(pairs)
    points = xp.take(pairs, body.first_pair, axis=1)
    if body.other_pairs.shape[0]:
        others = xp.take(pairs, body.other_pairs, axis=1)
        batch, _, _, size = others.shape
        sums = xp.matmul(body.other_sums, xp.reshape(others, (batch, -1, 3 * size)))
        points[:, body.other_points] += xp.reshape(sums, (batch, -1, 3, size))
    return points


def point_jacobian(posed: PosedPoints, rows: Array) -> Array:
    """∂(u · X)/∂step for rows u (B, 2, P, 3) at every point: (B, 2 P, D).

    The columns are the translation, the rotation vectors of the moving joints, and the shape coefficients that the
    points were posed for.
    """
    xp = array_namespace(rows)
    body = posed.body
    batch, kinds, count, _ = rows.shape
    levers = xp.concat([cross(posed.unmoved[:, None], rows), rows], axis=-1)
    turns = twists(posed.joints, body.moving)
    turned = xp.matmul(xp.reshape(levers, (batch, kinds * count, 6)), turns)
    turned = xp.reshape(turned, (batch, kinds, count, -1))
    turned *= body.whole
    if body.partial_points.shape[0]:
        turned[:, :, body.partial_points[:, None], body.part_columns] = _partial(posed, rows, turns)
    shaped = sum(rows[..., axis : axis + 1] * posed.by_shape[:, None, :, axis, :] for axis in range(3))
    jacobian = xp.concat([rows, turned, shaped], axis=-1)
    return xp.reshape(jacobian, (batch, kinds * count, -1))


def _partial(posed: PosedPoints, rows: Array, turns: Array) -> Array:
    """The derivatives (B, 2, r, 3) by joints that move some of a point's pairs only."""
    xp, body = array_namespace(rows), posed.body
    below = xp.matmul(body.part_rows, xp.take(posed.pairs, body.part_pairs, axis=1))
    weight = xp.matmul(
        xp.take(body.pair_weight, body.part_pairs, axis=1), xp.matrix_transpose(body.part_rows)
    )
    u = xp.take(rows, body.partial_points, axis=2)
    levers = xp.concat([cross(below[:, None], u), weight[:, None, :, None] * u], axis=-1)  # (B, 2, r, 6)
    by_joint = xp.reshape(turns, (turns.shape[0], 6, -1, 3))
    mine = xp.permute_dims(xp.take(by_joint, body.part_moving, axis=2), (0, 2, 1, 3))  # (B, r, 6, 3)
    return xp.permute_dims(xp.matmul(xp.permute_dims(levers, (0, 2, 1, 3)), mine), (0, 2, 1, 3))
