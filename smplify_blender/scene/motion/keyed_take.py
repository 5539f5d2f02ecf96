# pyright: basic
"""The keyed bones of an armature in, their tracks at whole frames out, and tracks back into the action's own curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from ...result.bone_chain import BoneChain, rotation_matrices
from ...result.errors import ResultError
from ...result.motion_tracks import continuous
from ...result.rotations import Array
from ..figure.pose import pose_bones, rotation_channel
from ..units import units_per_metre
from .action_curves import bone_curves, object_curves

ALIGNED, BEZIER, LINEAR = 3, 2, 1  # BezTriple's handle type and interpolations
CYCLES = "CYCLES"
SAME_SCALE = 1e-5  # share of it


@dataclass(frozen=True)
class BoneTrack:
    """One channel of a bone, or of the object itself ("" for a bone): its values (T, n) at the take's frames, one column a curve.

    `mode` is the rotation mode, or empty for a location; `keyed` are the rows from its own first key to its last.
    """

    bone: str
    channel: str
    mode: str
    values: Array
    keyed: slice
    key_count: int
    cycles: bool

    @property
    def is_still(self) -> bool:
        """True where a key a curve says it all."""
        return self.key_count <= self.values.shape[1]


@dataclass(frozen=True)
class KeyedTake:
    """The tracks of every bone that is keyed on all axes of a channel at T frames."""

    frames: Array
    tracks: tuple[BoneTrack, ...]

    @property
    def key_count(self) -> int:
        """Number of keys on all curves."""
        return sum(track.key_count for track in self.tracks)


def read_take(armature: bpy.types.Object, of: Any = None, with_object: bool = False) -> KeyedTake | None:
    """Read the tracks of the armature's action at every whole frame from first to last key; None: fewer than two frames.

    `of` are other curves of the same bones, such as those of a take in the NLA. `with_object` reads those of the object, too.
    """
    movers: list[Any] = [*([armature] if with_object else []), *pose_bones(armature)]
    channels = _keyed_channels(movers, object_curves(armature) if of is None else of)
    spans = [_span(curve) for _, curves in channels for curve in curves if len(curve.keyframe_points) > 1]
    if not spans:
        return None
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    frames = np.unique([first, *range(math.ceil(first), math.floor(last) + 1), last]).astype(np.float64)
    tracks: list[BoneTrack] = []
    for (name, channel, mode), curves in channels:
        values = np.column_stack([curve_values(curve, frames) for curve in curves])
        if mode == "QUATERNION":
            values = continuous(values)
        count = sum(len(curve.keyframe_points) for curve in curves)
        tracks.append(
            BoneTrack(name, channel, mode, values, _rows(frames, curves), count, all(map(_cycles, curves)))
        )
    return KeyedTake(frames, tuple(tracks))


def curve_values(curve: Any, frames: Array) -> Array:
    """Return the values (T,) of a curve at the frames (T,); of one that is keyed at these all its keys, at once."""
    count = len(curve.keyframe_points)
    if not curve.modifiers and count == len(frames):
        keys = np.empty(2 * count, dtype=np.float32)
        curve.keyframe_points.foreach_get("co", keys)
        if np.array_equal(keys[::2], frames.astype(np.float32)):
            return keys[1::2].astype(np.float64)
    return np.array([curve.evaluate(frame) for frame in frames.tolist()])


def key_frames(curve: Any) -> Array:
    """Return the frames (K,) of a curve's keys."""
    places = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", places)
    return places[::2].astype(np.float64)


def _keyed_channels(movers: Sequence[Any], of: Any) -> list[tuple[tuple[str, str, str], list[Any]]]:
    """List the channels of bones (and an object) that are keyed on all axes, with their curves in order."""
    curves = list(of)
    paths = {curve.data_path for curve in curves if len(curve.keyframe_points)}
    found: list[tuple[tuple[str, str, str], list[Any]]] = []
    for mover in movers:
        name = mover.name if isinstance(mover, bpy.types.PoseBone) else ""
        for channel, mode in ((rotation_channel(mover), mover.rotation_mode), ("location", "")):
            if mover.path_from_id(channel) not in paths:
                continue
            by_index = bone_curves(curves, name, channel)
            if len(by_index) == len(getattr(mover, channel)):
                found.append(((name, channel, mode), [by_index[index] for index in sorted(by_index)]))
    return found


def _rows(frames: Array, curves: Sequence[Any]) -> slice:
    spans = [_span(curve) for curve in curves]
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    start, end = np.searchsorted(frames, [first, last], side="right")
    return slice(max(int(start) - 1, 0), max(int(end), 1))


def _span(curve: Any) -> tuple[float, float]:
    points = curve.keyframe_points
    return points[0].co[0], points[len(points) - 1].co[0]


def _cycles(curve: Any) -> bool:
    return any(modifier.type == CYCLES and not modifier.mute for modifier in curve.modifiers)


