"""New starts from a found pose: arms and legs whose depth a picture cannot tell, mirrored in depth.

A limb of two bones looks almost the same when one or both bones point away from the camera instead of towards it. The
mirrored limb keeps its hinge: the upper joint turns so that the plane of the limb becomes the mirrored plane, and the
lower joint changes its flexion only. The cost then tells which of the poses is likelier.
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
    device_of,
    numpy_double,
    to_numpy,
)
from fitting_core.body_model.articulation import JointTree, articulate, cross, joint_tree
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

from ..parameters import ParameterLayout

_LIMBS = tuple(
    tuple(joint_index(f"{side}_{name}") for name in chain)
    for side in ("left", "right")
    for chain in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)
# Which of the two bones is mirrored: both, the upper, the lower.
_MIRRORED = ((True, True), (True, False), (False, True))
FLIP_COUNT = len(_LIMBS) * len(_MIRRORED)
# Below this sine between the bones a limb counts as straight: it has no plane of its own.
_STRAIGHT = 0.05
# Below this sine between two directions, which single precision still tells from 0, their common normal is noise.
_NO_NORMAL = 1e-6


@dataclass(frozen=True, eq=False)
class _Limbs:
    """n limbs in the camera frame: world rotations (n, 3, 3) of parent, upper and lower joint, bones and rays (n, 3)."""

    parent: Array
    upper: Array
    lower: Array
    first: Array
    second: Array
    ray: Array


def depth_flips(
    model: BodyModel, layout: ParameterLayout, x: NumpyArray, make: ArrayMaker | None = None
) -> NumpyArray:
    """Mirror every limb of every pose in depth: (B, FLIP_COUNT, N) from x (B, N).

    Computed by NumPy in double precision, or where `make` puts its arrays.
    """
    make = numpy_double() if make is None else make
    tree, rows = _limb_tree(model, make), make.floats(x)
    posed = articulate(tree, layout.rotations(rows), layout.shape_coefficients(rows), slice(0))
    upper, lower, end = (
        make.indices(tree.where[np.array([limb[part] for limb in _LIMBS])]) for part in range(3)
    )
    parent = make.indices(tree.where[np.array([model.parents[limb[0]] for limb in _LIMBS])])
    place = posed.positions + layout.translation(rows)[:, None]
    choices, xp = len(_MIRRORED), make.namespace

    def repeated(values: Array, limb: Array) -> Array:
        """Choose the limbs' joints of (B, joints, …) and flatten to (B · limbs · choices, …)."""
        chosen = xp.repeat(xp.take(values, limb, axis=1), choices, axis=1)
        return xp.reshape(chosen, (-1, *values.shape[2:]))

    start, middle, stop = (repeated(place, joints) for joints in (upper, lower, end))
    limbs = _Limbs(
        parent=repeated(posed.world, parent),
        upper=repeated(posed.world, upper),
        lower=repeated(posed.world, lower),
        first=middle - start,
        second=stop - middle,
        ray=_unit(start),
    )
    mirrored = make.floats(np.tile(np.array(_MIRRORED, dtype=float), (len(x) * len(_LIMBS), 1))) > 0.5
    turned = to_numpy(_mirrored(limbs, mirrored)).reshape(len(x), FLIP_COUNT, 6)
    found = np.repeat(x[:, None], FLIP_COUNT, axis=1)
    for index, limb in enumerate(_LIMBS):
        of_limb = slice(index * choices, (index + 1) * choices)
        found[:, of_limb, layout.joints(limb[:2])] = turned[:, of_limb]
    return found


@lru_cache(maxsize=4)
def _limb_tree(model: BodyModel, make: ArrayMaker) -> JointTree:
    wanted = np.zeros(model.joint_count, dtype=bool)
    wanted[[joint for limb in _LIMBS for joint in limb]] = True
    return joint_tree(model, wanted, make)


def _mirrored(limbs: _Limbs, mirrored: Array) -> Array:
    """Rotation vectors (n, 6) of the upper and the lower joint after mirroring the bones that `mirrored` (n, 2) says."""
    xp = array_namespace(limbs.first)
    first, second = limbs.first, limbs.second
    target_first = xp.where(mirrored[:, :1], _mirror(first, limbs.ray), first)
    target_second = xp.where(mirrored[:, 1:], _mirror(second, limbs.ray), second)
    normal, target_normal = cross(first, second), cross(target_first, target_second)
    lengths = _norm(first) * _norm(second)
    straight = xp.minimum(_norm(normal), _norm(target_normal)) < _STRAIGHT * lengths
    turn = xp.where(
        straight[..., None],
        _shortest_rotation(first, target_first),
        xp.matmul(_frame(target_first, target_normal), xp.matrix_transpose(_frame(first, normal))),
    )
    upper = xp.matmul(turn, limbs.upper)
    turned_second = xp.matmul(turn, second[..., None])[..., 0]
    lower = xp.matmul(xp.matmul(_shortest_rotation(turned_second, target_second), turn), limbs.lower)
    local = xp.stack(
        [
            xp.matmul(xp.matrix_transpose(limbs.parent), upper),
            xp.matmul(xp.matrix_transpose(upper), lower),
        ],
        axis=1,
    )
    return xp.reshape(vector_from_matrix(local), (-1, 6))


def _mirror(bone: Array, ray: Array) -> Array:
    return bone - 2 * array_namespace(bone).sum(bone * ray, axis=1, keepdims=True) * ray


def _norm(vector: Array) -> Array:
    """Return the lengths (…, 1) of vectors (…, 3)."""
    xp = array_namespace(vector)
    return xp.sqrt(xp.sum(vector * vector, axis=-1, keepdims=True))


def _unit(vector: Array) -> Array:
    return vector / at_least(_norm(vector), 1e-12)


def _frame(bone: Array, normal: Array) -> Array:
    """Rotation matrices (B, 3, 3) with the bone and the normal of the limb's plane as first columns."""
    a, b = _unit(bone), _unit(normal)
    return array_namespace(bone).stack([a, b, cross(a, b)], axis=2)


def _shortest_rotation(source: Array, target: Array) -> Array:
    """Return the rotations (B, 3, 3) of the directions `source` (B, 3) into `target` about their common normal."""
    xp = array_namespace(source)
    a, b = _unit(source), _unit(target)
    axis = cross(a, b)
    sine = _norm(axis)
    angle = xp.atan2(sine, xp.sum(a * b, axis=1, keepdims=True))
    # Opposite directions have no common normal: any axis square to them serves.
    axes = xp.eye(3, dtype=a.dtype, device=device_of(a))
    spare = cross(a, xp.take(axes, xp.argmin(xp.abs(a), axis=1), axis=0))
    axis = xp.where(sine < _NO_NORMAL, spare, axis)
    return matrix_from_vector(_unit(axis) * angle)
