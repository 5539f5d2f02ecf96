# pyright: basic
"""Another of a figure's kept solutions, without a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..scene.figure.lookup import stored_report
from ..scene.figure.solutions import has_solutions
from ..scene.placing.show_take import show_take
from ..settings.scene_choices import figure_in
from .modes import out_of_pose_mode, poll_mode

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_choose_take(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Give the figure another solution that explains the photo nearly as well: its pose and shape change, all else stays"""

    bl_idname = "smplify.choose_take"
    bl_label = "Choose Take"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    take: bpy.props.IntProperty(name="Take", description="From 0, the best first", min=0, max=15)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """From Object or Pose Mode, with a figure that keeps its solutions."""
        if not poll_mode(cls, context):
            return False
        armature = figure_in(context)
        if armature is None or not has_solutions(armature):
            cls.poll_message_set("This figure keeps no takes: fit its photo")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Change the figure in place."""
        armature = cast("bpy.types.Object", figure_in(context))
        report = stored_report(armature)
        if report is None or self.take >= len(report.takes):
            self.report({"ERROR"}, f"There is no take {self.take + 1} of “{armature.name}”")
            return {"CANCELLED"}
        scene, view_layer = (
            cast("bpy.types.Scene", context.scene),
            cast("bpy.types.ViewLayer", context.view_layer),
        )
        try:
            with out_of_pose_mode(context):
                built = show_take(scene, view_layer, armature, report.takes[self.take])
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for note in built.notes:
            self.report({"WARNING"}, note)
        return {"FINISHED"}
