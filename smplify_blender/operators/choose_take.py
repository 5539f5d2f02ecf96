# pyright: basic
"""Another of a figure's kept solutions, without a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..result.read_result import TAKE_PATTERN
from ..scene.figure.lookup import stored_group, stored_report
from ..scene.placing.place_fit import FitPlacement, place_fit
from ..session.result_store import record_of
from ..settings.scene_choices import figure_in
from .select_figure import select_figures

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_choose_take(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show another solution that explains the photo nearly as well. Changes to the pose are lost"""

    bl_idname = "smplify.choose_take"
    bl_label = "Choose Take"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    take: bpy.props.IntProperty(name="Take", description="From 0, the best first", min=0, max=15)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The solutions are there as long as Blender is open."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave the current mode for Object Mode first")
            return False
        armature = figure_in(context)
        if armature is None or record_of(stored_group(armature).text("token")) is None:
            cls.poll_message_set("Takes are kept only while Blender is open. Fit again")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Replace the figure by one of that solution, in the same place."""
        armature = cast("bpy.types.Object", figure_in(context))
        group, report = stored_group(armature), stored_report(armature)
        record = record_of(group.text("token"))
        if record is None or report is None or self.take >= len(report.takes):
            self.report({"ERROR"}, f"There is no take {self.take + 1} of “{armature.name}”")
            return {"CANCELLED"}
        file_name = group.text("file")
        matched = TAKE_PATTERN.fullmatch(file_name)
        placement = FitPlacement(
            folder=record.folder,
            token=group.text("token"),
            take=self.take,
            replaces=armature,
            person=f"{matched[1]}.npz" if matched else file_name,
        )
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        try:
            built = place_fit(cast("bpy.types.Scene", context.scene), view_layer, placement)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        select_figures(built, view_layer)
        return {"FINISHED"}
