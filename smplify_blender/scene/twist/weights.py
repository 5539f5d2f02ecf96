# pyright: basic
"""The weights of a limb's bone shared out among its twist bones by distance along the bone, and given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import bpy
import numpy as np

from ...result.rotations import Array
from ...result.twist_bones import TwistBone, twist_shares
from ..figure.bone_joints import bones_by_joint, twist_bones_in
from ..figure.mesh import MIN_WEIGHT, coordinates

Indices = np.ndarray[Any, np.dtype[np.intp]]


def skinned_meshes(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes of the file that an armature moves: body, clothes, and what the artist has made; none that is linked."""
    return [
        thing
        for thing in bpy.data.objects
        if thing.type == "MESH"
        and thing.library is None
        and cast("bpy.types.ID", thing.data).library is None
        and any(
            modifier.type == "ARMATURE" and cast("bpy.types.ArmatureModifier", modifier).object == armature
            for modifier in thing.modifiers
        )
    ]


def share_weights(armature: bpy.types.Object, mesh: bpy.types.Object) -> None:
    """Share out what a mesh's groups of the limbs' bones and of their twist bones hold together; nothing else changes.

    The view layer has to be up to date.
    """
    points = _in_armature(armature, mesh)
    for limb, twists in _limbs(armature).items():
        if limb not in mesh.vertex_groups:
            continue
        own = _group_weights(mesh, [limb, *twists])
        touched = np.flatnonzero(own.sum(axis=1) > MIN_WEIGHT)
        bone = cast("bpy.types.Armature", armature.data).bones[limb]
        along: Array = np.array(bone.tail_local - bone.head_local)
        places = (points[touched] - np.array(bone.head_local)) @ along / float(along @ along)
        joint = next(iter(twists.values())).joint
        shares = own[touched].sum(axis=1)[:, None] * twist_shares(joint, places)
        columns = [0, *(1 + twist.slot for twist in twists.values())]
        _write(mesh, [limb, *twists], touched, shares[:, columns])


def give_back_weights(armature: bpy.types.Object, mesh: bpy.types.Object) -> None:
    """Add the weights of twist bones to their limbs' bones again, and remove their groups."""
    for limb, twists in _limbs(armature).items():
        there = [name for name in twists if name in mesh.vertex_groups]
        if not there:
            continue
        own = _group_weights(mesh, [limb, *there])
        touched = np.flatnonzero(own[:, 1:].sum(axis=1) > 0)
        _write(mesh, [limb], touched, own[touched].sum(axis=1)[:, None])
        for name in there:
            mesh.vertex_groups.remove(mesh.vertex_groups[name])


def _limbs(armature: bpy.types.Object) -> dict[str, dict[str, TwistBone]]:
    """Return the twist bones of each limb's bone, all by name."""
    names = bones_by_joint(armature)
    found: dict[str, dict[str, TwistBone]] = {}
    for name, twist in twist_bones_in(armature).items():
        if twist.joint in names:
            found.setdefault(names[twist.joint], {})[name] = twist
    return found


def _in_armature(armature: bpy.types.Object, mesh: bpy.types.Object) -> Array:
    """Return the vertices (V, 3) at rest with their shape keys as mixed, in the armature's frame."""
    data = cast("bpy.types.Mesh", mesh.data)
    keys: Any = data.shape_keys
    if keys is None:
        points = coordinates(data.vertices)
    else:
        points = coordinates(keys.key_blocks[0].points)
        for block in keys.key_blocks[1:]:
            if not block.mute and block.value:
                points = points + block.value * (
                    coordinates(block.points) - coordinates(block.relative_key.points)
                )
    into = np.array(armature.matrix_world.inverted_safe() @ mesh.matrix_world, dtype=np.float64)
    placed: Array = points @ into[:3, :3].T + into[:3, 3]
    return placed


def _group_weights(mesh: bpy.types.Object, names: list[str]) -> Array:
    """Return the weights (V, N) of some groups as they are; 0 for a group that a mesh lacks."""
    groups: Mapping[int, int] = {
        mesh.vertex_groups[name].index: column
        for column, name in enumerate(names)
        if name in mesh.vertex_groups
    }
    vertices = cast("bpy.types.Mesh", mesh.data).vertices
    weights = np.zeros((len(vertices), len(names)))
    for vertex in vertices:
        for element in vertex.groups:
            column = groups.get(element.group)
            if column is not None:
                weights[vertex.index, column] = element.weight
    return weights


def _write(mesh: bpy.types.Object, names: list[str], vertices: Indices, weights: Array) -> None:
    """Set the weights (N, groups) of some vertices; those without weight leave the group."""
    for name, column in zip(names, weights.T, strict=True):
        group: Any = mesh.vertex_groups.get(name) or mesh.vertex_groups.new(name=name)
        gone = vertices[column <= MIN_WEIGHT]
        group.remove(gone.tolist())
        for vertex, weight in zip(vertices.tolist(), column.tolist(), strict=True):
            if weight > MIN_WEIGHT:
                group.add((vertex,), weight, "REPLACE")
