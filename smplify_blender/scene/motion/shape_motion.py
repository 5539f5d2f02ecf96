# pyright: basic
"""A solved motion in; a smoother one, whose feet stand still, in its place. Any number of times, always from the raw take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

import bpy
import numpy as np

from ...result.bone_chain import BoneChain, posed_bones
from ...result.errors import ResultError
from ...result.foot_lock import Leg, locked_leg
from ...result.motion_smoothing import smoothed
from ...result.motion_tracks import Rows, continuous
from ...result.rotations import Array
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones, rotation_channel
from .action_curves import bone_curves, object_curves, strip_curves
from .frame_facts import KnownFrames, known_frames
from .keyed_take import (
    BoneTrack,
    KeyedTake,
    bone_chain,
    curve_values,
    quaternion_rows,
    read_take,
    write_track,
)
from .own_keys import changed_paths, remember_keys
from .raw_take import keep_raw_take
from .root_motion import walk_on_bone

ENDING = "shaped"
RAW = "smplify_raw_action"  # on the armature: the action of the raw take that the sliders act on
WEIGHTS = (1.0, 0.5, 0.2, 0.05)  # of a frame by its word: good, check, poor, not seen
SIDES = {"left": slice(0, 2), "right": slice(2, 4)}  # of a frame's contacts: heel and toe


@dataclass(frozen=True)
class MotionShape:
    """How much smoother than solved a motion is to be, and how far feet in contact are held in place; both 0 … 1."""

    smoothness: float = 0.0
    foot_lock: float = 0.0


@dataclass(frozen=True)
class ShapedMotion:
    """What became of a motion; `kept` are the bones with keys of the artist's own, which were left as they are."""

    kept: tuple[str, ...]
    feet: bool

    @property
    def words(self) -> str:
        """The outcome in a sentence; empty where there is nothing to say."""
        said = (
            [] if self.feet else ["The file of this motion does not say when feet stand: they are not locked"]
        )
        if self.kept:
            said.append(f"Left as you have keyed them: {', '.join(self.kept)}")
        return ". ".join(said)


def shape_motion(armature: bpy.types.Object, scene: bpy.types.Scene, shape: MotionShape) -> ShapedMotion:
    """Give the armature's action the keys of its raw take, made smoother and with feet that stand still.

    The first time, the action becomes the raw take, muted in the NLA. Bones that the artist has keyed otherwise since are left
    as they are. Raises `ResultError` for values outside 0 … 1, and where there is no motion.
    """
    if not all(0.0 <= value <= 1.0 for value in (shape.smoothness, shape.foot_lock)):
        raise ResultError(
            f"Smoothness {shape.smoothness:g} and foot lock {shape.foot_lock:g}: choose both from 0 to 1."
        )
    with walk_on_bone(armature):
        return _shape_bones(armature, scene, shape)


def _shape_bones(armature: bpy.types.Object, scene: bpy.types.Scene, shape: MotionShape) -> ShapedMotion:
    theirs = changed_paths(armature)
    raw = _raw_take(armature)
    fps = scene.render.fps / scene.render.fps_base
    known = known_frames(armature)
    tracks = _smoothed(raw, _weights(raw.frames, known), fps, shape.smoothness)
    take = KeyedTake(raw.frames, tuple(_as_keyed(armature, track, raw.frames, theirs) for track in tracks))
    if shape.foot_lock > 0 and known is not None:
        take = _with_locked_feet(armature, take, known, theirs, (shape.foot_lock, fps))
    for track in take.tracks:
        if not track.is_still and _path(armature, track) not in theirs:
            values = track.values[track.keyed]
            write_track(armature, replace(track, values=values), take.frames[track.keyed], None)
    remember_keys(armature, but=theirs)
    armature.update_tag(refresh={"TIME"})
    kept = {track.bone for track in take.tracks if _path(armature, track) in theirs}
    return ShapedMotion(tuple(sorted(kept)), known is not None or shape.foot_lock == 0)


def _raw_take(armature: bpy.types.Object) -> KeyedTake:
    """Return the take that the sliders act on; the action that the armature has becomes it the first time."""
    strip = raw_strip(armature)
    take = read_take(armature, None if strip is None else strip_curves(strip))
    if take is None:
        raise ResultError(
            f"The bones of “{armature.name}” are keyed at fewer than two frames: nothing moves."
        )
    if strip is None:
        raw = cast("Any", armature.animation_data).action
        keep_raw_take(armature, ENDING)
        armature[RAW] = raw
    return take


def raw_strip(armature: bpy.types.Object) -> Any:
    """Return the strip of the raw take; None before the first time, and where it was taken out of the NLA."""
    raw, animation = armature.get(RAW), armature.animation_data
    if animation is None or not isinstance(raw, bpy.types.Action):
        return None
    strips = (strip for track in animation.nla_tracks for strip in track.strips)
    return next((strip for strip in strips if strip.action == raw), None)


