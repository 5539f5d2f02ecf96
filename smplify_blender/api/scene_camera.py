# pyright: basic
"""The scene's own camera, before which a photo's people are fitted, as the options of a fit."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import bpy

from ..fit_process.messages import Inspected
from ..result.camera_match import SceneCameraError, unmatch_camera
from ..scene.photo.camera import scene_camera_facts
from ..session.fit_session import idle_session
from ..settings.preferences import engine_choice, preferences_of
from .steps import SmplifyError, Target, place_of, wait_for_job


def scene_camera_options(photo: Path | None, target: Target) -> tuple[str, ...]:
    """Return the options of a fit for the lens of the scene's camera; none where the target is the photo's own camera.

    Raises SmplifyError where the scene has no camera that could have taken a photo of this size.
    """
    if not target.before_scene_camera or photo is None:
        return ()
    scene, _ = place_of(target)
    if scene.camera is None or scene.camera.type != "CAMERA":
        raise SmplifyError(
            f"The scene “{scene.name}” has no active camera: choose one in its properties.", "bad-request"
        )
    try:
        focal_px, centre = unmatch_camera(scene_camera_facts(scene.camera, scene), _size_of(photo, target))
    except SceneCameraError as error:
        raise SmplifyError(f"{error}.", "bad-request") from error
    return ("--focal-px", repr(focal_px), "--principal-point", f"{centre[0]!r},{centre[1]!r}")


def _size_of(photo: Path, target: Target) -> tuple[int, int]:
    """Return the upright size of a photo, px, as the core reads it."""
    with ExitStack() as stack:
        running = target.session or stack.enter_context(idle_session())
        engine = engine_choice(preferences_of(bpy.context))
        job = running.request("inspect", {"photo": str(photo.absolute()), "detect": False}, engine.python)
        wait_for_job(running, job, None)
    if not isinstance(job.done, Inspected):
        assert job.failed is not None
        raise SmplifyError(job.failed.text, job.failed.code)
    return job.done.image_size