def bone_chain(armature: bpy.types.Object, with_object: bool = False) -> BoneChain:
    """Return the armature's bones at rest; `with_object`, they all hang on one called "", which stands for the object."""
    bones = list(cast("bpy.types.Armature", armature.data).bones)
    bones.sort(key=lambda bone: len(bone.parent_recursive))
    first = [""] if with_object else []
    rows = {name: row for row, name in enumerate([*first, *(bone.name for bone in bones)])}
    above = [bone.parent.name if bone.parent is not None else "" for bone in bones]
    return BoneChain(
        names=tuple(rows),
        parents=tuple([-1 for _ in first] + [rows.get(name, -1) for name in above]),
        rest=np.array([*(np.eye(4) for _ in first), *(np.array(bone.matrix_local) for bone in bones)]),
        lengths=np.array([*(0.0 for _ in first), *(bone.length for bone in bones)]),
    )


def metres_per_unit(armature: bpy.types.Object, scene: bpy.types.Scene) -> float:
    """Return how many metres of the scene one unit of the armature's own frame is."""
    return max(cast("Any", armature.matrix_world.to_scale())) / units_per_metre(scene)


def object_scale(armature: bpy.types.Object) -> float:
    """Return how many units of its parent's frame one of the armature's own is. Raises `ResultError` where axes differ."""
    sizes = np.array(armature.scale) * np.array(armature.delta_scale)
    if np.ptp(sizes) > SAME_SCALE * np.abs(sizes).max() or not sizes.all():
        raise ResultError(
            f"“{armature.name}” is scaled by {', '.join(f'{size:.4g}' for size in sizes)}: apply the scale first (Ctrl A)."
        )
    return float(sizes[0])


def shown_channels(
    armature: bpy.types.Object, chain: BoneChain, frames: Sequence[float]
) -> tuple[Array, Array]:
    """Return the quaternions (N, B, 4) and locations (N, B, 3) of all bones at the frames, as the action's curves have them.

    What is not keyed is as it is now. Constraints, drivers and the bones' scale are left out.
    """
    rotations = np.empty((len(frames), len(chain.names), 4))
    locations = np.empty((len(frames), len(chain.names), 3))
    curves = list(object_curves(armature))
    by_path: dict[str, list[Any]] = {}
    for curve in curves:
        by_path.setdefault(curve.data_path, []).append(curve)
    for row, name in enumerate(chain.names):
        mover: Any = pose_bones(armature)[name] if name else armature
        turned = _values(mover, rotation_channel(mover), by_path, frames)
        rotations[:, row] = quaternion_rows(mover.rotation_mode, turned)
        locations[:, row] = _values(mover, "location", by_path, frames)
        if not name:  # in the armature's own units and axes, in which the bones are
            turn = rotation_matrices(delta_turn(armature))
            locations[:, row] = locations[:, row] @ turn / object_scale(armature)
    return rotations, locations


def delta_turn(armature: bpy.types.Object) -> Array:
    """Return the quaternion (4,) of the object's delta rotation, which comes after its own."""
    if armature.rotation_mode == "QUATERNION":
        return np.array(armature.delta_rotation_quaternion.normalized())
    if armature.rotation_mode == "AXIS_ANGLE":  # Blender has no delta of it
        return np.array([1.0, 0.0, 0.0, 0.0])
    return np.array(armature.delta_rotation_euler.to_quaternion())


def _values(mover: Any, channel: str, by_path: dict[str, list[Any]], frames: Sequence[float]) -> Array:
    values = np.tile(np.array(getattr(mover, channel), dtype=np.float64), (len(frames), 1))
    for curve in by_path.get(mover.path_from_id(channel), ()):
        values[:, curve.array_index] = [curve.evaluate(frame) for frame in frames]
    return values


def quaternion_rows(mode: str, values: Array) -> Array:
    """Return the rows (K, n) of a bone's rotation channel in that mode as quaternions (K, 4)."""
    if mode == "QUATERNION":
        return values
    if mode == "AXIS_ANGLE":
        turns = [Quaternion(row[1:], row[0]) for row in values.tolist()]
    else:
        turns = [Euler(row, cast("Any", mode)).to_quaternion() for row in values.tolist()]
    return np.array([turn[:] for turn in turns])


def write_track(
    armature: bpy.types.Object, track: BoneTrack, frames: Array, slopes: Array | None, of: Any = None
) -> None:
    """Give the curves of a track its values (K, n) as their only keys at `frames` (K,); their modifiers and groups stay.

    `of` are other curves than those of the armature's action.
    With `slopes` (K, n) a frame they are joined by the cubics of `key_reduction.curve_between`, else by lines.
    """
    curves = object_curves(armature) if of is None else of
    by_index = bone_curves(curves, track.bone, track.channel)
    third = np.diff(frames) / 3
    for index, values in enumerate(track.values.T):
        curve = by_index[index]
        points = curve.keyframe_points
        points.clear()
        points.add(len(frames))
        _set(points, "co", frames, values)
        kind = LINEAR if slopes is None else BEZIER
        points.foreach_set("interpolation", np.full(len(frames), kind, dtype=np.int32))
        if slopes is not None:
            before, after = np.append(third[:1], third), np.append(third, third[-1:])
            slope = slopes[:, index]
            for side in ("handle_left_type", "handle_right_type"):
                points.foreach_set(side, np.full(len(frames), ALIGNED, dtype=np.int32))
            _set(points, "handle_left", frames - before, values - before * slope)
            _set(points, "handle_right", frames + after, values + after * slope)
        curve.update()


def _set(points: Any, name: str, frames: Array, values: Array) -> None:
    points.foreach_set(name, np.column_stack([frames, values]).astype(np.float32).ravel())
