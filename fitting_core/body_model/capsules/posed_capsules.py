"""The capsules of a body, posed in batch on either array library, and where they pass through each other.

B elements, C capsules, K pairs, J joints, S shape coefficients. Metres; the frame is the root's, before the translation.
How the capsules come from a body file: fit_capsules.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fitting_core.arrays import (
    Array,
    ArrayMaker,
    NumpyArray,
    array_namespace,
    at_least,
    at_most,
    device_of,
    is_on_cpu,
    largest,
    product3,
)

from ..articulation import Articulation, cross, joint_tree, twists
from ..body_model import BodyModel
from ..point_model import descendants

_TINY = 1e-12
# More pairs than this do not touch at once in any pose worth keeping; the deepest count.
MOST_CONTACTS = 48
_ROUNDING_M = 1e-3  # more than single precision loses in the squares of a body's places


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
    """The capsules as arrays of one library, ready to be posed with the tree of all joints."""

    def __init__(self, capsules: BodyCapsules, make: ArrayMaker) -> None:
        model, count = capsules.model, len(capsules.joint)
        self.model = model
        tree = joint_tree(model, np.ones(model.joint_count, dtype=bool), make)
        self.tree = tree
        self.joint = make.indices(np.repeat(tree.where[capsules.joint], 2))  # (2 C,) places in the tree
        self.ends = make.floats(capsules.ends.reshape(2 * count, 3))
        self.end_directions = make.floats(capsules.end_directions.reshape(2 * count, 3, -1))
        first, second = capsules.pairs[:, 0], capsules.pairs[:, 1]
        below = descendants(model.parents)
        self.first = make.indices(first)
        self.second = make.indices(second)
        # +1 where a joint turns the first capsule only, −1 the second only, 0 where it turns both or none: (K, J).
        self.turned = below[:, capsules.joint[first]].T.astype(float) - below[:, capsules.joint[second]].T
        self.cells = make.indices(first * count + second)  # (K,) where each pair stands in a C × C table
        self.radius = make.floats(capsules.radius)
        self.radius_directions = make.floats(capsules.radius_directions)
        self.allowance = make.floats(capsules.allowance)
        self.allowance_directions = make.floats(capsules.allowance_directions)


@lru_cache(maxsize=8)
def capsule_arrays(capsules: BodyCapsules, make: ArrayMaker) -> CapsuleArrays:
    """Return the arrays of some capsules, remembered."""
    return CapsuleArrays(capsules, make)


@dataclass(frozen=True, eq=False)
class PosedCapsules:
    """The axes of the C capsules of a batch in metres before the translation: `start`, `end` (B, C, 3), `radius` (B, C)."""

    start: Array
    end: Array
    radius: Array
    joints: Articulation


@dataclass(frozen=True, eq=False)
class Contacts:
    """The contacts of k chosen pairs of capsules: depths in each other beyond what is allowed, in metres; negative: apart.

    The nearest points of the two axes lie at `along_first`, `along_second` (0 to 1); `normal` points from the second to
    the first.
    """

    pairs: Array  # (k,) which of the K; (B, k) where each element has its own
    depth: Array  # (B, k)
    along_first: Array
    along_second: Array
    normal: Array  # (B, k, 3)
    on_first: Array  # (B, k, 3)


def posed_capsules(arrays: CapsuleArrays, joints: Articulation, shape: Array) -> PosedCapsules:
    """Return the capsules of a body of `shape` (B, S) on its posed joints (of the tree of all joints)."""
    xp = array_namespace(shape)
    count, size = arrays.end_directions.shape[0], arrays.end_directions.shape[2]
    flat = xp.reshape(arrays.end_directions, (3 * count, size))
    rest = arrays.ends + xp.reshape(xp.matmul(shape, xp.matrix_transpose(flat)), (-1, count, 3))
    turned = product3(xp.take(joints.world, arrays.joint, axis=1), rest[..., None])[..., 0]
    ends = turned + xp.take(joints.positions, arrays.joint, axis=1)
    radius = arrays.radius + xp.matmul(shape, xp.matrix_transpose(arrays.radius_directions))
    return PosedCapsules(ends[:, 0::2], ends[:, 1::2], radius, joints)


def near_pairs(arrays: CapsuleArrays, posed: PosedCapsules) -> Array:
    """Return the pairs (k,) whose enclosing spheres touch in any element of the batch; off the CPU all, without a wait."""
    xp = array_namespace(posed.start)
    if not is_on_cpu(posed.start):
        return xp.arange(arrays.first.shape[0], device=device_of(arrays.first))
    middle, half = 0.5 * (posed.start + posed.end), 0.5 * (posed.end - posed.start)
    reach = xp.sqrt(xp.sum(half * half, axis=-1)) + posed.radius + _ROUNDING_M
    squared = xp.sum(middle * middle, axis=-1)
    # |a − b|² < (r + s)² for all at once: a product of the middles in place of differences of two thousand pairs.
    inner = xp.matmul(middle, xp.matrix_transpose(middle)) + reach[:, :, None] * reach[:, None, :]
    excess = squared - reach * reach
    near = excess[:, :, None] + excess[:, None, :] < 2.0 * inner
    table = xp.reshape(xp.any(near, axis=0), (-1,))
    return xp.nonzero(xp.take(table, arrays.cells, axis=0))[0]


def contacts(arrays: CapsuleArrays, posed: PosedCapsules, shape: Array, chosen: Array) -> Contacts:
    """Nearest points of the axes of the `chosen` pairs (k,). Ericson, Real-Time Collision Detection, section 5.1.9."""
    xp = array_namespace(shape)
    start = posed.start
    axis = posed.end - start
    squared = xp.sum(axis * axis, axis=-1) + _TINY
    first, second = xp.take(arrays.first, chosen, axis=0), xp.take(arrays.second, chosen, axis=0)
    axis1, axis2 = xp.take(axis, first, axis=1), xp.take(axis, second, axis=1)
    start1, start2 = xp.take(start, first, axis=1), xp.take(start, second, axis=1)
    a, e = xp.take(squared, first, axis=1), xp.take(squared, second, axis=1)
    between = start1 - start2
    c, f = xp.sum(axis1 * between, axis=-1), xp.sum(axis2 * between, axis=-1)
    b = xp.sum(axis1 * axis2, axis=-1)
    s = _on_segment((b * f - c * e) / xp.maximum(a * e - b * b, 1e-6 * a * e))
    t = _on_segment((b * s + f) / e)
    s = _on_segment((b * t - c) / a)
    on_first = start1 + s[..., None] * axis1
    apart = on_first - (start2 + t[..., None] * axis2)
    distance = xp.sqrt(xp.sum(apart * apart, axis=-1) + _TINY)
    allowed = xp.take(arrays.allowance, chosen, axis=0) + xp.matmul(
        shape, xp.matrix_transpose(xp.take(arrays.allowance_directions, chosen, axis=0))
    )
    reach = xp.take(posed.radius, first, axis=1) + xp.take(posed.radius, second, axis=1) - allowed
    return Contacts(chosen, reach - distance, s, t, apart / distance[..., None], on_first)


def _on_segment(along: Array) -> Array:
    return at_most(at_least(along, 0.0), 1.0)


def deepest(overlaps: Contacts) -> Contacts:
    """Return the contacts that touch, deepest first, with pairs (B, s) of each element's own; the last of a row may be apart.

    Where the arrays lie on the CPU there are as many as the element with the most has; elsewhere always MOST_CONTACTS, so
    that the device need not be waited for.
    """
    xp = array_namespace(overlaps.depth)
    most = min(MOST_CONTACTS, overlaps.depth.shape[1])
    if is_on_cpu(overlaps.depth):
        most = min(most, int(xp.max(xp.sum(xp.astype(overlaps.depth > 0, xp.int64), axis=1))))
    column = largest(overlaps.depth, most)
    row = xp.arange(column.shape[0], device=device_of(column))[:, None]
    return Contacts(
        pairs=overlaps.pairs[column],
        depth=overlaps.depth[row, column],
        along_first=overlaps.along_first[row, column],
        along_second=overlaps.along_second[row, column],
        normal=overlaps.normal[row, column],
        on_first=overlaps.on_first[row, column],
    )


def depth_jacobian(posed: PosedCapsules, overlaps: Contacts, steps: DepthSteps) -> Array:
    """Return ∂depth/∂turns (B, s, 3 m) of each element's own contacts, see `deepest`, by the moving joints of `steps`.

    The nearest points move along their axes without changing the distance to first order, so both count as fixed on
    their capsules. A joint that turns the first capsule only moves its point c by δ × (c − P), which changes the depth by
    −n · (δ × (c − P)) = −δ · ((c − P) × n); along n it is the same for either point.
    """
    xp = array_namespace(overlaps.depth)
    normal = overlaps.normal
    levers = xp.concat([cross(overlaps.on_first, normal), normal], axis=-1)
    return -xp.matmul(levers, twists(posed.joints, steps.moving)) * steps.turned[overlaps.pairs]


@dataclass(frozen=True, eq=False)
class DepthSteps:
    """The parameters that a step changes: the m joints by their position in the tree.

    `turned` (K, 3 m) says of every pair and column whether it turns the first capsule only (+1), the second (−1).
    """

    moving: Array
    turned: Array


def depth_steps(arrays: CapsuleArrays, moving: NumpyArray, make: ArrayMaker) -> DepthSteps:
    """Return the steps of joints `moving` (J,) bool in the order of the body's joints."""
    joints = np.nonzero(moving)[0]
    return DepthSteps(
        make.indices(arrays.tree.where[joints]),
        make.floats(np.repeat(arrays.turned[:, joints], 3, axis=1)),
    )
