# pyright: basic
"""The making or removing of the environment with PyTorch that runs in this Blender, looked at from a timer of its own.

A timer and no modal operator, because the preferences window may be closed while gigabytes come in. Nothing here is part of a
scene, so that undo does not touch it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import bpy

from .run import EnvironmentRun, let_go_of_all

POLL_SECONDS = 0.2
FOLDER = "environment"

_package: list[str] = []
_runs: list[EnvironmentRun] = []
_when_ended: list[Callable[[EnvironmentRun], None]] = []


def set_package(package: str) -> None:
    """Note the extension's own name, by which its folder and its preferences go."""
    _package[:] = [package]


def own_preferences(context: bpy.types.Context) -> Any:
    """Find the add-on's preferences; None if Blender has none for it (registered by a test, without an extension)."""
    addon = cast("Any", context.preferences).addons.get(_package[0] if _package else "")
    return addon.preferences if addon is not None else None


def environment_folder(create: bool = False) -> Path | None:
    """Name the extension's own folder for environments; None if this is no installed extension."""
    try:
        return Path(bpy.utils.extension_path_user(_package[0], path=FOLDER, create=create))
    except (IndexError, ValueError):
        return None


def last_run() -> EnvironmentRun | None:
    """Give the present run, or the last one of this session."""
    return _runs[-1] if _runs else None


def is_busy() -> bool:
    """True while an environment is being made or removed."""
    return bool(_runs) and _runs[-1].running


def begin(run: EnvironmentRun, when_ended: Callable[[EnvironmentRun], None]) -> None:
    """Watch the run until it has ended, then call `when_ended` from Blender's main thread."""
    _runs[:] = [run]
    _when_ended[:] = [when_ended]
    if bpy.app.background:
        return
    redraw_preferences()
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=POLL_SECONDS, persistent=True)


def look() -> bool:
    """Take in what is new, without waiting; True while the run goes on."""
    run = last_run()
    if run is None:
        return False
    if run.poll():
        redraw_preferences()
    if run.ended and _when_ended:
        _when_ended.pop()(run)
    return run.running


def stop_making() -> None:
    """Give up what is being made when the add-on is disabled; it deletes itself."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _runs.clear()
    _when_ended.clear()
    let_go_of_all()


def offline_reason() -> str:
    """Explain why the add-on may not go online, and how to let it; empty if it may."""
    if bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return "Blender was started with --offline-mode: start it without"
    return "Allow Online Access first: Preferences ▸ System ▸ Network"


def redraw_preferences() -> None:
    """Have every preferences window drawn again."""
    manager = cast("bpy.types.WindowManager | None", bpy.context.window_manager)
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


def _tick() -> float | None:
    return POLL_SECONDS if look() else None
