# pyright: basic
"""Select the figure that the sidebar is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_select_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Select this figure's armature and make it the active object"""

    bl_idname = "smplify.select_figure"
    bl_label = "Select Figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Selections are of Object Mode."""
        return context.mode == "OBJECT" and figure_in(context) is not None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Nothing else stays selected."""
        armature = cast("bpy.types.Object", figure_in(context))
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        if armature.name not in view_layer.objects:
            self.report({"ERROR"}, f"“{armature.name}” is not in this view layer")
            return {"CANCELLED"}
        for other in view_layer.objects:
            other.select_set(False, view_layer=view_layer)
        armature.hide_set(False, view_layer=view_layer)
        armature.select_set(True, view_layer=view_layer)
        view_layer.objects.active = armature
        return {"FINISHED"}
