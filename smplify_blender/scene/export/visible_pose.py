# pyright: basic
"""A copy's bones as they are shown, with keys of their own: no constraint, driver or control goes into a file."""

from __future__ import annotations

from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.motion_tracks import continuous
from ..control_rig.names import MARK
from ..created import Created
from ..figure.armature import edited
from ..figure.pose import pose_bones
from ..motion.bone_keys import replace_keys


def has_constraints(armature_object: bpy.types.Object) -> bool:
    """Return True if any constraint or driver moves a bone."""
    animation = armature_object.animation_data
    if animation is not None and len(animation.drivers):
        return True
    return any(not one.mute for bone in pose_bones(armature_object) for one in bone.constraints)


def bake_visible_pose(
    original: bpy.types.Object, copied: bpy.types.Object, scene: bpy.types.Scene, created: Created
) -> None:
    """Key every bone of a copy at each frame of `scene` as its constraints show it, in an action of its own.

    The copy's constraints and drivers that look at its original look at the copy itself first.
    """
    _look_at_itself(original, copied)
    bones = [bone for bone in pose_bones(copied) if MARK not in bone.bone]
    frames = range(scene.frame_start, scene.frame_end + 1)
    channels = np.empty((len(frames), len(bones), 10))
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        shown = copied.evaluated_get(scene.view_layers[0].depsgraph)
        for index, bone in enumerate(bones):
            location, rotation, scale = _basis(pose_bones(shown)[bone.name]).decompose()
            channels[row, index] = *location, *rotation, *scale
    copied.animation_data_clear()
    action = created.add(bpy.data.actions.new(f"{original.name} pose"))
    cast("bpy.types.AnimData", copied.animation_data_create()).action = action
    remove_constraints(copied)
    for index, bone in enumerate(bones):
        bone.rotation_mode = "QUATERNION"
        replace_keys(copied, bone, "rotation_quaternion", frames, continuous(channels[:, index, 3:7]))
        if bone.parent is None or np.abs(channels[:, index, :3]).max() > 1e-6:
            replace_keys(copied, bone, "location", frames, channels[:, index, :3])
        if np.abs(channels[:, index, 7:] - 1.0).max() > 1e-5:
            replace_keys(copied, bone, "scale", frames, channels[:, index, 7:])


def remove_constraints(copied: bpy.types.Object) -> None:
    """Remove every constraint of a copy's bones."""
    for bone in pose_bones(copied):
        for constraint in list(bone.constraints):
            bone.constraints.remove(constraint)


def strip_controls(copied: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Remove the bones that the control rig has added from a copy."""
    data: Any = copied.data
    names = [bone.name for bone in data.bones if MARK in bone]
    if not names:
        return
    with edited(copied, view_layer):
        for name in names:
            data.edit_bones.remove(data.edit_bones[name])


def _basis(bone: bpy.types.PoseBone) -> Matrix:
    parent = bone.parent
    if parent is None:
        return bone.bone.matrix_local.inverted() @ bone.matrix
    rest = parent.bone.matrix_local.inverted() @ bone.bone.matrix_local
    return (parent.matrix @ rest).inverted() @ bone.matrix


def _look_at_itself(original: bpy.types.Object, copied: bpy.types.Object) -> None:
    constraints: list[Any] = [one for bone in pose_bones(copied) for one in bone.constraints]
    for constraint in constraints:
        for name in ("target", "pole_target"):
            if getattr(constraint, name, None) == original:
                setattr(constraint, name, copied)
    drivers: Any = copied.animation_data.drivers if copied.animation_data is not None else ()
    variables = [variable for curve in drivers for variable in curve.driver.variables]
    for target in [target for variable in variables for target in variable.targets]:
        if target.id == original:
            target.id = copied
