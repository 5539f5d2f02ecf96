# pyright: basic
"""Who is in the video, to choose from before the fit."""

from __future__ import annotations

import bpy

from ..api.clip_fit import LIST_PEOPLE, ClipFit
from ..result.errors import ResultError
from ..session.clip_looks import clip_looks, look_key
from ..session.clip_request import ClipChoices
from ..session.fit_run import FitRun
from ..session.photo_preview import load_track_icon
from .clip_steps import ClipOperator


class SMPLIFY_OT_look_at_clip(ClipOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Follow people through the video, to choose who is fitted: seconds with keypoint files, half a second a frame without"""

    bl_idname = "smplify.look_at_clip"
    bl_label = "Look for People"

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        return self.start(context, lambda _choices: [LIST_PEOPLE], _keep_tracks)


def _keep_tracks(fit: ClipFit, choices: ClipChoices) -> str:
    """Keep who was found for the sidebar, with a small picture of each; return an error in words."""
    clip_looks().keep(look_key(choices), fit.job.tracks)
    if bpy.app.background:
        return ""
    try:
        for track in fit.job.tracks:
            load_track_icon(fit.clip, track.number, fit.picture(track.best_frame), track.box)
    except ResultError as error:
        return str(error)
    return ""
