# pyright: basic
"""The actions of a copied figure, which it shares with its original until it has its own."""

from __future__ import annotations

from typing import Any, cast

import bpy
import numpy as np

from ..created import Created


def own_actions(copied: bpy.types.Object, created: Created) -> None:
    """Give a copy actions of its own, which can be changed without its original's."""
    animation = copied.animation_data
    if animation is None:
        return
    if animation.action is not None:
        animation.action = created.add(cast("bpy.types.Action", animation.action.copy()))
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None:
                strip.action = created.add(cast("bpy.types.Action", strip.action.copy()))


def scale_values(curve: Any, scale: float) -> None:
    """Scale the values of an F-curve's keys."""
    for place in ("co", "handle_left", "handle_right"):
        values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get(place, values)
        values[1::2] *= scale
        curve.keyframe_points.foreach_set(place, values)
    curve.update()
