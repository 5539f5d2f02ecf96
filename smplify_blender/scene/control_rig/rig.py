# pyright: basic
"""A control rig added to a figure, and taken off again with the pose kept."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..figure.armature import edited
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones
from .control_bones import ControlBone, control_bones
from .mechanism import add_mechanism, remove_mechanism
from .names import LIMBS, MARK
from .shapes import shape_object
from .snap import set_gaze_share, set_handle_share, snap_all

CONTROLS, MECHANISM = "Controls", "Mechanism"
COLOURS = ((".L", "THEME04"), (".R", "THEME01"))
MIDDLE_COLOUR = "THEME09"


def has_control_rig(armature_object: bpy.types.Object) -> bool:
    """Return True for a figure that has a whole control rig."""
    bones = cast("bpy.types.Armature", armature_object.data).bones
    return all(limb.handle in bones and MARK in bones[limb.handle] for limb in LIMBS)


def missing_joints(armature_object: bpy.types.Object) -> tuple[str, ...]:
    """Return the joints that a control rig needs and the figure has no bone for."""
    needed = {joint for limb in LIMBS for joint in (limb.root, limb.middle, limb.end, limb.toe) if joint}
    needed |= {"pelvis", "spine1", "spine2", "spine3", "neck", "head"}
    return tuple(sorted(needed - set(bones_by_joint(armature_object))))


def add_control_rig(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Add the controls and put them where the figure's own bones are; the pose that is shown stays as it is.

    `view_layer` has to be the context's, in object mode.
    """
    names = bones_by_joint(armature_object)
    bones = control_bones(armature_object, names)
    data: Any = armature_object.data
    with edited(armature_object, view_layer):
        _make(data, bones)
    _dress(armature_object, bones)
    add_mechanism(armature_object, names)
    view_layer.update()
    snap_all(armature_object)
    view_layer.update()


def remove_control_rig(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Take all controls off; the figure's own bones stay as their own channels have them."""
    remove_mechanism(armature_object)
    data: Any = armature_object.data
    gone = [bone.name for bone in data.bones if MARK in bone]
    _remove_drivers(armature_object, gone)
    with edited(armature_object, view_layer):
        for name in gone:
            data.edit_bones.remove(data.edit_bones[name])
    for name in (CONTROLS, MECHANISM):
        collection = data.collections.get(name)
        if collection is not None and not collection.bones:
            data.collections.remove(collection)


def refresh_control_rig(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Put the controls where the figure's bones are after those were given another shape or another pose.

    Nothing for a figure without a control rig. `view_layer` has to be the context's, in object mode.
    """
    if not has_control_rig(armature_object):
        return
    bones = control_bones(armature_object, bones_by_joint(armature_object))
    data: Any = armature_object.data
    with edited(armature_object, view_layer):
        for bone in bones:
            if bone.name in data.edit_bones:
                _place(data.edit_bones[bone.name], bone)
    view_layer.update()
    snap_all(armature_object)


def follow_own_bones(armature_object: bpy.types.Object, own: bool) -> None:
    """Switch all limbs and the eyes to their own bones, or to their handles."""
    share = 0.0 if own else 1.0
    for limb in LIMBS:
        set_handle_share(armature_object, limb, share)
    set_gaze_share(armature_object, share)


def _make(data: Any, bones: list[ControlBone]) -> None:
    for bone in bones:
        made = data.edit_bones.new(bone.name)
        made[MARK] = True
        made.use_deform = False
        _place(made, bone)
        if bone.parent:
            made.parent = data.edit_bones[bone.parent]


def _place(edit_bone: Any, bone: ControlBone) -> None:
    edit_bone.head, edit_bone.tail = bone.head, bone.tail
    edit_bone.align_roll(bone.z_axis)


def _dress(armature_object: bpy.types.Object, bones: list[ControlBone]) -> None:
    data: Any = armature_object.data
    collections = {
        name: data.collections.get(name) or data.collections.new(name) for name in (CONTROLS, MECHANISM)
    }
    collections[MECHANISM].is_visible = False
    for bone in bones:
        collections[CONTROLS if bone.shape else MECHANISM].assign(data.bones[bone.name])
        if not bone.shape:
            continue
        pose_bone = pose_bones(armature_object)[bone.name]
        pose_bone.custom_shape = shape_object(bone.shape)
        pose_bone.custom_shape_scale_xyz = (bone.size, bone.size, bone.size)
        colour = next((colour for side, colour in COLOURS if bone.name.endswith(side)), MIDDLE_COLOUR)
        pose_bone.color.palette = colour


def _remove_drivers(armature_object: bpy.types.Object, names: list[str]) -> None:
    """Drivers of bones that are about to go would stay behind, broken."""
    animation = armature_object.animation_data
    if animation is None:
        return
    gone = tuple(f'pose.bones["{bpy.utils.escape_identifier(name)}"]' for name in names)
    for curve in list(animation.drivers):
        if curve.data_path.startswith(gone):
            animation.drivers.remove(curve)
