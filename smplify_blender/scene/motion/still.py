# pyright: basic
"""The reasons against changing a figure's motion."""

from __future__ import annotations

import bpy

from ..control_rig.rig import has_control_rig
from ..rigify.follow import followed_rig
from .action_curves import object_curves


def still_because(armature: bpy.types.Object) -> str:
    """Return why the figure's own bones have no motion that can be changed; empty if they have one."""
    if followed_rig(armature) is not None or has_control_rig(armature):
        return "The keys are on the rig's handles: remove the rig first, which bakes them onto the figure's bones"
    if not any(len(curve.keyframe_points) > 1 for curve in object_curves(armature)):
        return "The figure has no motion: import one, or fit a video"
    return ""
