# pyright: basic
"""Sidebar, second: the lens that took the photo."""

from __future__ import annotations

from typing import cast

import bpy

from ..panel_state import camera_lines
from ..properties import settings_of
from ..scene_choices import choices_of, engine_of, look_at
from .drawing import SidebarPanel, draw_texts, split_column

VALUES = {"MM35": "focal_mm35", "FOV": "fov", "PX": "focal_px"}


class SMPLIFY_PT_camera(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Focal length, or the scene's own camera"""

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
        else:
            column.prop(settings, "set_scene_camera", text="Set as Scene Camera")
        choices = choices_of(scene, engine_of(context))
        name = scene.camera.name if scene.camera is not None else ""
        draw_texts(self.layout, camera_lines(choices, look_at(choices)[1], name), context)
