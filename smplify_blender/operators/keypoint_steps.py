# pyright: basic
"""The steps that the keypoint operators share: look at the photo, go into and out of edit mode, change the points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import bpy

from ..keypoint_editor.drawing import edited_object
from ..keypoint_editor.editing import camera_for, keypoints_in
from ..keypoint_editor.mode import begin_edit, settle_edits
from ..keypoints.edited import EditedKeypoints
from ..result.errors import ResultError
from ..result.result_folder import PhotoCamera
from ..scene.created import Created
from ..scene.keypoints.mesh import put_in_sight, put_on_plate, read_keypoints, write_keypoints
from ..scene.photo.camera import MARK as CAMERA_MARK
from ..scene.photo.camera import set_scene_camera
from ..scene.photo.camera_site import PhotoFile, set_up_camera
from ..session.photo_inspection import Inspection
from ..session.timer import redraw_views
from ..settings.photo_looks import start_look, wait_for
from ..settings.scene_choices import choices_of, engine_of, inspection_for


def inspected(context: bpy.types.Context) -> Inspection:
    """Return the findings in the chosen photo, looked up where nobody has. Raises `ResultError`."""
    scene, engine = cast("bpy.types.Scene", context.scene), engine_of(context)
    job, inspection = inspection_for(choices_of(scene, engine))
    if inspection is None:
        job = job if job is not None and job.running else start_look(context)
        if job is None:
            raise ResultError(choices_of(scene, engine).no_photo)
        wait_for(job)
        if job.failed is not None:
            raise ResultError(job.failed.text)
        inspection = inspection_for(choices_of(scene, engine))[1]
    if inspection is None:
        raise ResultError("The photo could not be read. Look at it again in the Photo panel.")
    return inspection


def plate_camera(
    context: bpy.types.Context, inspection: Inspection, number: int, created: Created
) -> bpy.types.Object:
    """The camera with the photo behind it: the figure's, the user's own, or a new one. Raises `ResultError`."""
    scene = cast("bpy.types.Scene", context.scene)
    choices, facts = choices_of(scene, engine_of(context)), inspection.facts
    if choices.camera.mode == "SCENE_CAMERA":
        if scene.camera is None:
            raise ResultError("The scene has no active camera")
        return scene.camera
    camera = camera_for(scene, choices.photo, number)
    if camera is not None:
        if cast("bpy.types.Camera", camera.data).get(CAMERA_MARK):
            set_scene_camera(scene, camera, facts.image_size)
        return camera
    if choices.photo is None:
        raise ResultError(choices.no_photo)
    width, height = facts.image_size
    lens = PhotoCamera(facts.focal_px, (width / 2, height / 2), facts.image_size, facts.photo_orientation)
    view_layer = cast("bpy.types.ViewLayer", context.view_layer)
    return set_up_camera(scene, view_layer, PhotoFile(choices.photo, lens), created)


def enter(context: bpy.types.Context, thing: bpy.types.Object, camera: bpy.types.Object) -> None:
    """Put the points on the plate, look through the camera, and edit them with the drag tool. Raises `ResultError`."""
    scene, view_layer = (
        cast("bpy.types.Scene", context.scene),
        cast("bpy.types.ViewLayer", context.view_layer),
    )
    view_layer.update()  # the camera's place is asked
    put_on_plate(thing, camera, scene)
    put_in_sight(thing, scene, view_layer)
    for other in view_layer.objects:
        other.select_set(False, view_layer=view_layer)
    thing.select_set(True, view_layer=view_layer)
    view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    space: Any = context.space_data
    if getattr(space, "region_3d", None) is not None:
        space.region_3d.view_perspective = "CAMERA"
    begin_edit(context, thing)


def leave(context: bpy.types.Context) -> None:
    """Back to object mode; what the edit has changed besides the points is given back."""
    if edited_object(context) is not None:
        bpy.ops.object.mode_set(mode="OBJECT")
        settle_edits()


def change(
    operator: Any, context: bpy.types.Context, how: Callable[[EditedKeypoints], EditedKeypoints]
) -> set[Any]:
    """Change the points of the panel's person, in edit mode or not; what an operator's `execute` gives back."""
    thing = keypoints_in(context)
    try:
        if thing is None:
            raise ResultError("No keypoints are edited. Press Edit Keypoints first")
        write_keypoints(thing, how(read_keypoints(thing)))
    except ResultError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    redraw_views()
    return {"FINISHED"}


def poll_points(cls: Any, context: bpy.types.Context) -> bool:
    """For operators on points that are there."""
    if context.scene is None or context.mode not in {"OBJECT", "EDIT_MESH"} or keypoints_in(context) is None:
        cls.poll_message_set("No keypoints are edited. Press Edit Keypoints first")
        return False
    return True


def poll_editing(cls: Any, context: bpy.types.Context) -> bool:
    """For operators on the selected points; elsewhere their keys keep Blender's own meaning."""
    if edited_object(context) is None:
        cls.poll_message_set("Only while keypoints are edited")
        return False
    return True
