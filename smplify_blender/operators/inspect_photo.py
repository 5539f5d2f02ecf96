# pyright: basic
"""Look at the photo and its keypoints without fitting: by itself when either changes, or by the button."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import bpy

from ..fit_session import Job, session
from ..photo_inspection import inspections, key_of
from ..photo_preview import load_person_icons, load_preview
from ..scene_choices import choices_of, choices_without_camera, engine_of, look_at
from ..session_timer import POLL_SECONDS, watch

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

DELAY_SECONDS = 0.1  # one look for several settings that change at once


class SMPLIFY_OT_inspect_photo(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Read the photo's size and lens, and who is in the keypoint file"""

    bl_idname = "smplify.inspect_photo"
    bl_label = "Look at Photo"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Ask, and let the panel say what is found."""
        return {"FINISHED"} if start_look(context) is not None else {"CANCELLED"}

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Ask and wait, for scripts."""
        job = start_look(context)
        if job is None:
            self.report({"ERROR"}, "Choose a photo first")
            return {"CANCELLED"}
        wait_for(job)
        if job.failed is not None:
            self.report({"ERROR"}, job.failed.text)
            return {"CANCELLED"}
        return {"FINISHED"}


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
    job = inspections().start(key, session(), engine)

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


def look_soon(_context: bpy.types.Context) -> None:
    """Look at the photo when Blender has time; a script in the background does so when it needs it."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=DELAY_SECONDS)


def stop_looking() -> None:
    """Forget a look that was put off: when the add-on is disabled."""
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def _look() -> None:
    context = bpy.context
    if context.scene is None:
        return
    job, _ = look_at(choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)))
    if job is None or job.failed is not None:  # what was found before still holds
        start_look(context)
