"""Pose a `ReducedBody` in batch: points in the camera frame and their derivatives. Free of bpy.

B elements, P points, J joints, S shape coefficients. Derivatives are analytic: a rotation of joint j by the right
perturbation R_j exp(δ) moves point i by −[a_ij − s_ij P_j]ₓ G_j δ, where a_ij and s_ij sum the posed pairs and
the weights of i that hang below j; rotation vectors then need the right Jacobian of SO(3).
"""

from __future__ import annotations

from dataclasses import dataclass

from fitting_core.arrays import Array, array_namespace, device_of
from fitting_core.geometry.rotations import matrix_from_vector, right_jacobian

from .point_model import ReducedBody


@dataclass(frozen=True, eq=False)
class PosedPoints:
    """One posing of a batch: `points` (B, P, 3) in the camera frame, and what their derivatives need."""

    points: Array
    unmoved: Array  # (B, P, 3) the points before the translation
    world: Array  # (B, J, 3, 3) G_j
    place: Array  # (B, J, 3) P_j, before the translation
    pairs: Array  # (B, Q, 3) posed pairs


def pose_points(body: ReducedBody, rotations: Array, shape: Array, translation: Array) -> PosedPoints:
    """Pose the points: `rotations` (B, J, 3) vectors, `shape` (B, S), `translation` (B, 3) in metres."""
    xp = array_namespace(rotations)
    local = matrix_from_vector(rotations)
    rest = body.joints[None] + xp.sum(body.joint_directions[None] * shape[:, None, None, :], axis=-1)
    world, place = _joint_transforms(body, local, rest)
    offset = body.pair_offset + _directed(body.pair_directions, shape)
    if body.pair_pose_directions is not None:
        feature = xp.reshape(
            local[:, 1:] - xp.eye(3, dtype=local.dtype, device=device_of(local)), (local.shape[0], -1)
        )
        offset = offset + _directed(body.pair_pose_directions, feature)
    pair_world = xp.take(world, body.pair_joint, axis=1)
    pair_place = xp.take(place, body.pair_joint, axis=1)
    pairs = xp.matmul(pair_world, offset[..., None])[..., 0] + body.pair_weight[..., None] * pair_place
    unmoved = xp.matmul(body.point_pairs, pairs)
    points = unmoved + translation[:, None, :]
    return PosedPoints(points=points, unmoved=unmoved, world=world, place=place, pairs=pairs)


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


def _joint_transforms(body: ReducedBody, local: Array, rest: Array) -> tuple[Array, Array]:
    xp = array_namespace(local)
    world = xp.zeros_like(local)
    place = xp.zeros_like(rest)
    world[:, 0] = local[:, 0]
    place[:, 0] = rest[:, 0]
    for joints, parents in body.levels:
        above = world[:, parents]
        world[:, joints] = xp.matmul(above, local[:, joints])
        bone = rest[:, joints] - rest[:, parents]
        place[:, joints] = place[:, parents] + xp.matmul(above, bone[..., None])[..., 0]
    return world, place


def rotation_derivatives(body: ReducedBody, posed: PosedPoints, rotations: Array, rows_of_u: Array) -> Array:
    """∂(u·X)/∂θ for every incidence of a point and a moving joint: (B, 2, R, 3).

    `rows_of_u` (B, 2, P, 3) are the rows ∂(u, v)/∂X of the projection. The root's derivative is taken with respect to
    a right perturbation of its rotation; every other joint's with respect to its rotation vector.
    """
    xp = array_namespace(rotations)
    below, weight = _below(body, posed)
    arm = below - weight[..., None] * xp.take(posed.place, body.row_joint, axis=1)
    turned = posed.world[:, 1:] @ right_jacobian(rotations[:, 1:])
    frame = xp.concat([posed.world[:, :1], turned], axis=1)
    u = xp.take(rows_of_u, body.row_point, axis=2)  # (B, 2, R, 3)
    moment = _cross(arm[:, None], u)
    return _row_times_matrix(moment, xp.take(frame, body.row_joint, axis=1)[:, None])


def _below(body: ReducedBody, posed: PosedPoints) -> tuple[Array, Array]:
    """a_ij (B, R, 3) and s_ij (1 or B, R): the sums over the pairs of point i that hang below joint j."""
    xp = array_namespace(posed.points)
    total = xp.matmul(body.pair_weight, xp.matrix_transpose(body.point_pairs))
    whole = body.row_point[: body.whole_rows]
    part = xp.matmul(body.part_rows, xp.take(posed.pairs, body.part_pairs, axis=1))
    part_weight = xp.matmul(
        xp.take(body.pair_weight, body.part_pairs, axis=1), xp.matrix_transpose(body.part_rows)
    )
    return (
        xp.concat([xp.take(posed.unmoved, whole, axis=1), part], axis=1),
        xp.concat([xp.take(total, whole, axis=1), part_weight], axis=1),
    )


def _cross(a: Array, b: Array) -> Array:
    xp = array_namespace(a)
    a0, a1, a2 = a[..., 0], a[..., 1], a[..., 2]
    b0, b1, b2 = b[..., 0], b[..., 1], b[..., 2]
    return xp.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)


def _row_times_matrix(row: Array, matrix: Array) -> Array:
    """row (…, 3) times matrix (…, 3, 3), written out: faster than a million tiny matrix products."""
    return (
        row[..., 0:1] * matrix[..., 0, :]
        + row[..., 1:2] * matrix[..., 1, :]
        + row[..., 2:3] * matrix[..., 2, :]
    )


def shape_derivatives(body: ReducedBody, posed: PosedPoints, coefficients: slice) -> Array:
    """∂X/∂(shape) for a slice of the coefficients: (B, P, 3, s)."""
    xp = array_namespace(posed.points)
    directions = body.joint_directions[..., coefficients]
    moved = _joint_shape_derivatives(body, posed.world, directions)
    pair_world = xp.take(posed.world, body.pair_joint, axis=1)
    pairs = xp.matmul(pair_world, body.pair_directions[..., coefficients])
    pairs = pairs + body.pair_weight[..., None, None] * xp.take(moved, body.pair_joint, axis=1)
    batch, count, _, size = pairs.shape
    flat = xp.matmul(body.point_pairs, xp.reshape(pairs, (batch, count, 3 * size)))
    return xp.reshape(flat, (batch, flat.shape[1], 3, size))


def _joint_shape_derivatives(body: ReducedBody, world: Array, directions: Array) -> Array:
    """∂P_k/∂β by levels: ∂P_k = ∂P_p + G_p (∂J_k − ∂J_p); (B, J, 3, s)."""
    xp = array_namespace(world)
    moved = xp.zeros((world.shape[0], *directions.shape), dtype=world.dtype, device=device_of(world))
    moved[:, 0] = directions[0]
    for joints, parents in body.levels:
        bone = directions[joints] - directions[parents]
        moved[:, joints] = moved[:, parents] + xp.matmul(world[:, parents], bone)
    return moved
