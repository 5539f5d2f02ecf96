# pyright: basic
"""Moves a figure's bones to the joints of the shape that its sliders show; its pose and animation are kept.

The rest joints are J̄ + S_J β + E_J ψ, from tables in the .blend itself (stored_source.py). A bone's rest axes turn with its
limb, from B to B'; a rotation R of the limb is Bᵀ R B in a bone's own axes, so with D = B'ᵀ B every quaternion's vector part
and every location is turned by D: a linear map, which holds for keys and their handles too. The rest body's soles stay on the
armature's floor; a pose that stood on it still does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.axes import BLENDER_FROM_BODY
from ...result.bone_names import bone_name
from ...result.figure_pose import FigurePlacement
from ...result.rest_bones import RestBone, rest_bones
from ...result.rotations import Array
from ...result.shaped_body import ShapedBody
from ..face.carried import expression_values
from ..motion.action_curves import bone_curves, object_curves
from ..stored_values import StoredValues, stored_values
from ..twist.twist_rig import refresh_twist_bones
from .armature import edited, move_bones
from .bone_joints import bones_by_joint, limbs_of_twists
from .carried_keys import OTHER_ROTATIONS, TURNED_CHANNELS, has_close_keys, rest_axes, turn_keys, turn_pose
from .figure_body import FigureChangedError, made_for, stored_joint_names, usable_body
from .lookup import body_of, garments_of
from .mesh import coordinates, joint_weights
from .shape_keys import BASIS, expression_keys_of, shape_keys_of
from .stored_source import (
    BONE_BETAS,
    BONE_EXPRESSION,
    DIRECTION_TABLES,
    PROPERTY,
)

MOST_OFF = 1e-3  # metres, of a bone's head from where it was put
MIN_DIFFERENCE = 1e-4  # of a coefficient: moves no joint by a tenth of a millimetre


@dataclass(frozen=True)
class _Skeleton:
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    weights: Array


@dataclass(frozen=True)
class _Shape:
    betas: Array
    expression: Array


def bones_are_behind(armature: bpy.types.Object) -> bool:
    """Return True if the shape sliders show another shape than the one for which the bones stand."""
    body = body_of(armature)
    shown = _shown_shape(body) if body is not None else None
    if shown is None:
        return False
    source = _source(armature)
    fitted = (made_for(source, BONE_BETAS, "betas"), made_for(source, BONE_EXPRESSION, "expression"))
    return any(
        _differ(values, stored)
        for values, stored in zip((shown.betas, shown.expression), fitted, strict=True)
    )


def fit_bones_to_shape(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Move the rest bones to the joints of the shape that the sliders show.

    `view_layer` has to be the context's, in object mode. Raises `FigureChangedError` before anything is changed.
    """
    body = usable_body(armature, view_layer, "there is no shape to follow.")
    shape = _shown_shape(body)
    if shape is None:
        raise FigureChangedError(f"“{body.name}” has no shape keys any more: its bones stay as they are.")
    source = _source(armature)
    _check_source(armature, source)
    scale = source.number("scale", 1.0)  # a floor, or the scene's units
    old = FigurePlacement(source.number("lift"), np.zeros(3), scale)
    _refuse_another_rest(armature, source, old)
    shaped = ShapedBody(
        vertices=_body_points(_shaped_vertices(body, shape), old), joints=_joints(armature, source, shape)
    )
    new = FigurePlacement(-float(shaped.vertices[:, 1].min()), np.zeros(3), scale)
    bones = rest_bones(_skeleton(armature, body, source), shaped)
    _refuse_what_cannot_be_turned(armature, bones)
    before = rest_axes(armature)
    data = cast("bpy.types.Armature", armature.data)
    with edited(armature, view_layer):
        move_bones(data, bones, bones_by_joint(armature), new)
    for thing in (body, *garments_of(armature)):
        cast("bpy.types.Mesh", thing.data).transform(
            Matrix.Translation((0.0, 0.0, scale * (new.lift - old.lift))), shape_keys=True
        )
    turns = {name: axes.T @ before[name] for name, axes in rest_axes(armature).items()}
    turn_pose(armature, turns)
    turn_keys(armature, turns)
    group: Any = data[PROPERTY]
    group["lift"] = new.lift
    group[BONE_BETAS] = shape.betas.tolist()
    group[BONE_EXPRESSION] = shape.expression.tolist()
    refresh_twist_bones(armature, view_layer)


def _source(armature: bpy.types.Object) -> StoredValues:
    return stored_values(armature.data, PROPERTY)


def _check_source(armature: bpy.types.Object, source: StoredValues) -> None:
    template, names = source.numbers("joints_template"), stored_joint_names(source)
    tables = [source.numbers(name) for name in DIRECTION_TABLES if name in source]
    is_sound = "lift" in source and source.number("scale", 1.0) > 0 and len(template) == 3 * len(names) > 0
    if not is_sound or not all(table and len(table) % len(template) == 0 for table in tables):
        raise FigureChangedError(
            f"“{armature.name}” no longer holds the tables that its bones follow: import or fit it again."
        )


def _shown_shape(body: bpy.types.Object) -> _Shape | None:
    """Return the shape that the sliders show; None where the mesh has none."""
    mesh = cast("bpy.types.Mesh", body.data)
    shape_keys = shape_keys_of(mesh)
    if not shape_keys:
        return None
    return _Shape(
        np.array([0.0 if key.mute else key.value for key in shape_keys], dtype=np.float64),
        expression_values(mesh),
    )


def _differ(shown: Array, stored: Array) -> bool:
    """Return True if two shapes differ. Coefficients that one of them lacks count as zero: zeros are not stored."""
    count = max(len(shown), len(stored))
    difference = np.zeros(count)
    difference[: len(shown)] += shown
    difference[: len(stored)] -= stored
    return bool(np.abs(difference).max(initial=0.0) > MIN_DIFFERENCE)


