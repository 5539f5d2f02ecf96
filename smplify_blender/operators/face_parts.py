# pyright: basic
"""Brows, lashes and teeth on, and off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..scene.looks.face_parts import (
    add_face_parts,
    face_parts_of,
    reason_against_face_parts,
    remove_face_parts,
)
from ..settings.scene_choices import figure_in
from .control_rig import reason_against

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_add_face_parts(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Give the figure brows, lashes, teeth and gums: a mesh that follows its shape, expression, jaw and pose"""

    bl_idname = "smplify.add_face_parts"
    bl_label = "Add Brows, Lashes, Teeth"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file that has the open body and no such parts yet."""
        reason = reason_against(context, needs_controls=False)
        reason = reason or reason_against_face_parts(figure_in(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Bind them to the figure's surface."""
        try:
            add_face_parts(
                cast("bpy.types.Object", figure_in(context)), cast("bpy.types.ViewLayer", context.view_layer)
            )
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class SMPLIFY_OT_remove_face_parts(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Remove the brows, lashes, teeth and gums that the figure was given"""

    bl_idname = "smplify.remove_face_parts"
    bl_label = "Remove Brows, Lashes, Teeth"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file that has some."""
        reason = reason_against(context, needs_controls=False)
        if not reason and face_parts_of(cast("bpy.types.Object", figure_in(context))) is None:
            reason = "The figure has no brows, lashes and teeth that were made here"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Remove them."""
        remove_face_parts(cast("bpy.types.Object", figure_in(context)))
        return {"FINISHED"}
