# pyright: basic
"""Poses and keys of bones whose rest axes turn: both are turned with them, so that what they show stays the same.

A bone's rest axes turn with its limb, from B to B'; a rotation R of the limb is Bᵀ R B in a bone's own axes, so with
D = B'ᵀ B every quaternion's vector part and every location is turned by D: a linear map, which holds for keys and their
handles too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ...result.rotations import Array
from ..motion.action_curves import bone_curves, object_curves, strip_curves
from .fitted_action import remember_again, untouched_fits
from .pose import pose_bones

TURNED_CHANNELS = (("location", 0), ("rotation_quaternion", 1))  # and the index of the vector's first value
LEAST_KEY_GAP = 0.02  # frames; closer than 0.01, Blender takes two keys for one
OTHER_ROTATIONS = ("rotation_euler", "rotation_axis_angle")
LEAST_TURN = 1e-6  # of a rotation matrix's entries; keys are not touched for less


def rest_axes(armature: bpy.types.Object) -> dict[str, Array]:
    """Return the rest axes (3, 3) of every bone in the armature's frame, one a column."""
    bones = cast("bpy.types.Armature", armature.data).bones
    return {bone.name: np.array(bone.matrix_local, dtype=np.float64)[:3, :3] for bone in bones}


def turn_pose(armature: bpy.types.Object, turns: dict[str, Array]) -> None:
    """Turn the pose that the bones have now."""
    for bone in pose_bones(armature):
        turn = turns[bone.name]
        if not _is_worth_it(turn):
            continue
        location, rotation, scale = bone.matrix_basis.decompose()
        vector = turn @ np.array((rotation.x, rotation.y, rotation.z))
        bone.matrix_basis = cast("Any", Matrix).LocRotScale(
            Vector((turn @ np.array(location)).tolist()),
            Quaternion((rotation.w, *vector.tolist())),
            scale,
        )


def turn_keys(armature: bpy.types.Object, turns: dict[str, Array]) -> None:
    """Turn the keys of the action and of the strips in the NLA.

    Left as they are: keys of Euler angles, of some axes only, or closer together than Blender can tell apart. An action that
    moves another object, too, is copied before.
    """
    worth = {name: turn for name, turn in turns.items() if _is_worth_it(turn)}
    if not worth:
        return
    _make_actions_single_user(armature)
    untouched = untouched_fits(armature)
    for curves in _all_curves(armature):
        for name, turn in worth.items():
            _turn_bone(curves, name, turn)
    remember_again(armature, untouched)


def _turn_bone(curves: Any, name: str, turn: Array) -> None:
    for channel, first in TURNED_CHANNELS:
        found = bone_curves(curves, name, channel)
        vector = [found[index] for index in range(first, first + 3) if index in found]
        if len(vector) == 3 and not has_close_keys(vector):
            _turn_vector(vector, turn)


def has_close_keys(curves: Sequence[Any]) -> bool:
    """Return True if keys that some of the curves lack cannot be added: Blender takes them for those that are there."""
    all_frames = [_key_frames(curve) for curve in curves]
    if not all_frames or _have_same_frames(all_frames):
        return False
    doubled = any(len(np.unique(frames)) < len(frames) for frames in all_frames)
    gaps = np.diff(np.unique(np.concatenate(all_frames)))
    return doubled or bool((gaps < LEAST_KEY_GAP).any())


def _is_worth_it(turn: Array) -> bool:
    return bool(np.abs(turn - np.eye(3)).max() > LEAST_TURN)


def _make_actions_single_user(armature: bpy.types.Object) -> None:
    animation = armature.animation_data
    action = animation.action if animation is not None else None
    if animation is None or action is None:
        return
    strips = [strip for track in animation.nla_tracks for strip in track.strips if strip.action == action]
    if action.users - action.use_fake_user > 1 + len(strips) or action.library is not None:
        animation.action = action.copy()


def _all_curves(armature: bpy.types.Object) -> Iterator[Any]:
    """The curves of the action and of every strip, each once."""
    seen: list[Any] = []
    animation = armature.animation_data
    if animation is None:
        return
    if animation.action is not None:
        seen.append(animation.action)
        yield object_curves(armature)
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and strip.action not in seen and strip.action.library is None:
                seen.append(strip.action)
                yield strip_curves(strip)


def _key_frames(curve: Any) -> Array:
    places = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", places)
    frames: Array = places[::2].astype(np.float64)
    return frames


def _have_same_frames(all_frames: Sequence[Array]) -> bool:
    return all(np.array_equal(frames, all_frames[0]) for frames in all_frames)


def _turn_vector(curves: Sequence[Any], turn: Array) -> None:
    """Turn the vector that three curves hold, keys and handles."""
    all_frames = [_key_frames(curve) for curve in curves]
    frames = all_frames[0]
    if not _have_same_frames(all_frames):
        frames = np.unique(np.concatenate(all_frames))
        for curve in curves:
            _add_missing_keys(curve, frames.tolist())
    for place in ("co", "handle_left", "handle_right"):
        places = np.empty((len(curves), len(frames), 2), dtype=np.float32)
        for curve, values in zip(curves, places, strict=True):
            flat = values.ravel()  # a view
            curve.keyframe_points.foreach_get(place, flat)
        places[..., 1] = np.tensordot(turn, places[..., 1], axes=1)
        for curve, values in zip(curves, places, strict=True):
            curve.keyframe_points.foreach_set(place, values.ravel())
    for curve in curves:
        curve.update()


def _add_missing_keys(curve: Any, frames: Sequence[float]) -> None:
    there = {key.co[0] for key in curve.keyframe_points}
    missing = [(frame, curve.evaluate(frame)) for frame in frames if frame not in there]
    for frame, value in missing:
        curve.keyframe_points.insert(frame, value)