def _joints(armature: bpy.types.Object, source: StoredValues, shape: _Shape) -> Array:
    """(J, 3) in the body frame."""
    joints = np.array(source.numbers("joints_template")).reshape(-1, 3)
    for name, values in zip(DIRECTION_TABLES, (shape.betas, shape.expression), strict=True):
        if name not in source:
            continue
        table = np.array(source.numbers(name)).reshape(len(joints), 3, -1)
        if table.shape[2] != len(values):
            raise FigureChangedError(
                f"“{armature.name}” has {len(values)} of the {table.shape[2]} shape keys that its bones follow: "
                "shape keys were removed or renamed. Undo that, or fit again."
            )
        joints = joints + table @ values
    return joints


def _refuse_another_rest(
    armature: bpy.types.Object, source: StoredValues, placement: FigurePlacement
) -> None:
    """Bones that somebody has moved, or scaled with the object, are not those that a shape can move."""
    coefficients: list[Array] = []
    for table, key, fitted in zip(
        DIRECTION_TABLES, (BONE_BETAS, BONE_EXPRESSION), ("betas", "expression"), strict=True
    ):
        stored = made_for(source, key, fitted)
        count = len(source.numbers(table)) // len(source.numbers("joints_template"))
        coefficients.append(np.resize(np.append(stored, np.zeros(count)), count))  # zeros are not stored
    expected = placement.armature_points(_joints(armature, source, _Shape(*coefficients)))
    bones = cast("bpy.types.Armature", armature.data).bones
    names = bones_by_joint(armature)
    for joint, place in zip(stored_joint_names(source), expected, strict=True):
        name = names.get(joint, "")
        bone = bones.get(name)
        if bone is not None and np.abs(np.array(bone.head_local) - place).max() > MOST_OFF * placement.scale:
            raise FigureChangedError(
                f"Bone “{name}” is not where the figure's shape has put it: it was moved in Edit Mode, or a scale or rotation of "
                f"“{armature.name}” was applied. Undo that, or fit again."
            )


def _shaped_vertices(body: bpy.types.Object, shape: _Shape) -> Array:
    """(V, 3) of the rest body with a shape and expression, and nothing else, in the mesh's own frame."""
    blocks = cast("Any", body.data).shape_keys.key_blocks
    basis = coordinates(blocks[BASIS].points if BASIS in blocks else blocks[0].points)
    shaped = basis.copy()
    mesh = cast("bpy.types.Mesh", body.data)
    for keys, values in (
        (shape_keys_of(mesh), shape.betas),
        (expression_keys_of(mesh), shape.expression),
    ):
        for block, value in zip(keys, values.tolist(), strict=False):
            shaped += value * (coordinates(block.points) - basis)
    return shaped


def _body_points(points: Array, placement: FigurePlacement) -> Array:
    """The inverse of `FigurePlacement.armature_points`."""
    moved: Array = (points / placement.scale - np.array([0.0, 0.0, placement.lift])) @ BLENDER_FROM_BODY
    return moved


def _skeleton(armature: bpy.types.Object, body: bpy.types.Object, source: StoredValues) -> _Skeleton:
    joints, found = stored_joint_names(source), bones_by_joint(armature)
    gone = [joint for joint in joints if found.get(joint, "") not in body.vertex_groups]
    if gone:
        raise FigureChangedError(
            f"“{armature.name}” has no bone or no vertex group “{found.get(gone[0], bone_name(gone[0]))}” any more: it was "
            "removed. Undo that, or fit again."
        )
    names = [found[joint] for joint in joints]
    bones = cast("bpy.types.Armature", armature.data).bones
    parents = [_ancestor_in(names, bones[name]) for name in names]
    weights = joint_weights(body, names, limbs_of_twists(armature))
    return _Skeleton(joints, tuple(parents), weights)


def _ancestor_in(names: Sequence[str], bone: bpy.types.Bone) -> int:
    """Return the index of the nearest bone above that has one of `names`; −1: none."""
    parent = bone.parent
    while parent is not None and parent.name not in names:
        parent = parent.parent
    return -1 if parent is None else names.index(parent.name)


def _refuse_what_cannot_be_turned(armature: bpy.types.Object, bones: Sequence[RestBone]) -> None:
    animation = armature.animation_data
    if animation is not None and any(track.strips and not track.mute for track in animation.nla_tracks):
        raise FigureChangedError(
            f"“{armature.name}” has strips in the NLA, which cannot be carried over. Bake them into one action (Pose ▸ "
            "Animation ▸ Bake Action) and mute or delete its tracks, or fit the bones before."
        )
    curves = object_curves(armature)
    names = bones_by_joint(armature)
    for name in (names[bone.joint] for bone in bones):
        for channel in OTHER_ROTATIONS:
            if bone_curves(curves, name, channel):
                raise FigureChangedError(
                    f"Bone “{name}” is animated with {channel.removeprefix('rotation_').replace('_', ' ')} rotations, "
                    "which cannot be carried over. Set its Rotation Mode to Quaternion and key it so, or clear those keys."
                )
        for channel, first in TURNED_CHANNELS:
            found = bone_curves(curves, name, channel)
            keyed = [found[index] for index in range(first, first + 3) if index in found]
            if has_close_keys(keyed):
                raise FigureChangedError(
                    f"Bone “{name}” has keys of its {channel.replace('_', ' ')} too close together. "
                    "Snap its keys to whole frames."
                )
            if 0 < len(keyed) < 3:
                raise FigureChangedError(
                    f"Bone “{name}” is keyed on some axes of its {channel.replace('_', ' ')} only. Key all of them, or "
                    "clear those keys."
                )
