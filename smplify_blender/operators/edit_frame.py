# pyright: basic
"""The keypoints of the shown frame of a video as points that can be dragged over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy
import numpy as np

from ..keypoints.sources import PhotoPeople
from ..result.errors import ResultError
from ..result.motion_frames import read_motion_frames
from ..scene.created import Created, all_or_nothing
from ..scene.figure.lookup import camera_of
from ..scene.keypoints.frame_points import PointsFrame, mark_frame, points_of_frame
from ..scene.keypoints.mesh import EditedPhoto, new_keypoints
from ..scene.motion.frame_facts import kept_motion_file, known_frames
from ..scene.motion.replace_motion import refit_reason
from ..scene.photo.camera import set_scene_camera
from ..scene.photo.clip_plate import clip_size
from ..settings.scene_choices import figure_in
from .keypoint_steps import enter

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_edit_frame(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show this frame's keypoints over the video and mend them; then the motion is fitted again around the frame"""

    bl_idname = "smplify.edit_frame"
    bl_label = "Mend This Frame"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """In Object Mode, with a figure whose motion keeps its keypoints."""
        armature = figure_in(context)
        if context.mode != "OBJECT" or armature is None:
            cls.poll_message_set("Select a figure that moves, in Object Mode")
            return False
        reason = refit_reason(armature)
        if not reason and camera_of(armature) is None:
            reason = "The video's camera is not in the file any more"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Take the points that were edited before, else those that the fit has used."""
        armature = cast("bpy.types.Object", figure_in(context))
        try:
            with all_or_nothing(cast("bpy.types.ViewLayer", context.view_layer)) as created:
                camera = cast("bpy.types.Object", camera_of(armature))
                _look_through(cast("bpy.types.Scene", context.scene), camera)
                enter(context, _points(context, armature, camera, created), camera)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _look_through(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Have the scene look through the video's camera, at the video's size; nothing changes where it does already."""
    if scene.camera == camera:
        return
    plates = cast("bpy.types.Camera", camera.data).background_images
    clip = next((plate.clip for plate in plates if plate.clip is not None), None)
    render = scene.render
    set_scene_camera(
        scene, camera, (render.resolution_x, render.resolution_y) if clip is None else clip_size(clip)
    )


def _points(
    context: bpy.types.Context, armature: bpy.types.Object, camera: bpy.types.Object, created: Created
) -> bpy.types.Object:
    scene = cast("bpy.types.Scene", context.scene)
    known: Any = known_frames(armature)
    rows = np.flatnonzero(np.abs(known.frames - scene.frame_current) < 0.5)
    if not len(rows):
        raise ResultError(
            f"Nobody is in frame {scene.frame_current}: go to one from {known.frames[0]:g} to {known.frames[-1]:g}."
        )
    row = int(rows[0])
    motion = read_motion_frames(kept_motion_file(armature) or b"", armature.name)
    frame = PointsFrame(armature, scene.frame_current, int(motion.clip_frames[row]))
    thing = points_of_frame(scene, armature, frame.clip_frame)
    if thing is not None:
        return thing
    people = PhotoPeople((motion.keypoints[row],), 0, motion.detector)
    photo = EditedPhoto(f"{armature.name}, frame {scene.frame_current}", motion.image_size, 1, people)
    thing = new_keypoints(camera, photo, people.chosen, created)
    mark_frame(thing, frame)
    return thing
