"""New starts from a found pose: arms and legs whose depth a picture cannot tell, mirrored in depth.

A limb of two bones looks almost the same when one or both bones point away from the camera instead of towards it. The
mirrored limb keeps its hinge: the upper joint turns so that the plane of the limb becomes the mirrored plane, and the
lower joint changes its flexion only. The cost then tells which of the poses is likelier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.articulation import JointTree, articulate, joint_tree
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


@dataclass(frozen=True, eq=False)
class _Limbs:
    """n limbs in the camera frame: world rotations (n, 3, 3) of parent, upper and lower joint, bones and rays (n, 3)."""

    parent: NumpyArray
    upper: NumpyArray
    lower: NumpyArray
    first: NumpyArray
    second: NumpyArray
    ray: NumpyArray


def depth_flips(model: BodyModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Mirror every limb of every pose in depth: (B, FLIP_COUNT, N) from x (B, N)."""
    tree = _limb_tree(model)
    posed = articulate(tree, layout.rotations(x), layout.shape_coefficients(x), slice(0))
    upper, lower, end = (tree.where[np.array([limb[part] for limb in _LIMBS])] for part in range(3))
    parent = tree.where[np.array([model.parents[limb[0]] for limb in _LIMBS])]
    place = posed.positions + layout.translation(x)[:, None]
    choices = len(_MIRRORED)

    def repeated(values: NumpyArray) -> NumpyArray:
        """Flatten (B, limbs, …) to (B · limbs · choices, …)."""
        return np.repeat(values, choices, axis=1).reshape(-1, *values.shape[2:])

    limbs = _Limbs(
        parent=repeated(posed.world[:, parent]),
        upper=repeated(posed.world[:, upper]),
        lower=repeated(posed.world[:, lower]),
        first=repeated(place[:, lower] - place[:, upper]),
        second=repeated(place[:, end] - place[:, lower]),
        ray=repeated(_unit(place[:, upper])),
    )
    mirrored = np.tile(np.array(_MIRRORED), (len(x) * len(_LIMBS), 1))
    turned = _mirrored(limbs, mirrored).reshape(len(x), FLIP_COUNT, 6)
    found = np.repeat(x[:, None], FLIP_COUNT, axis=1)
    for index, limb in enumerate(_LIMBS):
        rows = slice(index * choices, (index + 1) * choices)
        found[:, rows, layout.joints(limb[:2])] = turned[:, rows]
    return found


@lru_cache(maxsize=4)
def _limb_tree(model: BodyModel) -> JointTree:
    wanted = np.zeros(model.joint_count, dtype=bool)
    wanted[[joint for limb in _LIMBS for joint in limb]] = True
    return joint_tree(model, wanted, numpy_double())


def _mirrored(limbs: _Limbs, mirrored: NumpyArray) -> NumpyArray:
    """Rotation vectors (n, 6) of the upper and the lower joint after mirroring the bones that `mirrored` (n, 2) says."""
    first, second = limbs.first, limbs.second
    target_first = np.where(mirrored[:, :1], _mirror(first, limbs.ray), first)
    target_second = np.where(mirrored[:, 1:], _mirror(second, limbs.ray), second)
    normal, target_normal = np.cross(first, second), np.cross(target_first, target_second)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    least = np.minimum(np.linalg.norm(normal, axis=1), np.linalg.norm(target_normal, axis=1))
    straight = least < _STRAIGHT * lengths
    turn = np.where(
        straight[:, None, None],
        _shortest_rotation(first, target_first),
        _frame(target_first, target_normal) @ np.swapaxes(_frame(first, normal), 1, 2),
    )
    upper = turn @ limbs.upper
    lower = _shortest_rotation((turn @ second[..., None])[..., 0], target_second) @ turn @ limbs.lower
    local = np.stack([np.swapaxes(limbs.parent, 1, 2) @ upper, np.swapaxes(upper, 1, 2) @ lower], axis=1)
    return vector_from_matrix(local).reshape(-1, 6)


def _mirror(bone: NumpyArray, ray: NumpyArray) -> NumpyArray:
    return bone - 2 * (bone * ray).sum(axis=1, keepdims=True) * ray


def _unit(vector: NumpyArray) -> NumpyArray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)


def _frame(bone: NumpyArray, normal: NumpyArray) -> NumpyArray:
    """Rotation matrices (B, 3, 3) with the bone and the normal of the limb's plane as first columns."""
    a, b = _unit(bone), _unit(normal)
    return np.stack([a, b, np.cross(a, b)], axis=2)


def _shortest_rotation(source: NumpyArray, target: NumpyArray) -> NumpyArray:
    """Return the rotations (B, 3, 3) of the directions `source` (B, 3) into `target` about their common normal."""
    a, b = _unit(source), _unit(target)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, (a * b).sum(axis=1))
    # Opposite directions have no common normal: any axis square to them serves.
    spare = np.cross(a, np.eye(3)[np.argmin(np.abs(a), axis=1)])
    axis = np.where((sine < 1e-9)[:, None], spare, axis)
    return matrix_from_vector(_unit(axis) * angle[:, None])
