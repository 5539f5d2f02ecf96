# pyright: basic
"""Twist bones on, and off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.twist.twist_rig import (
    add_twist_bones,
    has_twist_bones,
    reason_against_twist_bones,
    remove_twist_bones,
)
from ..settings.scene_choices import figure_in
from .control_rig import reason_against
from .modes import out_of_pose_mode

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_switch_twist_bones(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Turn the skin of forearms, upper arms and thighs along their length: no wrung wrists. Joints and keys stay. Again: off"""

    bl_idname = "smplify.switch_twist_bones"
    bl_label = "Twist Bones"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file that has twist bones or can have some."""
        reason = reason_against(context, needs_controls=False)
        if not reason:
            armature = cast("bpy.types.Object", figure_in(context))
            reason = "" if has_twist_bones(armature) else reason_against_twist_bones(armature)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Add them, or take them off."""
        armature = cast("bpy.types.Object", figure_in(context))
        change = remove_twist_bones if has_twist_bones(armature) else add_twist_bones
        with out_of_pose_mode(context):
            change(armature, cast("bpy.types.ViewLayer", context.view_layer))
        return {"FINISHED"}
