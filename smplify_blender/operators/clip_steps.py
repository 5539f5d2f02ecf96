# pyright: basic
"""The common part of the operators on the sidebar's video: its frames are read, then the core is asked."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import cast

import bpy

from ..api.clip_fit import ClipFit, ClipRequest
from ..result.errors import ResultError
from ..session.clip_request import ClipChoices, clip_options, missing_clip_choice
from ..session.fit_run import FitRun, fit_runs
from ..session.fit_session import session
from ..settings.scene_choices import clip_choices_of, engine_of
from .fit_steps import FitOperator, FitStartError

Finish = Callable[[ClipFit, ClipChoices], str]


class ClipOperator(FitOperator):
    """An operator that reads the video's frames in pieces, so that the window stays usable."""

    _fit: ClipFit | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return False, with the reason, while a fit runs."""
        if fit_runs().current is not None:
            cast("type[bpy.types.Operator]", cls).poll_message_set(
                "A fit runs already: wait, or cancel it with Esc"
            )
            return False
        return context.scene is not None

    def start(
        self,
        context: bpy.types.Context,
        person: Callable[[ClipChoices], list[str]],
        finish: Finish | None = None,
    ) -> FitRun:
        """Ask for the sidebar's video with `person`'s options; `finish` takes what brings no figure. Raises `FitStartError`."""
        scene = cast("bpy.types.Scene", context.scene)
        engine = engine_of(context)
        choices = clip_choices_of(scene, engine)
        problem = missing_clip_choice(choices, engine)
        if problem or choices.clip is None:
            raise FitStartError(problem)
        request = ClipRequest(
            choices.clip,
            choices.span,
            tuple(clip_options(choices, engine)),
            choices.image_rate,
            engine.python,
            tuple(person(choices)),
        )
        try:
            fit = ClipFit(request, Path(bpy.app.tempdir))
        except ResultError as error:
            raise FitStartError(str(error)) from error
        self._fit = fit
        run = FitRun(fit.job, uuid.uuid4().hex, fit.result, scene.name, clip=fit.clip)
        if finish is not None:
            run.finish = lambda: finish(fit, choices)
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
