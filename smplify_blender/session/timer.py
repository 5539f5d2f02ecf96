# pyright: basic
"""Polls the fit session from Blender's own timers while somebody waits for an answer, and has the sidebar drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import bpy

from .fit_session import Job, session

POLL_SECONDS = 0.025  # looking costs microseconds

_waiting: list[tuple[Job, Callable[[], None]]] = []


def watch(job: Job, when_ended: Callable[[], None]) -> None:
    """Call `when_ended` from Blender's main thread once the job has its last answer."""
    _waiting.append((job, when_ended))
    redraw_views()
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=POLL_SECONDS, persistent=True)


def stop_watching() -> None:
    """Forget everybody who waits: when the add-on is disabled."""
    _waiting.clear()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def redraw_views() -> None:
    """Have every 3D view and preferences window drawn again."""
    manager = cast("bpy.types.WindowManager | None", bpy.context.window_manager)
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()


def _tick() -> float | None:
    session().poll()
    ended = [(job, call) for job, call in _waiting if not job.running]
    _waiting[:] = [(job, call) for job, call in _waiting if job.running]
    for _, call in ended:
        call()
    if ended:
        redraw_views()
    return POLL_SECONDS if _waiting else None
