# pyright: basic
"""The pose that a figure shows, as an asset of Blender's pose library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..scene.pose_library.pose_assets import mark_pose
from ..settings.scene_choices import figure_in
from .control_rig import reason_against

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_mark_pose(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Keep the pose that the figure shows as an asset with a picture. Figure, pose and keys stay as they are"""

    bl_idname = "smplify.mark_pose"
    bl_label = "Pose as Asset"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure in Object or Pose Mode; say why not otherwise."""
        reason = reason_against(context, needs_controls=False)
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Mark it, and say under which name."""
        figure = cast("bpy.types.Object", figure_in(context))
        action = mark_pose(figure, figure.name, cast("bpy.types.ViewLayer", context.view_layer))
        self.report({"INFO"}, f"The pose is the asset “{action.name}” of this file")
        return {"FINISHED"}
