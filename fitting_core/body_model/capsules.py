"""The capsules of a body, posed in batch on either array library, and where they pass through each other. Free of bpy.

B elements, C capsules, K pairs, J joints, S shape coefficients. Metres; the frame is the root's, before the translation.
How the capsules come from a body file: capsule_fit.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.geometry.rotations import right_jacobian

from .body_model import BodyModel
from .point_model import ReducedBody
from .posed_points import PosedPoints, pose_points, shape_derivatives
from .rigid_points import descendants, points_rigid_to_joints

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class BodyCapsules:
    """C capsules and the K pairs that may not pass through each other; S shape coefficients as in the model.

    `allowance` (K,) is the depth that a pair has in a natural pose anyway, `allowance_directions` its change with shape.
    """

    model: BodyModel
    names: tuple[str, ...]
    joint: NumpyArray  # (C,) the joint that each is rigid to
    ends: NumpyArray  # (C, 2, 3) end points less their joint, template
    end_directions: NumpyArray  # (C, 2, 3, S)
    radius: NumpyArray  # (C,)
    radius_directions: NumpyArray  # (C, S)
    pairs: NumpyArray  # (K, 2)
    allowance: NumpyArray
    allowance_directions: NumpyArray  # (K, S)


class CapsuleArrays:
    """The capsules as arrays of one library, ready to be posed."""

    def __init__(self, capsules: BodyCapsules, make: ArrayMaker) -> None:
        model, count = capsules.model, len(capsules.joint)
        size = capsules.radius_directions.shape[1]
        self.body: ReducedBody = points_rigid_to_joints(
            model,
            np.repeat(capsules.joint, 2),
            capsules.ends.reshape(2 * count, 3),
            capsules.end_directions.reshape(2 * count, 3, size),
            make,
        )
        first, second = capsules.pairs[:, 0], capsules.pairs[:, 1]
        below = descendants(model.parents)
        self.first = make.indices(first)
        self.second = make.indices(second)
        # +1 where a joint turns the first capsule only, −1 the second only, 0 where it turns both or none: (K, J).
        self.turned = make.floats(
            below[:, capsules.joint[first]].T.astype(float) - below[:, capsules.joint[second]].T
        )
        self.radius = make.floats(capsules.radius)
        self.radius_directions = make.floats(capsules.radius_directions)
        self.allowance = make.floats(capsules.allowance)
        reach = capsules.radius_directions[first] + capsules.radius_directions[second]
        self.reach_directions = make.floats(reach - capsules.allowance_directions)  # (K, S)
        self.allowance_directions = make.floats(capsules.allowance_directions)


@dataclass(frozen=True, eq=False)
class Contacts:
    """How deep the capsules of k chosen pairs lie in each other beyond what is allowed, in metres; negative: apart.

    The nearest points of the two axes lie at `along_first`, `along_second` (0 to 1); `normal` points from the second to
    the first.
    """

    pairs: Array  # (k,) which of the K
    depth: Array  # (B, k)
    along_first: Array
    along_second: Array
    normal: Array  # (B, k, 3)
    on_first: Array  # (B, k, 3)


def posed_ends(arrays: CapsuleArrays, rotations: Array, shape: Array) -> PosedPoints:
    """The 2 C end points for `rotations` (B, J, 3) and `shape` (B, S)."""
    xp = array_namespace(rotations)
    still = xp.zeros((rotations.shape[0], 3), dtype=rotations.dtype, device=device_of(rotations))
    return pose_points(arrays.body, rotations, shape, still)


def near_pairs(arrays: CapsuleArrays, posed: PosedPoints, shape: Array) -> Array:
    """(k,) the pairs whose enclosing spheres touch in any element of the batch."""
    xp = array_namespace(shape)
    start, end = posed.points[:, 0::2], posed.points[:, 1::2]
    middle, half = 0.5 * (start + end), 0.5 * (end - start)
    sphere = xp.sqrt(xp.sum(half * half, axis=-1)) + _radii(arrays, shape)
    apart = xp.take(middle, arrays.first, axis=1) - xp.take(middle, arrays.second, axis=1)
    reach = xp.take(sphere, arrays.first, axis=1) + xp.take(sphere, arrays.second, axis=1)
    near = xp.sum(apart * apart, axis=-1) < reach * reach
    return xp.nonzero(xp.any(near, axis=0))[0]


def _radii(arrays: CapsuleArrays, shape: Array) -> Array:
    xp = array_namespace(shape)
    return arrays.radius + xp.matmul(shape, xp.matrix_transpose(arrays.radius_directions))


def contacts(arrays: CapsuleArrays, posed: PosedPoints, shape: Array, chosen: Array) -> Contacts:
    """Nearest points of the axes of the `chosen` pairs (k,). Ericson, Real-Time Collision Detection, section 5.1.9."""
    xp = array_namespace(shape)
    start, end = posed.points[:, 0::2], posed.points[:, 1::2]
    axis = end - start
    squared = xp.sum(axis * axis, axis=-1) + _TINY
    first, second = xp.take(arrays.first, chosen, axis=0), xp.take(arrays.second, chosen, axis=0)
    axis1, axis2 = xp.take(axis, first, axis=1), xp.take(axis, second, axis=1)
    start1, start2 = xp.take(start, first, axis=1), xp.take(start, second, axis=1)
    a, e = xp.take(squared, first, axis=1), xp.take(squared, second, axis=1)
    between = start1 - start2
    c, f = xp.sum(axis1 * between, axis=-1), xp.sum(axis2 * between, axis=-1)
    b = xp.sum(axis1 * axis2, axis=-1)
    s = xp.clip((b * f - c * e) / xp.clip(a * e - b * b, 1e-6 * a * e, None), 0.0, 1.0)
    t = xp.clip((b * s + f) / e, 0.0, 1.0)
    s = xp.clip((b * t - c) / a, 0.0, 1.0)
    on_first = start1 + s[..., None] * axis1
    apart = on_first - (start2 + t[..., None] * axis2)
    distance = xp.sqrt(xp.sum(apart * apart, axis=-1) + _TINY)
    radii = _radii(arrays, shape)
    allowed = xp.take(arrays.allowance, chosen, axis=0) + xp.matmul(
        shape, xp.matrix_transpose(xp.take(arrays.allowance_directions, chosen, axis=0))
    )
    reach = xp.take(radii, first, axis=1) + xp.take(radii, second, axis=1) - allowed
    return Contacts(chosen, reach - distance, s, t, apart / distance[..., None], on_first)


def chosen_contacts(found: Contacts, which: Array) -> Contacts:
    """Some of the contacts, `which` (n,) of the k."""
    xp = array_namespace(found.depth)
    return Contacts(
        pairs=xp.take(found.pairs, which, axis=0),
        depth=xp.take(found.depth, which, axis=1),
        along_first=xp.take(found.along_first, which, axis=1),
        along_second=xp.take(found.along_second, which, axis=1),
        normal=xp.take(found.normal, which, axis=1),
        on_first=xp.take(found.on_first, which, axis=1),
    )


@dataclass(frozen=True, eq=False)
class DepthDerivatives:
    """∂depth of some pairs k: per joint rotation vector (B, k, J, 3), the root's zero, and per shape (B, k, S)."""

    rotations: Array
    shape: Array


