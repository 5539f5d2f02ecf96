# pyright: basic
"""Blender's default cube, in which a figure on the world's origin stands unseen."""

from __future__ import annotations

from typing import Any, cast

import bpy

CUBE_VERTICES = 8
MOST_OBJECTS = 200  # that are looked at each time the sidebar is drawn


def default_cube(view_layer: bpy.types.ViewLayer, figure: bpy.types.Object) -> bpy.types.Object | None:
    """Return the startup file's cube where it is as it was, in sight and around a figure; None where there is none."""
    scene = cast("bpy.types.Scene", view_layer.id_data)
    if len(scene.objects) > MOST_OBJECTS:
        return None
    for thing in scene.objects:
        if thing.type == "MESH" and _is_default_cube(thing) and thing.visible_get(view_layer=view_layer):
            place = thing.matrix_world.inverted_safe() @ figure.matrix_world.translation
            if max(abs(place.x), abs(place.y)) < 1.5 and abs(place.z) < 3.0:
                return thing
    return None


def _is_default_cube(thing: bpy.types.Object) -> bool:
    mesh: Any = thing.data
    if len(mesh.vertices) != CUBE_VERTICES or thing.parent is not None or len(thing.modifiers):
        return False
    return all(abs(abs(value) - 1.0) < 1e-6 for vertex in mesh.vertices for value in vertex.co)
