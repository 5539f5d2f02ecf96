"""Pose a `ReducedBody` in batch: points in the camera frame and their derivatives.

B elements, P points, D parameters of a step; pairs as in `point_model.py`, the twist product as in `articulation.py`.

Derivatives are analytic. A small turn ω of joint j moves point i by ω × (a_ij − s_ij P_j), where a_ij and s_ij sum the posed
pairs and the weights of i whose joints are j or hang below it. Along a direction u that is [a_ij × u | s_ij u] times the
twist of j. Where the whole point hangs below, a_ij is the point itself before the translation and s_ij is 1, the same for all
such joints: one product with the twists of all joints gives these derivatives at once (`ReducedBody.whole`). The others are
made one incidence each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, device_of, product3, small_products

from .articulation import Articulation, articulate, cross, twists
from .point_model import ReducedBody

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class PosedPoints:
    """One posing of a batch: `points` (B, P, 3) in the camera frame, and what their derivatives need."""

    body: ReducedBody
    points: Float[Array, "batch points 3"]
    unmoved: Float[Array, "batch points 3"]  # before the translation
    by_shape: Float[Array, "batch points 3 shape"]  # ∂X/∂ the shape coefficients asked for
    pairs: Float[Array, "batch pairs 3"]  # posed pairs
    joints: Articulation


def pose_points(
    body: ReducedBody,
    rotations: Float[Array, "batch joints 3"],
    shape: Float[Array, "batch shape"],
    translation: Float[Array, "batch 3"],
    coefficients: slice = slice(0),
) -> PosedPoints:
    """Pose the points: `rotations` (B, J, 3) vectors, `shape` (B, S), `translation` (B, 3) in metres.

    `coefficients` are the shape coefficients by which derivatives are wanted.
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
    """Return Σ_s directions[…, s] coefficients[b, s] (B, Q, 3) for (1 or B, Q, 3, S) and (B, S)."""
    xp = array_namespace(coefficients)
    count, size = directions.shape[1], directions.shape[3]
    flat = xp.reshape(directions, (directions.shape[0], count * 3, size))
    if directions.shape[0] == 1:
        product = xp.matmul(coefficients, xp.matrix_transpose(flat[0]))
    else:
        product = xp.matmul(flat, coefficients[..., None])[..., 0]
    return xp.reshape(product, (coefficients.shape[0], count, 3))


def _summed(body: ReducedBody, pairs: Array) -> Array:
    """Sum the pairs (B, Q, 3, k) over each point: (B, P, 3, k)."""
    xp = array_namespace(pairs)
    points = xp.take(pairs, body.first_pair, axis=1)
    if body.other_pairs.shape[0]:
        others = xp.take(pairs, body.other_pairs, axis=1)
        batch, _, _, size = others.shape
        sums = xp.matmul(body.other_sums, xp.reshape(others, (batch, -1, 3 * size)))
        points[:, body.other_points] += xp.reshape(sums, (batch, -1, 3, size))
    return points


def point_jacobian(
    posed: PosedPoints, rows: Float[Array, "batch kinds points 3"]
) -> Float[Array, "batch rows steps"]:
    """Return ∂(u · X)/∂step (B, 2 P, D) for rows u (B, 2, P, 3) at every point X.

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
    shaped = 3 + turned.shape[3]
    size = shaped + posed.by_shape.shape[3]
    jacobian = xp.empty((batch, kinds, count, size), dtype=rows.dtype, device=device_of(rows))
    jacobian[..., :3] = rows
    xp.multiply(turned, body.whole, out=jacobian[..., 3:shaped])
    if body.partial_points.shape[0]:
        jacobian[:, :, body.partial_points[:, None], 3 + body.part_columns] = _partial(posed, rows, turns)
    jacobian[..., shaped:] = sum(
        rows[..., axis : axis + 1] * posed.by_shape[:, None, :, axis, :] for axis in range(3)
    )
    return xp.reshape(jacobian, (batch, kinds * count, size))


def _partial(posed: PosedPoints, rows: Array, turns: Array) -> Array:
    """Return the derivatives (B, 2, r, 3) by joints that move only some of a point's pairs."""
    xp, body = array_namespace(rows), posed.body
    below = xp.matmul(body.part_rows, xp.take(posed.pairs, body.part_pairs, axis=1))
    weight = xp.matmul(
        xp.take(body.pair_weight, body.part_pairs, axis=1), xp.matrix_transpose(body.part_rows)
    )
    u = xp.take(rows, body.partial_points, axis=2)
    levers = xp.concat([cross(below[:, None], u), weight[:, None, :, None] * u], axis=-1)  # (B, 2, r, 6)
    by_joint = xp.reshape(turns, (turns.shape[0], 6, -1, 3))
    mine = xp.permute_dims(xp.take(by_joint, body.part_moving, axis=2), (0, 2, 1, 3))  # (B, r, 6, 3)
    return xp.permute_dims(small_products(xp.permute_dims(levers, (0, 2, 1, 3)), mine), (0, 2, 1, 3))
