# pyright: basic
"""The figure over the photo, or the photo alone, while its points are edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..keypoint_editing import keypoints_in
from .keypoint_steps import figure_parts, poll_points, show_figures

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
        if not figure_parts(context, cast("bpy.types.Object", keypoints_in(context))):
            cls.poll_message_set("No figure stands before this photo yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """The other way round than it is."""
        thing = cast("bpy.types.Object", keypoints_in(context))
        hidden = any(part.hide_get() for part in figure_parts(context, thing))
        show_figures(context, thing, show=hidden)
        return {"FINISHED"}
