# pyright: basic
"""The expression by face actions, and by its components again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.face.face_actions import (
    has_face_actions,
    reason_against_face_actions,
    use_components,
    use_face_actions,
)
from ..settings.scene_choices import figure_in
from .control_rig import reason_against

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_use_face_actions(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show the expression by the 52 face actions that face capture uses (jawOpen, mouthSmileLeft …) instead of the sliders here,
    as near as values from 0 to 1 come. Keyed expressions get a key a frame. Takes and refits keep to it"""

    bl_idname = "smplify.use_face_actions"
    bl_label = "Use Face Actions"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file with face actions that do not carry yet."""
        reason = reason_against(context, needs_controls=False)
        reason = reason or reason_against_face_actions(figure_in(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Fit them to what the sliders show."""
        armature = cast("bpy.types.Object", figure_in(context))
        outcome = use_face_actions(armature)
        if not has_face_actions(armature):
            self.report({"WARNING"}, outcome.in_words)
            return {"CANCELLED"}
        self.report({"INFO"}, outcome.in_words)
        return {"FINISHED"}


class SMPLIFY_OT_use_expression(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show the expression by its sliders again, with the values and keys that they had. What you have added to the
    face actions stays; the keys that they were given go"""

    bl_idname = "smplify.use_expression"
    bl_label = "Use Expression Sliders"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file whose face actions carry."""
        reason = reason_against(context, needs_controls=False)
        if not reason and not has_face_actions(cast("bpy.types.Object", figure_in(context))):
            reason = "The sliders show the expression already"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Hand it back."""
        use_components(cast("bpy.types.Object", figure_in(context)))
        return {"FINISHED"}
