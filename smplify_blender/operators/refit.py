# pyright: basic
"""Fit a figure again from where it is: after its keypoints or the camera have changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import bpy

from ..keypoint_editor.editing import with_edited_points
from ..result.errors import ResultError
from ..result.read_report import read_focal_px
from ..result.read_result import names_a_person
from ..scene.figure.lookup import camera_of, stored_group, stored_report
from ..scene.photo.camera_site import CAMERA_PROPERTY
from ..session.fit_request import CameraChoice, FitChoices, refit_choices
from ..session.fit_run import FitRun, fit_runs
from ..session.result_store import record_of
from ..settings.scene_choices import figure_in
from .fit_steps import FitOperator, FitStartError, chosen_choices, start_fit


def with_shared_lens(choices: FitChoices, armature: bpy.types.Object, folder: Path) -> FitChoices:
    """Return choices with the lens of all figures before the same camera: one of them does not estimate it anew."""
    camera = camera_of(armature)
    others = [
        thing for thing in bpy.data.objects if thing.get(CAMERA_PROPERTY) == camera and thing != armature
    ]
    if choices.camera.mode != "ESTIMATE" or camera is None or not others:
        return choices
    focal_px = read_focal_px(folder)
    return choices if focal_px is None else replace(choices, camera=CameraChoice("PX", px=focal_px))


class SMPLIFY_OT_refit(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit this figure again from where it is, quickly, after camera or keypoints were changed. Other takes go until undo"""

    bl_idname = "smplify.refit"
    bl_label = "Refit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A figure of this session, and nothing running."""
        if fit_runs().current is not None:
            cls.poll_message_set("A fit runs already: wait, or cancel it with Esc")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave the current mode for Object Mode first")
            return False
        armature = figure_in(context)
        if armature is None or record_of(stored_group(armature).text("token")) is None:
            cls.poll_message_set("Only a figure that was fitted since Blender was started: press Fit")
            return False
        return True

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        armature = cast("bpy.types.Object", figure_in(context))
        group, report = stored_group(armature), stored_report(armature)
        record, file_name = record_of(group.text("token")), group.text("file")
        if record is None or report is None or file_name not in report.takes or not names_a_person(file_name):
            raise FitStartError(f"“{armature.name}” was not fitted since Blender was started. Fit again")
        choices = refit_choices(chosen_choices(context), record.choices, report.number)
        try:
            choices = with_shared_lens(choices, armature, record.folder)
            choices = with_edited_points(cast("bpy.types.Scene", context.scene), choices, report.number)
        except ResultError as error:
            raise FitStartError(str(error)) from error
        return start_fit(context, choices, record.folder / file_name, armature.name)
