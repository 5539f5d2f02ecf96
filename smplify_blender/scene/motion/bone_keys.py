# pyright: basic
"""Keys of a bone's channel, all at once, in the place of those that were there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Quaternion

from ...result.motion_tracks import continuous
from ...result.rotations import Array
from .action_curves import bone_curves, own_channels

LINEAR, BEZIER = 1, 2  # BezTriple.ipo


def rotation_rows(mode: str, turns: Sequence[Quaternion]) -> Array:
    """Return turns (K) as the rows of a bone's rotation channel in its rotation mode, each near the one before."""
    if mode == "QUATERNION":
        return continuous(np.array([turn[:] for turn in turns]))
    if mode == "AXIS_ANGLE":
        return np.array([(angle, *axis) for axis, angle in (turn.to_axis_angle() for turn in turns)])
    order = cast("Any", mode)
    eulers = [turns[0].to_euler(order)]
    for turn in turns[1:]:
        eulers.append(turn.to_euler(order, eulers[-1]))
    return np.array([euler[:] for euler in eulers])


def replace_keys(
    armature_object: bpy.types.Object,
    bone: bpy.types.PoseBone,
    channel: str,
    frames: Sequence[float],
    values: Array,
) -> None:
    """Key the columns of `values` (K, n) at `frames` (K,) in the object's action; keys a frame apart are joined by lines."""
    channels: Any = own_channels(armature_object, f"{armature_object.name} pose")
    for curve in bone_curves(channels.fcurves, bone.name, channel).values():
        channels.fcurves.remove(curve)
    group = channels.groups.get(bone.name) or channels.groups.new(bone.name)
    dense = len(frames) > 1 and max(np.diff(frames)) <= 1.0
    for index in range(values.shape[1]):
        curve = channels.fcurves.new(bone.path_from_id(channel), index=index)
        curve.group = group
        points = curve.keyframe_points
        points.add(len(frames))
        places = np.column_stack([np.array(frames), values[:, index]]).astype(np.float32)
        points.foreach_set("co", places.ravel())
        points.foreach_set("interpolation", np.full(len(frames), LINEAR if dense else BEZIER, dtype=np.int32))
        for point in [] if dense else points:
            point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
        curve.update()
