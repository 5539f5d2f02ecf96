# pyright: basic
"""The steps that the keypoint operators share: look at the photo, go into and out of edit mode, change the points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import bpy

from ..keypoint_drawing import edited_object
from ..keypoint_editing import camera_for, keypoints_in
from ..keypoints.edited import EditedKeypoints
from ..photo_inspection import Inspection
from ..result.errors import ResultError
from ..result.result_folder import PhotoCamera
from ..scene.camera import MARK as CAMERA_MARK
from ..scene.camera import set_scene_camera
from ..scene.created import Created
from ..scene.keypoint_mesh import put_on_plate, read_keypoints, write_keypoints
from ..scene.photo_home import CAMERA_PROPERTY, PhotoFile, set_up_camera
from ..scene_choices import choices_of, engine_of, look_at
from ..session_timer import redraw_views
from .inspect_photo import start_look, wait_for

DRAG_TOOL = "builtin.select"  # Blender's Tweak tool: a drag on a point moves it
DEFAULT_TOOL = "builtin.select_box"  # Blender's own
_before: dict[str, Any] = {}  # the user's own tool and select mode, given back by Done


def inspected(context: bpy.types.Context) -> Inspection:
    """What is known of the chosen photo, looked up where nobody has. Raises `ResultError`."""
    scene, engine = cast("bpy.types.Scene", context.scene), engine_of(context)
    job, inspection = look_at(choices_of(scene, engine))
    if inspection is None:
        job = job if job is not None and job.running else start_look(context)
        if job is None:
            raise ResultError("Choose a photo first")
        wait_for(job)
        if job.failed is not None:
            raise ResultError(job.failed.text)
        inspection = look_at(choices_of(scene, engine))[1]
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
        raise ResultError("Choose a photo first")
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
    put_on_plate(thing, camera, scene)
    view_layer.update()
    for other in view_layer.objects:
        other.select_set(False, view_layer=view_layer)
    thing.hide_set(False)
    show_figures(context, thing, show=False)
    thing.select_set(True, view_layer=view_layer)
    view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    settings = cast("bpy.types.ToolSettings", scene.tool_settings)
    _before["select_mode"] = tuple(settings.mesh_select_mode)
    settings.mesh_select_mode = (True, False, False)
    space: Any = context.space_data
    if getattr(space, "region_3d", None) is not None:
        space.region_3d.view_perspective = "CAMERA"
        workspace: Any = context.workspace
        tool = workspace.tools.from_space_view3d_mode("EDIT_MESH", create=True).idname
        _before["tool"] = tool or DEFAULT_TOOL  # nobody has been in edit mode yet
        bpy.ops.wm.tool_set_by_id(name=DRAG_TOOL)


def figure_parts(context: bpy.types.Context, thing: bpy.types.Object) -> list[bpy.types.Object]:
    """The figures that stand before the points' camera, with what is parented to them; they cover the photo."""
    if thing.parent is None:
        return []
    armatures = [other for other in bpy.data.objects if other.get(CAMERA_PROPERTY) == thing.parent]
    parts = [part for armature in armatures for part in (armature, *armature.children_recursive)]
    shown = set(cast("bpy.types.ViewLayer", context.view_layer).objects)
    return [part for part in parts if part in shown]


def show_figures(context: bpy.types.Context, thing: bpy.types.Object, show: bool) -> None:
    """Show or hide them in the view, as the eye in the outliner does."""
    for part in figure_parts(context, thing):
        part.hide_set(not show)


def leave(context: bpy.types.Context) -> None:
    """Back to object mode, the user's own tool and select mode given back."""
    thing = edited_object(context)
    if thing is None:
        return
    show_figures(context, thing, show=True)
    space: Any = context.space_data
    if "tool" in _before and getattr(space, "region_3d", None) is not None:
        bpy.ops.wm.tool_set_by_id(name=_before.pop("tool"))
    if "select_mode" in _before:
        settings = cast("bpy.types.ToolSettings", cast("bpy.types.Scene", context.scene).tool_settings)
        settings.mesh_select_mode = _before.pop("select_mode")
    bpy.ops.object.mode_set(mode="OBJECT")


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
