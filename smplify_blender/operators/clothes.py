# pyright: basic
"""Shirt and shorts on, and off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..scene.looks.clothes import add_clothes, clothes_of, reason_against_clothes, take_off_clothes
from ..settings.scene_choices import figure_in
from .control_rig import reason_against

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_add_clothes(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Give the figure a shirt and shorts: meshes that follow its shape sliders, its pose, takes and refits"""

    bl_idname = "smplify.add_clothes"
    bl_label = "Add Clothes"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file that wears none yet."""
        reason = reason_against(context, needs_controls=False) or reason_against_clothes(figure_in(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Cut them from the figure's own surface."""
        try:
            clothes = add_clothes(
                cast("bpy.types.Object", figure_in(context)), cast("bpy.types.ViewLayer", context.view_layer)
            )
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not clothes:
            self.report({"ERROR"}, "This body has no trunk and legs to cut clothes for: it stays as it is")
            return {"CANCELLED"}
        return {"FINISHED"}


class SMPLIFY_OT_take_off_clothes(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Remove the shirt and shorts that the figure was given; clothes of your own stay"""

    bl_idname = "smplify.take_off_clothes"
    bl_label = "Take Off Clothes"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file that wears some."""
        reason = reason_against(context, needs_controls=False)
        if not reason and not clothes_of(cast("bpy.types.Object", figure_in(context))):
            reason = "The figure wears no clothes that were made here"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Remove them."""
        take_off_clothes(cast("bpy.types.Object", figure_in(context)))
        return {"FINISHED"}
