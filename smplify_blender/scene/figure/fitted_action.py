# pyright: basic
"""The keys of a fitted pose, told apart from an artist's: theirs are never overwritten.

An action that a fit has keyed remembers the frame and the values of its keys. A key that has another value now is the artist's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from ..control_rig.bake import scene_at
from ..control_rig.names import MARK as CONTROL_MARK
from ..control_rig.rig import has_control_rig, refresh_control_rig
from ..motion.action_curves import object_curves, strip_curves
from ..stored_values import StoredValues, stored_values
from .bone_joints import bones_by_joint
from .pose import pose_bones, rotation_channel

MARK = "smplify_pose"  # on an action: the frame and values of the fitted pose as it was keyed
SAME_VALUE = 1e-4  # of a key that nobody has touched: Blender keeps single precision
SAME_FRAME = 1e-3
MOST_PATHS_CHARACTERS = 200_000
SEPARATOR = "\n"

Channel = tuple[str, int]  # data path and index of one F-curve


@dataclass(frozen=True)
class _Keyed:
    """An action with the curves that move a figure, and what is remembered of the fitted pose in it."""

    action: bpy.types.Action
    curves: Any
    frame: float
    values: dict[Channel, float]


def key_pose(armature: bpy.types.Object, action_name: str, frame: int) -> bpy.types.Action:
    """Key the pose of all bones at `frame`, in a new action: exporters write the rest pose without one."""
    action = bpy.data.actions.new(action_name)
    cast("bpy.types.AnimData", armature.animation_data_create()).action = action
    for bone in pose_bones(armature):
        _insert(bone, frame)
    _remember(action, object_curves(armature), _channels(armature), frame)
    return action


def key_pose_again(armature: bpy.types.Object, action_name: str, frame: int) -> str:
    """Key another fitted pose in the place of the one before; return in a sentence what became of an artist's keys.

    Where they have changed those keys, or the action is theirs, it is kept as it is, and the pose goes into a copy of it.
    """
    animation = cast("bpy.types.AnimData", armature.animation_data_create())
    keyed = next(_fitted_actions(armature), None)
    channels = _channels(armature)
    if keyed is not None and _is_as_keyed(keyed, [*channels, *_control_channels(armature)]):
        _overwrite(armature, keyed, channels)
        return ""
    theirs = animation.action
    if theirs is None:
        key_pose(armature, action_name, frame)
        return ""
    own = cast("bpy.types.Action", theirs.copy())
    own.name = action_name
    animation.action = own
    theirs.use_fake_user = True
    at = round(keyed.frame) if keyed is not None and keyed.action == theirs else frame
    for bone in _joint_bones(armature):
        _insert(bone, at)
    _remember(own, object_curves(armature), channels, at)
    if MARK in theirs:
        del theirs[MARK]
    return f"Your keys stay in the action “{theirs.name}”; the fitted pose is in “{own.name}”."


def key_controls(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Put the controls of a control rig where the fitted pose has the bones, with a key wherever they have one at its frame.

    `view_layer` has to be the context's, in object mode.
    """
    keyed = next(_fitted_actions(armature), None)
    if not has_control_rig(armature) or keyed is None:
        return
    with scene_at(cast("bpy.types.Scene", view_layer.id_data)) as go:
        go(keyed.frame)
        refresh_control_rig(armature, view_layer)
        there = _key_values(keyed.curves, keyed.frame)
        channels = [channel for channel in _control_channels(armature) if channel in there]
        for path, index in channels:
            armature.keyframe_insert(path, index=index, frame=keyed.frame)
    _remember(keyed.action, keyed.curves, [*keyed.values, *channels], keyed.frame)


def _control_channels(armature: bpy.types.Object) -> list[Channel]:
    return [
        (bone.path_from_id(name), index)
        for bone in pose_bones(armature)
        if CONTROL_MARK in bone.bone
        for name in ("location", rotation_channel(bone))
        for index in range(len(getattr(bone, name)))
    ]


def fitted_frame(armature: bpy.types.Object) -> float | None:
    """Return the frame at which a fit has keyed the figure; None if it has not."""
    keyed = next(_fitted_actions(armature), None)
    return keyed.frame if keyed is not None else None


def untouched_fits(armature: bpy.types.Object) -> list[bpy.types.Action]:
    """Return the actions of a figure in which the fitted pose is as it was keyed."""
    channels = [*_channels(armature), *_control_channels(armature)]
    return [keyed.action for keyed in _fitted_actions(armature) if _is_as_keyed(keyed, channels)]


