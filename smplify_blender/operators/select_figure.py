# pyright: basic
"""Select the figure that the sidebar is about, or those that an import has made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import bpy

from ..scene.figure.build import BuiltResult
from ..scene.motion.build import BuiltMotion
from ..settings.scene_choices import figure_in
from .modes import poll_mode

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_select_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Select this figure's armature and make it the active object"""

    bl_idname = "smplify.select_figure"
    bl_label = "Select Figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """From Object or Pose Mode; another figure is then posed."""
        return poll_mode(cls, context) and figure_in(context) is not None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Nothing else stays selected."""
        armature = cast("bpy.types.Object", figure_in(context))
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        if armature.name not in view_layer.objects:
            self.report({"ERROR"}, f"“{armature.name}” is not in this view layer")
            return {"CANCELLED"}
        armature.hide_set(False, view_layer=view_layer)
        was_posing = context.mode == "POSE"
        if was_posing:
            bpy.ops.object.mode_set(mode="OBJECT")
        _select_only([armature], view_layer)
        if was_posing:
            bpy.ops.object.mode_set(mode="POSE")
        return {"FINISHED"}


def select_figures(built: BuiltResult | BuiltMotion, view_layer: bpy.types.ViewLayer) -> None:
    """As Blender's own importers do: what is new is selected and nothing else."""
    _select_only([figure.armature for figure in built.figures], view_layer)


def _select_only(armatures: Sequence[bpy.types.Object], view_layer: bpy.types.ViewLayer) -> None:
    for other in view_layer.objects:
        other.select_set(False, view_layer=view_layer)
    for armature in armatures:
        armature.select_set(True, view_layer=view_layer)
    view_layer.objects.active = armatures[0]
