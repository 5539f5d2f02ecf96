# pyright: basic
"""The common part of the buttons that change a figure's motion."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..scene.control_rig.rig import has_control_rig
from ..scene.motion.action_curves import object_curves
from ..scene.rigify.follow import followed_rig
from ..settings.scene_choices import figure_in
from .control_rig import reason_against


class MotionOperator:
    """A figure of this file whose own bones are animated."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure that moves; say why not otherwise."""
        reason = reason_against(context, needs_controls=False) or _still_because(
            cast("bpy.types.Object", figure_in(context))
        )
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason


def _still_because(armature: bpy.types.Object) -> str:
    """Return why the figure's own bones have no motion that can be changed; empty if they have one."""
    if followed_rig(armature) is not None or has_control_rig(armature):
        return "The keys are on the rig's handles: remove the rig first, which bakes them onto the figure's bones"
    if not any(len(curve.keyframe_points) > 1 for curve in object_curves(armature)):
        return "The figure has no motion: import one, or fit a video"
    return ""
