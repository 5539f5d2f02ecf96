# pyright: basic
"""The figure over the photo, or the photo alone, while its points are edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..keypoint_editor.drawing import edited_object
from ..keypoint_editor.editing import keypoints_in
from ..scene.keypoints.edit_view import figure_parts, hide_figures, show_figures
from .keypoint_steps import poll_points

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_show_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show the figure over the photo, or hide it to see the photo"""

    bl_idname = "smplify.show_figure"
    bl_label = "Show Figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points before a camera that a figure stands before."""
        if not poll_points(cls, context):
            return False
        if not _parts(context):
            cls.poll_message_set("No figure stands before this photo yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """The other way round than it is."""
        thing = cast("bpy.types.Object", keypoints_in(context))
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        if any(part.hide_get(view_layer=view_layer) for part in _parts(context)):
            show_figures(view_layer, thing)
        else:
            hide_figures(view_layer, thing, until_edit_ends=edited_object(context) is not None)
        return {"FINISHED"}


def _parts(context: bpy.types.Context) -> list[bpy.types.Object]:
    thing, view_layer = keypoints_in(context), cast("bpy.types.ViewLayer", context.view_layer)
    return figure_parts(view_layer, thing) if thing is not None else []
