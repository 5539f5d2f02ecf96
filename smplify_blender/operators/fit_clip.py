# pyright: basic
"""The large button with a video: everybody in it comes in as a figure that moves."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import cast

import bpy

from ..api.clip_fit import ClipFit, ClipRequest
from ..result.errors import ResultError
from ..session.clip_request import clip_options, missing_clip_choice
from ..session.fit_run import FitRun, fit_runs
from ..session.fit_session import session
from ..settings.properties import settings_of
from ..settings.scene_choices import clip_choices_of, engine_of
from .fit_steps import FitOperator, FitStartError
from .modes import poll_mode


class SMPLIFY_OT_fit_clip(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit bodies to the people in the video: figures that move, before the video. Esc cancels; pressed again, it goes on"""

    bl_idname = "smplify.fit_clip"
    bl_label = "Fit Video"

    clip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Video",
        description="For scripts: the movie, or the first of numbered images, instead of the one in the sidebar",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    _fit: ClipFit | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return False, with the reason, if something stands in the way whatever the properties say."""
        if fit_runs().current is not None:
            cls.poll_message_set("A fit runs already: wait, or cancel it with Esc")
            return False
        return poll_mode(cls, context) and context.scene is not None

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        scene = cast("bpy.types.Scene", context.scene)
        settings, engine = settings_of(scene), engine_of(context)
        if self.clip:
            settings.photo_source, settings.clip_path = "VIDEO", self.clip
        choices = clip_choices_of(scene, engine)
        problem = missing_clip_choice(choices, engine)
        if problem or choices.clip is None:
            raise FitStartError(problem)
        options = tuple(clip_options(choices, engine))
        request = ClipRequest(choices.clip, choices.span, options, choices.image_rate, engine.python)
        try:
            fit = ClipFit(request, Path(bpy.app.tempdir))
        except ResultError as error:
            raise FitStartError(str(error)) from error
        self._fit = fit
        run = FitRun(fit.job, uuid.uuid4().hex, fit.result, scene.name, clip=fit.clip)
        fit_runs().begin(run)
        return run

    def advance(self, run: FitRun) -> bool:
        """See `FitOperator`: read some frames of the video."""
        fit = self._fit
        if fit is None or not fit.is_reading:
            return False
        fit.advance(session())
        run.job = fit.job
        return fit.is_reading
