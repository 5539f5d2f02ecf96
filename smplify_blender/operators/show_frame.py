# pyright: basic
"""A jump to a frame of the figure's motion that is worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_show_frame(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Go to this frame, in which the figure lies far from the video"""

    bl_idname = "smplify.show_frame"
    bl_label = "Go to Frame"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender reads it so

    frame: bpy.props.IntProperty(name="Frame")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Set the scene's frame, as a click in the timeline does."""
        cast("bpy.types.Scene", context.scene).frame_set(self.frame)
        return {"FINISHED"}
