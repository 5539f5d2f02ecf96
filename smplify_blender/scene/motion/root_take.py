# pyright: basic
"""One action of a figure as what its root bone and its armature object do in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Quaternion

from ...result.errors import ResultError
from ...result.motion_tracks import continuous, is_still, product
from ...result.root_motion import CONJUGATE, RestBone, RigidMotions
from ...result.rotations import Array
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones, rotation_channel
from ..stored_values import StoredValues, has_group
from .action_curves import bone_curves, object_channels, strip_channels
from .bone_keys import rotation_rows
from .kept_curves import KeptCurve
from .keyed_take import CYCLES, curve_values, delta_turn, key_frames, object_scale, quaternion_rows
from .keys import write_curve
from .own_keys import sums_of_keys
from .raw_take import TRACK

PROPERTY = "smplify_root_motion"  # begins the name of an action's note on a slot whose walk is on the object
BONE, OBJECT = "bone", "object"  # owners of the four channels
MOVING_CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle")
# Channels of an object that the way from its frame into the world is read from, once for all frames.
UNTOUCHED = ("scale", "delta_scale", "delta_location", "delta_rotation_euler", "delta_rotation_quaternion")
OBJECT_GROUP = "Object Transforms"  # as Blender calls the group of an object's own keys


@dataclass(frozen=True)
class RootTake:
    """An action of a figure, with the holder of the figure's curves in it, and the root of the figure."""

    armature: bpy.types.Object
    root: bpy.types.PoseBone
    action: bpy.types.Action
    channels: Any
    mark: str  # the name of the action's note on a walk that is on the object

    def named(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return the names of the channels that move the root bone and the object: place and turn."""
        return ("location", rotation_channel(self.root)), (
            "location",
            rotation_channel(cast("Any", self.armature)),
        )

    def thing(self, owner: str) -> Any:
        """Return what a channel's owner stands for."""
        return self.root if owner == BONE else self.armature

    def curves(self, owner: str, channel: str) -> dict[int, Any]:
        """Return the curves of a channel by index."""
        return bone_curves(self.channels.fcurves, self.root.name if owner == BONE else "", channel)

    def all_curves(self, owner: str) -> list[tuple[str, Any]]:
        """List the curves of both channels of an owner, each with its channel's name."""
        names = self.named()[0 if owner == BONE else 1]
        return [(name, curve) for name in names for curve in self.curves(owner, name).values()]

    def sum_of(self, owner: str) -> str:
        """Return a checksum of an owner's keys."""
        sums = sums_of_keys(curve for _, curve in self.all_curves(owner))
        return " ".join(f"{path} {total:08x}" for path, total in sorted(sums.items()))

    def frames(self) -> Array:
        """Return every whole frame from the first key of the root to the last, and all frames of keys (N,)."""
        found = [curve for owner in (BONE, OBJECT) for _, curve in self.all_curves(owner)]
        keys = np.unique([frame for curve in found for frame in key_frames(curve)])
        if not len(keys):
            return keys
        whole = np.arange(math.ceil(keys[0]), math.floor(keys[-1]) + 1)
        return np.unique(np.concatenate([keys, whole]))

    def values(self, owner: str, channel: str, frames: Array) -> Array:
        """Return the values (N, n) of a channel; what is not keyed is as it is now."""
        now = np.array(getattr(self.thing(owner), channel), dtype=np.float64)
        values = np.tile(now, (len(frames), 1))
        for index, curve in self.curves(owner, channel).items():
            values[:, index] = curve_values(curve, frames)
        return values

    def bone_motions(self, frames: Array) -> RigidMotions:
        """Return what the root bone does in the armature's frame."""
        place, turn = self.named()[0]
        turns = quaternion_rows(self.root.rotation_mode, self.values(BONE, turn, frames))
        return self.rest().motions(turns, self.values(BONE, place, frames))

    def object_motions(self, frames: Array) -> RigidMotions:
        """Return what the object does, in lengths of the armature's own frame."""
        place, turn = self.named()[1]
        turns = quaternion_rows(self.armature.rotation_mode, self.values(OBJECT, turn, frames))
        whole = product(delta_turn(self.armature), turns / np.linalg.norm(turns, axis=1, keepdims=True))
        return RigidMotions(whole, self.values(OBJECT, place, frames) / object_scale(self.armature))

    def rest(self) -> RestBone:
        """Return the root at rest."""
        matrix = np.array(self.root.bone.matrix_local, dtype=np.float64)
        return RestBone(matrix[:3, :3], matrix[:3, 3])

    def key_bone(self, motions: RigidMotions, frames: Array) -> None:
        """Key the root bone."""
        turns, locations = self.rest().channels(motions)
        self._key(BONE, (locations, _rows(self.root, turns)), frames)

    def key_object(self, motions: RigidMotions, frames: Array) -> None:
        """Key the object."""
        turns = product(delta_turn(self.armature) * CONJUGATE, motions.turns)
        locations = motions.places * object_scale(self.armature)
        self._key(OBJECT, (locations, _rows(self.armature, turns)), frames)

    def loop_object(self) -> None:
        """Let the object's curves loop as those of the root bone do."""
        for of_bone, of_object in zip(*self.named(), strict=True):
            for cycles in self._cycles(of_bone)[:1]:
                for curve in self.curves(OBJECT, of_object).values():
                    modifier = curve.modifiers.new(CYCLES)
                    modifier.mode_before, modifier.mode_after = cycles.mode_before, cycles.mode_after

    def end_loops(self) -> None:
        """Take the loops off the object's curves."""
        for _, curve in self.all_curves(OBJECT):
            for modifier in list(curve.modifiers):
                curve.modifiers.remove(modifier)

    def _cycles(self, channel: str) -> list[Any]:
        return [modifier for curve in self.curves(BONE, channel).values() for modifier in curve.modifiers]

    def _key(self, owner: str, values: tuple[Array, Array], frames: Array) -> None:
        for channel, rows in zip(self.named()[0 if owner == BONE else 1], values, strict=True):
            shown_frames, shown_rows = (frames[:1], rows[:1]) if is_still(rows) else (frames, rows)
            for index in range(rows.shape[1]):
                curve = self.curve(owner, channel, index)
                curve.keyframe_points.clear()
                write_curve(curve, shown_frames, shown_rows[:, index])

    def curve(self, owner: str, channel: str, index: int) -> Any:
        """Return a curve of a channel, a new one in the group of its owner if there is none."""
        found = self.curves(owner, channel).get(index)
        if found is not None:
            return found
        path = self.root.path_from_id(channel) if owner == BONE else channel
        name = self.root.name if owner == BONE else OBJECT_GROUP
        curve = self.channels.fcurves.new(path, index=index)
        curve.group = self.channels.groups.get(name) or self.channels.groups.new(name)
        return curve

    def write_kept(self, owner: str, kept: list[KeptCurve]) -> None:
        """Give an owner's channels the kept keys, and take away the curves that none are kept of."""
        wanted = {(curve.channel, curve.index) for curve in kept}
        for channel, curve in self.all_curves(owner):
            if (channel, curve.array_index) not in wanted:
                self.channels.fcurves.remove(curve)
        for curve in kept:
            curve.write(self.curve(owner, curve.channel, curve.index))

    def set_to(self) -> dict[str, list[float]]:
        """Return what the four channels are set to, keyed or not, by owner and channel."""
        return {f"{owner} {name}": [*getattr(self.thing(owner), name)] for owner, name in self._pairs()}

    def set_values(self, values: StoredValues) -> None:
        """Set the four channels to what they were set to before."""
        for owner, name in self._pairs():
            found = values.numbers(f"{owner} {name}", len(getattr(self.thing(owner), name)))
            if found:
                setattr(self.thing(owner), name, found)

    def _pairs(self) -> list[tuple[str, str]]:
        bone, thing = self.named()
        return [*((BONE, name) for name in bone), *((OBJECT, name) for name in thing)]


def _rows(thing: Any, turns: Array) -> Array:
    if thing.rotation_mode == "QUATERNION":
        return continuous(turns)
    return rotation_rows(thing.rotation_mode, [Quaternion(turn) for turn in turns.tolist()])


def root_takes(armature: bpy.types.Object) -> list[RootTake]:
    """List the action of a figure and its raw takes. Raises `ResultError` where their walk cannot be moved."""
    root = pose_bones(armature).get(bones_by_joint(armature).get("pelvis", ""))
    animation: Any = armature.animation_data
    if root is None or root.parent is not None:
        raise ResultError(
            f"The hips of “{armature.name}” hang on another bone: the walk is that bone's to give."
        )
    if animation is None or animation.action is None:
        raise ResultError(f"“{armature.name}” has no action: nothing moves.")
    found = [RootTake(armature, root, animation.action, object_channels(armature), mark_of(animation))]
    for track in animation.nla_tracks:
        for strip in track.strips if track.name.startswith(TRACK) else ():
            if strip.action is not None and strip.action not in [take.action for take in found]:
                found.append(RootTake(armature, root, strip.action, strip_channels(strip), mark_of(strip)))
    return [take for take in found if take.channels is not None and len(take.frames())]


def mark_of(player: Any) -> str:
    """Return the name of the note that an action has on the slot which an animation or a strip plays of it.

    An action of a Blender without slots keeps the name without one, also when it is opened in a later Blender.
    """
    slot = getattr(player, "action_slot", None)
    return PROPERTY if slot is None or PROPERTY in player.action else f"{PROPERTY}_{slot.handle}"


def check_take(take: RootTake) -> None:
    """Raise `ResultError` where the keys of a take cannot be changed, or do not say alone how the figure moves."""
    reason = _reason_against(take.action, take) or _reason_in_curves(take)
    if reason:
        raise ResultError(reason)
    object_scale(take.armature)


def _reason_against(action: bpy.types.Action, take: RootTake) -> str:
    if action.library is not None or action.override_library is not None:
        return f"The action “{action.name}” is linked from another file: make it local first."
    others = (
        thing for thing in bpy.data.objects if thing != take.armature and thing.animation_data is not None
    )
    other = next((thing for thing in others if object_channels(thing) == take.channels), None)
    if other is None:
        return ""
    return f"The action “{action.name}” moves “{other.name}”, too: make it a single user's first."


def _reason_in_curves(take: RootTake) -> str:
    for curve in take.channels.fcurves:
        if curve.data_path in UNTOUCHED and len(curve.keyframe_points) > 1:
            return f"The {curve.data_path} of “{take.armature.name}” is animated: take these keys away first."
    loops, none = {CYCLES}, set[str]()
    for owner, allowed in ((BONE, loops), (OBJECT, loops if has_group(take.action, take.mark) else none)):
        for _, curve in take.all_curves(owner):
            kinds = {modifier.type for modifier in curve.modifiers} - allowed
            if kinds:
                return (
                    f"The curve {curve.data_path} of “{take.action.name}” has a modifier "
                    f"({', '.join(sorted(kinds)).title()}): bake or remove it first."
                )
    return ""
