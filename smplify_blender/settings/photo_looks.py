# pyright: basic
"""Looks at the chosen photo and its keypoint file without a fit: by themselves when either changes, or when asked."""

from __future__ import annotations

import time
from typing import cast

import bpy

from ..scene.photo.pixel_copy import pixel_copy
from ..session.fit_session import Job, session
from ..session.photo_inspection import inspections, key_of
from ..session.photo_preview import load_person_icons, load_preview
from ..session.timer import POLL_SECONDS, watch
from .properties import photo_listeners
from .scene_choices import choices_of, choices_without_camera, engine_of, inspection_for

DELAY_SECONDS = 0.1  # one look for several settings that change at once


def start_look(context: bpy.types.Context) -> Job | None:
    """Ask for a look at the chosen photo; None where none is chosen."""
    if context.scene is None:
        return None
    engine = engine_of(context)
    choices = choices_of(cast("bpy.types.Scene", context.scene), engine)
    if choices.camera.mode == "SCENE_CAMERA":
        choices = choices_without_camera(choices)
    key = key_of(choices)
    if key is None:
        return None
    job = inspections().start(key, session(), engine, pixel_copy(key.photo))

    def show() -> None:
        found = inspections().finished(key)
        if found is not None and not bpy.app.background:
            load_preview(key.photo, found.facts.photo_orientation)
            if len(found.people) > 1:
                load_person_icons(key.photo, found.people, found.facts.image_size)

    watch(job, show)
    return job


def wait_for(job: Job) -> None:
    """Block until a job has its last answer."""
    while job.running:
        if not session().poll():
            time.sleep(POLL_SECONDS / 5)


def start_looking() -> None:
    """Look at the photo whenever a setting that it depends on changes: when the add-on is enabled."""
    photo_listeners.append(_look_soon)


def stop_looking() -> None:
    """Look no more, also where a look was put off: when the add-on is disabled."""
    photo_listeners.remove(_look_soon)
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def _look_soon() -> None:
    """Look at the photo when Blender has time; a script in the background does so when it needs it."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=DELAY_SECONDS)


def _look() -> None:
    context = bpy.context
    if context.scene is None:
        return
    job, _ = inspection_for(choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)))
    if job is None or job.failed is not None:  # what was found before still holds
        start_look(context)
