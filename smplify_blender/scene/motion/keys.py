# pyright: basic
"""A motion's tracks in, F-curves of an armature out, written in bulk, in Blender 4.2 as from 4.4 on (layers and slots)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...result.figure_pose import FigurePlacement
from ...result.motion_tracks import Rows, bone_quaternions, is_still, root_quaternions
from ...result.read_motion import Motion
from ...result.result_folder import Array
from ..created import Created
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones
from .action_curves import new_channels

# BezTriple.ipo of this name. Keys of a motion are as dense as they come, and curves between them would overshoot.
LINEAR = 1


@dataclass(frozen=True)
class MotionTracks:
    """The keyed rows of a motion (K,), their frames (K,), and the places of the root (K, 3) in the armature's frame."""

    rows: Rows
    frames: Array
    root_places: Array


def key_motion(
    armature: bpy.types.Object, motion: Motion, tracks: MotionTracks, action_name: str, created: Created
) -> bpy.types.Action:
    """Key every joint that the motion turns, and the root's place, in a new action.

    A joint that never moves gets one key.
    """
    action = created.add(bpy.data.actions.new(action_name))
    channels = new_channels(action, armature)
    names = bones_by_joint(armature)
    for joint, vectors in motion.rotations.items():
        if joint not in names:
            continue
        bone = pose_bones(armature)[names[joint]]
        rest = np.array(bone.bone.matrix_local, dtype=np.float64)
        rows = vectors[tracks.rows]
        group = channels.groups.new(bone.name)
        path = bone.path_from_id("rotation_quaternion")
        if bone.parent is not None:
            _write(channels, group, path, tracks.frames, bone_quaternions(rows, rest[:3, :3]))
            continue
        _write(channels, group, path, tracks.frames, root_quaternions(rows, rest[:3, :3]))
        places = (tracks.root_places - rest[:3, 3]) @ rest[:3, :3]
        _write(channels, group, bone.path_from_id("location"), tracks.frames, places)
    return action


def root_places(
    motion: Motion, rows: Rows, rest_root: Array, placement: FigurePlacement, lift: float
) -> Array:
    """(K, 3) where the root's head is in the armature's frame, units of the scene: J₀ + transl in the world, less the
    armature's place.
    """
    metres: Array = motion.transl[rows].astype(np.float64) + rest_root + np.array([0.0, 0.0, lift])
    places: Array = placement.scale * metres - placement.location
    return places


def key_values(channels: Any, path: str, frames: Array, values: Array) -> None:
    """Key one number (K,) at `frames` (K,)."""
    write_curve(channels.fcurves.new(path), frames, values)


def _write(channels: Any, group: Any, path: str, frames: Array, values: Array) -> None:
    """One curve a column of values (K, n)."""
    if is_still(values):
        frames, values = frames[:1], values[:1]
    for index in range(values.shape[1]):
        curve = channels.fcurves.new(path, index=index)
        curve.group = group
        write_curve(curve, frames, values[:, index])


def write_curve(curve: Any, frames: Array, values: Array) -> None:
    """Give a new curve a key (K,) a frame (K,), joined by lines."""
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(len(frames), LINEAR, dtype=np.int32))
    curve.update()
