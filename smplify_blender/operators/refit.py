# pyright: basic
"""Fit a figure again from where it is: after its keypoints or the camera have changed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import cast

import bpy
import numpy as np

from ..keypoint_editor.editing import with_edited_points
from ..keypoints.openpose_file import PhotoSize, write_openpose
from ..result.errors import ResultError
from ..result.read_result import names_a_person
from ..scene.figure.lookup import camera_of, stored_group, stored_report
from ..scene.figure.solutions import (
    has_solutions,
    start_file,
    stored_camera,
    stored_choices,
    stored_keypoints,
)
from ..scene.photo.camera_site import CAMERA_PROPERTY
from ..session.fit_request import CameraChoice, FitChoices, refit_choices
from ..session.fit_run import FitRun, fit_runs
from ..settings.scene_choices import figure_in
from ..settings.stored_choices import made_choices, with_photo_file
from .fit_steps import FitOperator, FitStartError, chosen_choices, start_fit
from .modes import poll_mode

START_FOLDER = "smplify_refits"  # in Blender's own temporary folder of this session


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
        choices, file_name = choices_again(context, armature)
        try:
            start = _start(armature, file_name)
        except ResultError as error:
            raise FitStartError(str(error)) from error
        return start_fit(context, choices, start, armature.name)


def choices_again(context: bpy.types.Context, armature: bpy.types.Object) -> tuple[FitChoices, str]:
    """Return the choices of the panel for fitting a figure again, on its own photo and points, and its file's name.

    Raises `FitStartError` where the figure does not hold what was fitted.
    """
    group, report, made = stored_group(armature), stored_report(armature), made_choices(armature)
    file_name = group.text("file")
    if made is None or report is None or file_name not in report.takes or not names_a_person(file_name):
        raise FitStartError(f"“{armature.name}” does not hold its fit any more. Fit the photo again")
    current = chosen_choices(context)
    try:
        made = replace(made, photo=with_photo_file(armature, made, current))
        choices = refit_choices(current, made, report.number)
        choices = with_edited_points(cast("bpy.types.Scene", context.scene), choices, report.number)
        choices = _with_own_keypoints(_with_shared_lens(choices, armature), armature, report.number)
    except ResultError as error:
        raise FitStartError(str(error)) from error
    return choices, file_name


def _start(armature: bpy.types.Object, file_name: str) -> Path:
    """Write the figure's solution for the core to start from."""
    path = Path(bpy.app.tempdir) / START_FOLDER / uuid.uuid4().hex / file_name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(start_file(armature, file_name))
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error
    return path


def _with_own_keypoints(choices: FitChoices, armature: bpy.types.Object, number: int) -> FitChoices:
    """Return choices with the keypoints that the figure was fitted to where no file has them any more."""
    if choices.keypoints is not None and choices.keypoints.is_file():
        return choices
    keypoints, camera = stored_keypoints(armature), stored_camera(armature)
    if keypoints is None or camera is None or choices.photo is None or not keypoints[:, 2].any():
        return choices
    path = Path(bpy.app.tempdir) / START_FOLDER / uuid.uuid4().hex / f"{choices.photo.stem}_keypoints.json"
    people = [*([np.zeros_like(keypoints)] * number), keypoints]
    orientation, detector = camera.photo_orientation, stored_choices(armature).text("detector")
    try:
        write_openpose(path, people, PhotoSize(camera.image_size, orientation, detector))
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error
    return replace(choices, keypoints=path)