def depth_derivatives(
    arrays: CapsuleArrays, posed: PosedPoints, rotations: Array, found: Contacts
) -> DepthDerivatives:
    """Derivatives of the depths of the pairs found.

    The nearest points move along their axes without changing the distance to first order, so both count as fixed on
    their capsules. A joint that turns the first capsule only moves its point c by δ × (c − P), which changes the depth by
    −n · (δ × (c − P)) = −δ · ((c − P) × n); along n it is the same for either point.
    """
    xp = array_namespace(rotations)
    normal = found.normal
    arm = found.on_first[:, :, None] - posed.place[:, None]  # (B, k, J, 3)
    moment = _cross(arm, normal[:, :, None]) * xp.take(arrays.turned, found.pairs, axis=0)[None, :, :, None]
    frame = posed.world[:, 1:] @ right_jacobian(rotations[:, 1:])
    turned = -xp.sum(moment[:, :, 1:, :, None] * frame[:, None], axis=-2)
    return DepthDerivatives(
        rotations=xp.concat([xp.zeros_like(turned[:, :, :1]), turned], axis=2),
        shape=_by_shape(arrays, posed, found),
    )


def _by_shape(arrays: CapsuleArrays, posed: PosedPoints, found: Contacts) -> Array:
    xp = array_namespace(found.depth)
    moved = shape_derivatives(arrays.body, posed, slice(None))  # (B, 2C, 3, S)
    start, end = moved[:, 0::2], moved[:, 1::2]

    def at(capsules: Array, along: Array) -> Array:
        which = xp.take(capsules, found.pairs, axis=0)
        share = along[..., None, None]
        return (1.0 - share) * xp.take(start, which, axis=1) + share * xp.take(end, which, axis=1)

    apart = at(arrays.first, found.along_first) - at(arrays.second, found.along_second)
    return xp.take(arrays.reach_directions, found.pairs, axis=0) - xp.sum(
        found.normal[..., None] * apart, axis=2
    )


def _cross(a: Array, b: Array) -> Array:
    xp = array_namespace(a)
    a0, a1, a2 = a[..., 0], a[..., 1], a[..., 2]
    b0, b1, b2 = b[..., 0], b[..., 1], b[..., 2]
    return xp.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
