# pyright: basic
"""One of the two rigs for a figure: the house's own controls on its bones, or Blender's Rigify."""

from __future__ import annotations

from typing import Literal, get_args

import bpy

from ..result.errors import ResultError, shown
from .control_rig.bake import bake_to_controls, keyed_frames
from .control_rig.rig import add_control_rig, has_control_rig, missing_joints
from .figure.bone_joints import bones_by_joint
from .motion.root_motion import set_root_motion
from .rigify.follow import followed_rig
from .rigify.generated import can_generate, generate_rig, missing_for_rigify

RigKind = Literal["control", "rigify"]
RIG_KINDS: tuple[RigKind, ...] = get_args(RigKind)


class RigError(ResultError):
    """A figure cannot have a rig; the text says why."""


def reason_against_rig(armature: bpy.types.Object, kind: RigKind) -> str:
    """Return why a figure cannot have a rig of this kind, as the grey button says it; empty if it can."""
    if followed_rig(armature) is not None:
        if kind == "rigify":
            return "The figure follows a Rigify rig"
        return "Remove the Rigify rig first: a figure follows one rig"
    if has_control_rig(armature):
        if kind == "control":
            return "The figure has a control rig"
        return "Remove the control rig first: a figure follows one rig"
    missing = missing_joints(armature) if kind == "control" else missing_for_rigify(armature)
    if missing:
        return f"The figure has no bone for {missing[0]}"
    return "" if kind == "control" or can_generate() else "This Blender has no Rigify: install the add-on"


def add_rig(
    armature: bpy.types.Object, kind: RigKind, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer
) -> bpy.types.Object:
    """Give a figure a rig that is posed and keyed as it is; return the armature with the handles.

    `view_layer` has to be the context's, in object mode. Raises `RigError` or `RigifyError`; nothing has changed then.
    """
    if kind not in RIG_KINDS:
        raise RigError(f"“{shown(kind)}”: a rig is {' or '.join(RIG_KINDS)}. Choose one.")
    reason = reason_against_rig(armature, kind)
    if reason:
        raise RigError(f"{armature.name}: {reason}.")
    if kind == "rigify":
        return _generate_rig(armature, scene, view_layer)
    add_control_rig(armature, view_layer)
    if keyed_frames(armature, bones_by_joint(armature).values()):
        bake_to_controls(armature, scene)
    return armature


def _generate_rig(
    armature: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer
) -> bpy.types.Object:
    """Generate a rig, which is an object of its own: a walk of the figure's object goes to the root bone, and so to the rig."""
    was_on_object = set_root_motion(armature, "BONE")
    view_layer.update()
    try:
        return generate_rig(armature, scene, view_layer)
    except ResultError:
        if was_on_object:
            set_root_motion(armature, "OBJECT")
        raise
