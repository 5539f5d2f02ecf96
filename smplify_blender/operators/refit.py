# pyright: basic
"""Fit a figure again from where it is: after its keypoints or the camera have changed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import bpy

from ..keypoint_editor.editing import with_edited_points
from ..result.errors import ResultError
from ..scene.figure.lookup import camera_of, stored_report
from ..scene.figure.solutions import (
    has_solutions,
    stored_camera,
)
from ..scene.photo.camera_site import CAMERA_PROPERTY
from ..session.fit_request import CameraChoice, FitChoices, refit_choices
from ..session.fit_run import FitRun, fit_runs
from ..settings.refit_files import with_own_keypoints, write_start
from ..settings.scene_choices import figure_in
from ..settings.stored_choices import made_choices, with_photo_file
from .fit_steps import FitOperator, FitStartError, chosen_choices, start_fit
from .modes import poll_mode


def _with_shared_lens(choices: FitChoices, armature: bpy.types.Object) -> FitChoices:
    """Return choices with the lens of all figures before the same camera: one of them does not estimate it anew."""
    camera = camera_of(armature)
    others = [
        thing for thing in bpy.data.objects if thing.get(CAMERA_PROPERTY) == camera and thing != armature
    ]
    if choices.camera.mode != "ESTIMATE" or camera is None or not others:
        return choices
    fitted = stored_camera(armature)
    return choices if fitted is None else replace(choices, camera=CameraChoice("PX", px=fitted.focal_px))


class SMPLIFY_OT_refit(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit this figure again from where it is, quickly, after camera or keypoints were changed, in place. Its other takes go"""

    bl_idname = "smplify.refit"
    bl_label = "Refit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A figure that keeps its solutions, and nothing running."""
        if fit_runs().current is not None:
            cls.poll_message_set("A fit runs already: wait, or cancel it with Esc")
            return False
        if not poll_mode(cls, context):
            return False
        armature = figure_in(context)
        if armature is None or not has_solutions(armature):
            cls.poll_message_set("This figure was not fitted: press Fit")
            return False
        return True

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        armature = cast("bpy.types.Object", figure_in(context))
        try:
            choices = choices_again(context, armature)
            start = write_start(armature)
        except ResultError as error:
            raise FitStartError(str(error)) from error
        return start_fit(context, choices, start, armature.name)


def choices_again(context: bpy.types.Context, armature: bpy.types.Object) -> FitChoices:
    """Return the choices for fitting a figure again, from this session or from what the .blend keeps. Raises `ResultError`."""
    report, made = stored_report(armature), made_choices(armature)
    if made is None or report is None:
        raise ResultError(f"“{armature.name}” does not hold its fit any more. Fit the photo again")
    current = chosen_choices(context)
    made = replace(made, photo=with_photo_file(armature, made, current))
    choices = refit_choices(current, made, report.number)
    choices = with_edited_points(cast("bpy.types.Scene", context.scene), choices, report.number)
    return with_own_keypoints(_with_shared_lens(choices, armature), armature, report.number)
