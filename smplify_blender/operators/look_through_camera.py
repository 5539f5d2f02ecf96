# pyright: basic
"""See a figure as the photo shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..scene.figure.lookup import camera_of
from ..settings.properties import hide_other_photos
from ..settings.scene_choices import figure_in
from .camera_view import fit_view_to_camera

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_look_through_camera(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Look through the camera that the figure was fitted for, or back into the room"""

    bl_idname = "smplify.look_through_camera"
    bl_label = "Look Through Camera"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """In a 3D view, with a figure whose camera is still there."""
        armature = figure_in(context)
        if armature is None or camera_of(armature) is None:
            cls.poll_message_set("There is no figure with a camera of its own")
            return False
        return getattr(context.space_data, "region_3d", None) is not None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Make it the scene's camera and look through it; a second time looks back."""
        camera = camera_of(cast("bpy.types.Object", figure_in(context)))
        scene, space = cast("bpy.types.Scene", context.scene), cast("Any", context.space_data)
        view = space.region_3d
        if view.view_perspective == "CAMERA" and scene.camera == camera:
            view.view_perspective = "PERSP"
            return {"FINISHED"}
        scene.camera = camera
        hide_other_photos(scene, cast("bpy.types.ViewLayer", context.view_layer))
        view.view_perspective = "CAMERA"
        if context.area is not None:
            fit_view_to_camera(context.area)
        return {"FINISHED"}
