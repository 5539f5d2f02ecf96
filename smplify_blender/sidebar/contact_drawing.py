# pyright: basic
"""The contacts of the figure as dots in the 3D view, while its panel has something to say of them."""

from __future__ import annotations

from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..result.rotations import Array
from ..scene.contact.places import contact_places
from ..settings.scene_choices import figure_in

DOT_PX = 11.0  # at a UI scale of 1
NAMED_COLOUR, FOUND_COLOUR = (0.15, 0.85, 0.35, 1.0), (0.95, 0.75, 0.15, 1.0)

_handles: list[Any] = []


def start_drawing_contacts() -> None:
    """Draw in every 3D view from now on; not where Blender has no window."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW"))


def stop_drawing_contacts() -> None:
    """Take it back."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


def _draw() -> None:
    context: Any = bpy.context
    armature = figure_in(context)
    if armature is None or not context.space_data.overlay.show_overlays or not armature.visible_get():
        return
    named, found = contact_places(armature, context.scene)
    for places, colour in ((named, NAMED_COLOUR), (found, FOUND_COLOUR)):
        if len(places):
            _draw_dots(places, colour, context.preferences.system.ui_scale)


def _draw_dots(places: Array, colour: tuple[float, float, float, float], scale: float) -> None:
    shader: Any = gpu.shader.from_builtin("UNIFORM_COLOR")
    batch: Any = batch_for_shader(shader, "POINTS", {"pos": places.tolist()})
    gpu.state.depth_test_set("NONE")
    gpu.state.point_size_set(DOT_PX * scale)
    shader.uniform_float("color", colour)
    batch.draw(shader)
    gpu.state.point_size_set(1.0)
