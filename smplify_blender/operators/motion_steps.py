# pyright: basic
"""The common part of the buttons that change a figure's motion."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..scene.motion.still import still_because
from ..settings.scene_choices import figure_in
from .control_rig import reason_against


class MotionOperator:
    """A figure of this file whose own bones are animated."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure that moves; say why not otherwise."""
        reason = reason_against(context, needs_controls=False) or still_because(
            cast("bpy.types.Object", figure_in(context))
        )
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason
