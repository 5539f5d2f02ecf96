# pyright: basic
"""The parts that all functions for scripts share: their one error, where they build, and waiting for the core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import bpy

from ..session.fit_session import FitSession, Job
from ..settings.preferences import engine_choice, preferences_of

POLL_SECONDS = 0.02

Progress = Callable[[float, str], None]  # fraction 0…1, stage in words


class SmplifyError(Exception):
    """Whatever was asked for could not be done; nothing in the scene has changed.

    The text names the next step. `code` is a stable word: those of docs/result-files.md (bad-photo, nobody-found …), or
    bad-result, cannot-build, cannot-export, cannot-write.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Target:
    """The scene and view layer of the figures, and the resident core of their fit; None is the context's and the session's own.

    `set_camera` makes the photo's camera the scene's, at the photo's size. Without a view layer, a scene's first is taken.
    `before_scene_camera`: the people of a photo are fitted before the scene's own camera, with its lens and where it stands.
    """

    scene: bpy.types.Scene | None = None
    view_layer: bpy.types.ViewLayer | None = None
    set_camera: bool = True
    session: FitSession | None = None
    before_scene_camera: bool = False


def ended_job(
    running: FitSession, command: str, arguments: Sequence[str], on_progress: Progress | None
) -> Job:
    """Ask for a job and return it when it has its last answer."""
    job = running.request(command, arguments, engine_choice(preferences_of(bpy.context)).python)
    wait_for_job(running, job, on_progress)
    return job


def wait_for_job(running: FitSession, job: Job, on_progress: Progress | None) -> None:
    """Wait for a job's last answer."""
    try:
        while job.running:
            running.poll()
            if on_progress is not None:
                on_progress(job.fraction, job.stage or job.status)
            time.sleep(POLL_SECONDS)
    except BaseException:  # the user's Ctrl-C: nobody waits for the fit any more
        running.cancel(job)
        raise


def place_of(target: Target) -> tuple[bpy.types.Scene, bpy.types.ViewLayer]:
    """Return the scene and view layer that are meant."""
    if target.view_layer is not None:
        return cast("bpy.types.Scene", target.view_layer.id_data), target.view_layer
    if target.scene is not None and target.scene != bpy.context.scene:
        return target.scene, target.scene.view_layers[0]
    return cast("bpy.types.Scene", bpy.context.scene), cast("bpy.types.ViewLayer", bpy.context.view_layer)


def check_can_build(target: Target) -> None:
    """Raise SmplifyError where `build_result` could not build in the context, before a fit is waited for in vain."""
    scene, view_layer = place_of(target)
    active = view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        raise SmplifyError(
            f"“{active.name}” is in {active.mode.replace('_', ' ').title()} Mode. Bones can only be made from Object Mode: "
            "leave it first.",
            "cannot-build",
        )
    if scene.library is not None:
        raise SmplifyError(
            f"The scene “{scene.name}” is linked from {scene.library.name}: nothing can be added to it. Choose a scene of this "
            "file.",
            "cannot-build",
        )
