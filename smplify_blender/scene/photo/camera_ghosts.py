# pyright: basic
"""Photo cameras that their user has deleted: the scene gets its camera and render size back, and no figure keeps them in memory.

Blender tells nobody of a deletion, so a handler looks after each change: at one pointer a scene, unless there is something to do.
"""

from __future__ import annotations

from typing import Any

import bpy

from .camera import RENDERED_BEFORE, give_back_scene_camera
from .camera_site import CAMERA_PROPERTY


def has_ghost(scene: bpy.types.Scene) -> bool:
    """Return True if a scene renders through a photo's camera that is in no scene any more."""
    camera = scene.camera
    return camera is not None and RENDERED_BEFORE in camera and not camera.users_scene


def release_deleted_cameras() -> None:
    """Let go of every photo's camera that was deleted. What a figure needs of it, it keeps as values."""
    deleted = {scene.camera for scene in bpy.data.scenes if has_ghost(scene)}
    for thing in bpy.data.objects:
        camera: Any = thing.get(CAMERA_PROPERTY)
        if not isinstance(camera, bpy.types.Object) or camera.library is not None or camera.users_scene:
            continue
        deleted.add(camera)
        if thing.library is None:
            del thing[CAMERA_PROPERTY]
    for camera in deleted:
        if camera is not None:
            give_back_scene_camera(camera)


def remove_released_cameras() -> None:
    """Remove photo cameras that nobody uses any more from memory; not to be called while Blender evaluates."""
    for camera in [thing for thing in bpy.data.objects if RENDERED_BEFORE in thing and not thing.users]:
        bpy.data.objects.remove(camera)
