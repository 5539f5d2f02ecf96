# pyright: basic
"""Hears of photo cameras that were deleted, and lets go of them."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..scene.photo.camera_ghosts import has_ghost, release_deleted_cameras, remove_released_cameras


def add_camera_handlers() -> None:
    """Look after each change of a scene, and when a file is opened."""
    for handlers, call in _handlers():
        handlers.append(call)


def remove_camera_handlers() -> None:
    """Look no more."""
    for handlers, call in _handlers():
        handlers.remove(call)
    if bpy.app.timers.is_registered(_remove):
        bpy.app.timers.unregister(_remove)


def _handlers() -> tuple[tuple[list[Any], Any], ...]:
    handlers: Any = bpy.app.handlers
    return (
        (handlers.depsgraph_update_post, _after_change),
        (handlers.load_post, _release),
        (handlers.save_pre, _release),
    )


@persistent
def _release(*_: Any) -> None:
    release_deleted_cameras()


@persistent
def _after_change(*_: Any) -> None:
    if not any(has_ghost(scene) for scene in bpy.data.scenes if scene.library is None):
        return
    release_deleted_cameras()
    if not bpy.app.background and not bpy.app.timers.is_registered(_remove):
        bpy.app.timers.register(_remove, first_interval=0.0)


def _remove() -> None:
    remove_released_cameras()
