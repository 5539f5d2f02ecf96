"""What the tests of edited keypoints share: the points by name, a drag, and where Blender itself projects things."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np


def editor(bpy: ModuleType) -> Any:
    (thing,) = [thing for thing in bpy.data.objects if "smplify_keypoints" in thing]
    return thing


def points(bpy: ModuleType) -> Any:
    from smplify_blender.scene.keypoints.mesh import read_keypoints

    return read_keypoints(editor(bpy))


def row(name: str) -> int:
    from smplify_blender.keypoints.names import INDEX

    return INDEX[name]


def select(bpy: ModuleType, *names: str) -> None:
    from smplify_blender.scene.keypoints.mesh import select_rows

    select_rows(editor(bpy), tuple(row(name) for name in names))


def drag(bpy: ModuleType, name: str, right_px: float, down_px: float) -> None:
    """What G does: the selected vertices moved in the camera's plane, by Blender's own operator."""
    select(bpy, name)
    thing = editor(bpy)
    turn = np.array(thing.matrix_world.to_3x3())
    bpy.ops.transform.translate(value=tuple(turn @ (right_px, -down_px, 0.0)))


def pixels_through_the_camera(bpy: ModuleType, thing: Any) -> np.ndarray:
    """Where Blender itself projects each vertex, px of the render (y down)."""
    from bpy_extras.object_utils import world_to_camera_view

    scene = bpy.context.scene
    size = (scene.render.resolution_x, scene.render.resolution_y)
    bpy.context.view_layer.update()
    seen = [
        world_to_camera_view(scene, scene.camera, thing.matrix_world @ vertex.co)
        for vertex in thing.data.vertices
    ]
    return np.array([(place.x * size[0], (1 - place.y) * size[1]) for place in seen])


def wrist_pixel(bpy: ModuleType) -> np.ndarray:
    """Where the figure's left wrist is seen, px."""
    from bpy_extras.object_utils import world_to_camera_view

    scene = bpy.context.scene
    bpy.context.view_layer.update()
    (armature,) = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    bone = next(bone for bone in armature.pose.bones if bone.name == "hand.L")
    seen = world_to_camera_view(scene, scene.camera, armature.matrix_world @ bone.head)
    return np.array((seen.x * scene.render.resolution_x, (1 - seen.y) * scene.render.resolution_y))