def remember_again(armature: bpy.types.Object, actions: list[bpy.types.Action]) -> None:
    """Take the fitted pose of these actions as it is keyed now: its keys were turned with the bones."""
    for keyed in _fitted_actions(armature):
        if keyed.action in actions:
            _remember(keyed.action, keyed.curves, list(keyed.values), keyed.frame)


def _joint_bones(armature: bpy.types.Object) -> list[bpy.types.PoseBone]:
    bones = pose_bones(armature)
    return [bones[name] for name in bones_by_joint(armature).values() if name in bones]


def _insert(bone: bpy.types.PoseBone, frame: int) -> None:
    bone.keyframe_insert(rotation_channel(bone), frame=frame, group=bone.name)
    if bone.parent is None:
        bone.keyframe_insert("location", frame=frame, group=bone.name)


def _channels(armature: bpy.types.Object) -> list[Channel]:
    """Return the F-curves that a fitted pose has with the rotation modes of now."""
    found: list[Channel] = []
    for bone in _joint_bones(armature):
        names = [rotation_channel(bone), *(["location"] if bone.parent is None else [])]
        found += [
            (bone.path_from_id(name), index) for name in names for index in range(len(getattr(bone, name)))
        ]
    return found


def _fitted_actions(armature: bpy.types.Object) -> Iterator[_Keyed]:
    animation = armature.animation_data
    if animation is None:
        return
    strips = [strip for track in animation.nla_tracks for strip in track.strips]
    pairs = [(animation.action, lambda: object_curves(armature))]
    pairs += [(strip.action, lambda strip=strip: strip_curves(strip)) for strip in strips]
    for action, curves in pairs:
        if action is not None and action.library is None and MARK in action:
            keyed = _keyed(action, curves(), stored_values(action, MARK))
            if keyed is not None:
                yield keyed


def _keyed(action: bpy.types.Action, curves: Any, mark: StoredValues) -> _Keyed | None:
    paths = mark.text("paths", most=MOST_PATHS_CHARACTERS).split(SEPARATOR)
    indices, values = mark.numbers("indices"), mark.numbers("values")
    if not len(paths) == len(indices) == len(values):
        return None
    channels = [(path, int(index)) for path, index in zip(paths, indices, strict=True)]
    return _Keyed(action, curves, mark.number("frame"), dict(zip(channels, values, strict=True)))


def _is_as_keyed(keyed: _Keyed, channels: list[Channel]) -> bool:
    """Return True if no key at the fit's frame is anybody else's."""
    there = _key_values(keyed.curves, keyed.frame)
    wanted = [*keyed.values, *(channel for channel in channels if channel not in keyed.values)]
    return all(
        abs(there[channel] - keyed.values.get(channel, np.inf)) < SAME_VALUE
        for channel in wanted
        if channel in there
    )


def _key_values(curves: Any, frame: float) -> dict[Channel, float]:
    found: dict[Channel, float] = {}
    for curve in curves:
        key = _key_at(curve, frame)
        if key is not None:
            found[curve.data_path, curve.array_index] = key.co[1]
    return found


def _key_at(curve: Any, frame: float) -> Any:
    return next((key for key in curve.keyframe_points if abs(key.co[0] - frame) < SAME_FRAME), None)


def _overwrite(armature: bpy.types.Object, keyed: _Keyed, channels: list[Channel]) -> None:
    curves = {(curve.data_path, curve.array_index): curve for curve in keyed.curves}
    for path, index in channels:
        curve: Any = curves.get((path, index))
        key = _key_at(curve, keyed.frame) if curve is not None else None
        if key is None:
            _insert_missing(armature, keyed, path, index)
            continue
        change = cast("Any", armature.path_resolve(path))[index] - key.co[1]
        for place in (key.co, key.handle_left, key.handle_right):
            place[1] += change
        cast("Any", curve).update()
    _remember(keyed.action, keyed.curves, channels, keyed.frame)


def _insert_missing(armature: bpy.types.Object, keyed: _Keyed, path: str, index: int) -> None:
    animation = armature.animation_data
    if animation is not None and animation.action == keyed.action:
        armature.keyframe_insert(path, index=index, frame=keyed.frame)


def _remember(action: bpy.types.Action, curves: Any, channels: list[Channel], frame: float) -> None:
    there = _key_values(curves, frame)
    kept = [channel for channel in channels if channel in there]
    cast("Any", action)[MARK] = {
        "frame": float(frame),
        "paths": SEPARATOR.join(path for path, _ in kept),
        "indices": [index for _, index in kept],
        "values": [float(there[channel]) for channel in kept],
    }
