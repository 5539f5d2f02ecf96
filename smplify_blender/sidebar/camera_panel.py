# pyright: basic
"""Sidebar, second: the lens that took the photo."""

from __future__ import annotations

from typing import cast

import bpy

from ..scene.placing.floor import floor_problem
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of, floor_in, inspection_for
from .camera_state import camera_lines, floor_lines
from .drawing import SidebarPanel, draw_texts, split_column

VALUES = {"MM35": "focal_mm35", "FOV": "fov", "PX": "focal_px"}


class SMPLIFY_PT_camera(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Focal length, or the scene's own camera and the floor before it"""

    bl_idname = "SMPLIFY_PT_camera"
    bl_label = "Camera"
    bl_order = 1
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    def draw(self, context: bpy.types.Context) -> None:
        """The choice, its value, and what it comes to."""
        scene = cast("bpy.types.Scene", context.scene)
        settings = settings_of(scene)
        column = split_column(self.layout)
        column.prop(settings, "focal_mode")
        if settings.focal_mode in VALUES:
            column.prop(settings, VALUES[settings.focal_mode])
        if settings.focal_mode == "SCENE_CAMERA":
            column.prop(scene, "camera", text="Camera")
            column.prop(settings, "floor")
            if settings.floor == "OBJECT":
                column.prop(settings, "floor_object", text=" ")
        else:
            column.prop(settings, "set_scene_camera", text="Set as Scene Camera")
        choices = choices_of(scene, engine_of(context))
        name = scene.camera.name if scene.camera is not None else ""
        lines = camera_lines(choices, inspection_for(choices)[1], name)
        if settings.focal_mode == "SCENE_CAMERA":
            lines += floor_lines(floor_problem(floor_in(scene), scene))
        draw_texts(self.layout, lines, context)
