# pyright: basic
"""Bones follow the shape sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.figure.bones_to_shape import FigureChangedError, bones_are_behind, fit_bones_to_shape
from ..settings.scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_fit_bones(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Move the bones to the joints of the shape that the sliders show; pose and animation are kept"""

    bl_idname = "smplify.fit_bones"
    bl_label = "Fit Bones to Shape"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A figure whose sliders were moved, in Object Mode."""
        armature = figure_in(context)
        if armature is None or context.mode != "OBJECT":
            cls.poll_message_set("There is no figure, or not in Object Mode")
            return False
        if not bones_are_behind(armature):
            cls.poll_message_set("The bones fit the shape already")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Move them, or say why not."""
        armature = cast("bpy.types.Object", figure_in(context))
        try:
            fit_bones_to_shape(armature, cast("bpy.types.ViewLayer", context.view_layer))
        except FigureChangedError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
