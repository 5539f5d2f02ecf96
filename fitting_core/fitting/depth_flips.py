"""New starts from a found pose: arms and legs whose depth a picture cannot tell, mirrored in depth. Free of bpy.

A limb of two bones looks almost the same when one or both bones point away from the camera instead of towards it. The
mirrored limb keeps its hinge: the upper joint turns so that the plane of the limb becomes the mirrored plane, and the
lower joint changes its flexion only. The cost then tells which of the poses is likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

from .parameters import ParameterLayout

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
class _Limb:
    """A limb of B bodies in the camera frame: world rotations of its parent, upper and lower joint, and its bones."""

    parent: NumpyArray
    upper: NumpyArray
    lower: NumpyArray
    bones: tuple[NumpyArray, NumpyArray]
    ray: NumpyArray


def depth_flips(model: BodyModel, layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """Every limb of every pose mirrored in depth: x (B, N) → (B, FLIP_COUNT, N)."""
    world, place = _world(model, layout, x)
    found = np.repeat(x[:, None], FLIP_COUNT, axis=1)
    for index, (upper, lower, end) in enumerate(_LIMBS):
        parent = model.parents[upper]
        ray = place[:, upper] / np.linalg.norm(place[:, upper], axis=1, keepdims=True)
        bones = (place[:, lower] - place[:, upper], place[:, end] - place[:, lower])
        limb = _Limb(world[:, parent], world[:, upper], world[:, lower], bones, ray)
        for choice, mirrored in enumerate(_MIRRORED):
            row = found[:, index * len(_MIRRORED) + choice]
            row[:, layout.joints([upper])], row[:, layout.joints([lower])] = _mirrored(limb, mirrored)
    return found


def _world(model: BodyModel, layout: ParameterLayout, x: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """World rotations (B, J, 3, 3) and places (B, J, 3) of the joints in the camera frame."""
    local = matrix_from_vector(layout.rotations(x))
    rest = model.joints_template + np.einsum("jxs,bs->bjx", model.joint_directions, layout.shape(x))
    world, place = local.copy(), rest.copy()
    for joint, parent in enumerate(model.parents):
        if parent >= 0:
            world[:, joint] = world[:, parent] @ local[:, joint]
            bone = (rest[:, joint] - rest[:, parent])[..., None]
            place[:, joint] = place[:, parent] + (world[:, parent] @ bone)[..., 0]
    return world, place + layout.translation(x)[:, None]


def _mirrored(limb: _Limb, mirrored: tuple[bool, bool]) -> tuple[NumpyArray, NumpyArray]:
    """Rotation vectors (B, 3) of the upper and the lower joint after mirroring."""
    first, second = limb.bones
    target_first = _mirror(first, limb.ray) if mirrored[0] else first
    target_second = _mirror(second, limb.ray) if mirrored[1] else second
    normal, target_normal = np.cross(first, second), np.cross(target_first, target_second)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    least = np.minimum(np.linalg.norm(normal, axis=1), np.linalg.norm(target_normal, axis=1))
    straight = least < _STRAIGHT * lengths
    turn = np.where(
        straight[:, None, None],
        _shortest_rotation(first, target_first),
        _frame(target_first, target_normal) @ np.swapaxes(_frame(first, normal), 1, 2),
    )
    upper = turn @ limb.upper
    lower = _shortest_rotation((turn @ second[..., None])[..., 0], target_second) @ turn @ limb.lower
    return (
        vector_from_matrix(np.swapaxes(limb.parent, 1, 2) @ upper),
        vector_from_matrix(np.swapaxes(upper, 1, 2) @ lower),
    )


def _mirror(bone: NumpyArray, ray: NumpyArray) -> NumpyArray:
    return bone - 2 * (bone * ray).sum(axis=1, keepdims=True) * ray


def _unit(vector: NumpyArray) -> NumpyArray:
    return vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-12)


def _frame(bone: NumpyArray, normal: NumpyArray) -> NumpyArray:
    """Rotation matrices (B, 3, 3) with the bone and the normal of the limb's plane as first columns."""
    a, b = _unit(bone), _unit(normal)
    return np.stack([a, b, np.cross(a, b)], axis=2)


def _shortest_rotation(source: NumpyArray, target: NumpyArray) -> NumpyArray:
    """(B, 3, 3) turning the directions of `source` (B, 3) into those of `target` about their common normal."""
    a, b = _unit(source), _unit(target)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, (a * b).sum(axis=1))
    # Opposite directions have no common normal: any axis square to them serves.
    spare = np.cross(a, np.eye(3)[np.argmin(np.abs(a), axis=1)])
    axis = np.where((sine < 1e-9)[:, None], spare, axis)
    return matrix_from_vector(_unit(axis) * angle[:, None])
