# pyright: basic
"""The large button with a video: everybody in it comes in as a figure that moves."""

from __future__ import annotations

from typing import cast

import bpy

from ..session.clip_request import person_words
from ..session.fit_run import FitRun
from ..settings.properties import settings_of
from .clip_steps import ClipOperator
from .modes import poll_mode


class SMPLIFY_OT_fit_clip(ClipOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit bodies to the people in the video: figures that move, before the video. Esc cancels; pressed again, it goes on"""

    bl_idname = "smplify.fit_clip"
    bl_label = "Fit Video"

    clip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Video",
        description="For scripts: the movie, or the first of numbered images, instead of the one in the sidebar",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return False, with the reason, if something stands in the way whatever the properties say."""
        return super().poll(context) and poll_mode(cls, context)

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        if self.clip:
            settings.photo_source, settings.clip_path = "VIDEO", self.clip
        return self.start(context, lambda choices: person_words(choices.person))