def _path(armature: bpy.types.Object, track: BoneTrack) -> str:
    return pose_bones(armature)[track.bone].path_from_id(track.channel)


def _as_keyed(armature: bpy.types.Object, track: BoneTrack, frames: Array, theirs: set[str]) -> BoneTrack:
    """Return a track as it is, or as the artist has keyed it."""
    if _path(armature, track) not in theirs:
        return track
    curves = bone_curves(object_curves(armature), track.bone, track.channel)
    values = track.values.copy()
    for index, curve in curves.items():
        values[:, index] = curve_values(curve, frames)
    return replace(track, values=values)


def _rows_of(frames: Array, known: KnownFrames) -> Rows:
    """Return the row of the known frames that is nearest to each frame (N,)."""
    after = np.clip(np.searchsorted(known.frames, frames), 1, len(known.frames) - 1)
    rows: Rows = after - (frames - known.frames[after - 1] < known.frames[after] - frames)
    return rows


def _weights(frames: Array, known: KnownFrames | None) -> Array:
    """Return how far each frame (N,) is trusted."""
    if known is None:
        return np.ones(len(frames))
    return np.array(WEIGHTS)[known.words[_rows_of(frames, known)]]


def _smoothed(take: KeyedTake, weights: Array, fps: float, smoothness: float) -> tuple[BoneTrack, ...]:
    """Smooth all tracks that move, together."""
    moving = [track for track in take.tracks if not track.is_still]
    if smoothness <= 0 or not moving:
        return take.tracks
    widths = np.cumsum([track.values.shape[1] for track in moving])
    columns = smoothed(np.hstack([track.values for track in moving]), weights, fps, smoothness)
    parts = dict(zip(map(id, moving), np.split(columns, widths[:-1], axis=1), strict=True))
    return tuple(_with_values(track, parts.get(id(track), track.values)) for track in take.tracks)


def _with_values(track: BoneTrack, values: Array) -> BoneTrack:
    if track.mode == "QUATERNION":
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
    return replace(track, values=values)


def _with_locked_feet(
    armature: bpy.types.Object,
    take: KeyedTake,
    known: KnownFrames,
    theirs: set[str],
    lock: tuple[float, float],
) -> KeyedTake:
    """Hold the feet in contact; `lock` is how far, and the frames a second. A leg with keys of the artist's stays."""
    chain = bone_chain(armature)
    posed = posed_bones(chain, *_channels(armature, chain, take))
    standing = known.contacts[_rows_of(take.frames, known)]
    found: dict[str, Array] = {}
    for side, columns in SIDES.items():
        leg = _leg(armature, chain, side)
        if leg is not None:
            turns = locked_leg(chain, posed, leg, standing[:, columns], *lock)
            rotations = {chain.names[row]: values for row, values in turns.items()}
            if not any(_rotation_path(armature, bone) in theirs for bone in rotations):
                found |= rotations
    tracks = [
        replace(track, values=continuous(found[track.bone]))
        if track.mode == "QUATERNION" and track.bone in found
        else track
        for track in take.tracks
    ]
    return KeyedTake(take.frames, tuple(tracks))


def _rotation_path(armature: bpy.types.Object, bone: str) -> str:
    return pose_bones(armature)[bone].path_from_id("rotation_quaternion")


def _channels(armature: bpy.types.Object, chain: BoneChain, take: KeyedTake) -> tuple[Array, Array]:
    """Return the quaternions (N, B, 4) and places (N, B, 3) of all bones in a take; what is not keyed is as it is now."""
    count = len(take.frames)
    rotations, places = np.empty((count, len(chain.names), 4)), np.empty((count, len(chain.names), 3))
    rows = {name: row for row, name in enumerate(chain.names)}
    for name, row in rows.items():
        bone = pose_bones(armature)[name]
        now = np.array(getattr(bone, rotation_channel(bone)), dtype=np.float64)[None]
        rotations[:, row] = quaternion_rows(bone.rotation_mode, now)
        places[:, row] = np.array(bone.location)
    for track in take.tracks:
        if track.mode:
            rotations[:, rows[track.bone]] = quaternion_rows(track.mode, track.values)
        else:
            places[:, rows[track.bone]] = track.values
    return rotations, places


def _leg(armature: bpy.types.Object, chain: BoneChain, side: str) -> Leg | None:
    """Return the rows of a leg; None where its bones are not one below the other, or not turned by quaternions."""
    names = bones_by_joint(armature)
    rows: list[int] = []
    for joint in ("hip", "knee", "ankle", "foot"):
        name = names.get(f"{side}_{joint}", "")
        if name not in chain.names or pose_bones(armature)[name].rotation_mode != "QUATERNION":
            return None
        rows.append(chain.names.index(name))
    is_chain = all(chain.parents[below] == above for above, below in pairwise(rows))
    return Leg(*rows) if is_chain and chain.parents[rows[0]] >= 0 else None
