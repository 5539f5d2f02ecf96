# pyright: basic
"""A figure's motion in, the loop in it out: cut to it, joined at its ends, and repeated for ever by modifiers of its curves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from ...result.bone_chain import BoneChain, posed_bones
from ...result.errors import ResultError
from ...result.loop_search import Loop, find_loop, joined, joined_rotations
from ...result.rotations import Array
from ..figure.bone_joints import bones_by_joint
from .action_curves import bone_curves, object_curves
from .keyed_take import (
    CYCLES,
    BoneTrack,
    KeyedTake,
    bone_chain,
    metres_per_unit,
    read_take,
    shown_channels,
    write_track,
)
from .raw_take import keep_raw_take
from .root_motion import walk_on_bone

ENDING = "cyclic"
FEWEST_ROWS = 4
SAME_METRES = 0.005  # loops whose ends differ by so much more than the best are as good


@dataclass(frozen=True)
class LoopChoices:
    """The loops that are looked for: seconds, and metres of the mean difference between the poses at the ends.

    `in_place`: the figure stays where it is, else each round goes on from where the one before has ended. `set_range` makes the
    scene play the loop.
    """

    shortest_seconds: float = 0.4
    longest_seconds: float = 10.0
    most_metres: float = 0.1
    in_place: bool = False
    set_range: bool = True


@dataclass(frozen=True)
class MadeCyclic:
    """The first and last frame of a loop, which show the same pose, and how far the poses were apart before, metres."""

    first: float
    last: float
    metres: float

    @property
    def words(self) -> str:
        """The outcome in a sentence."""
        return (
            f"A loop of {self.last - self.first:g} frames, from {self.first:g} to {self.last:g}. The poses at its ends were "
            f"{100 * self.metres:.1f} cm apart, and are joined; the raw take is in the NLA"
        )


def make_cyclic(armature: bpy.types.Object, scene: bpy.types.Scene, choices: LoopChoices) -> MadeCyclic:
    """Find the loop in the motion of an armature's bones, and repeat it; the raw take stays in the NLA.

    A walk of the object loops as one of the root bone does. Raises `ResultError` where nothing moves, or nothing comes back to
    where it was.
    """
    with walk_on_bone(armature, in_same_time=False):
        return _make_cyclic(armature, scene, choices)


def _make_cyclic(armature: bpy.types.Object, scene: bpy.types.Scene, choices: LoopChoices) -> MadeCyclic:
    take = read_take(armature)
    if take is None:
        raise ResultError(
            f"The bones of “{armature.name}” are keyed at fewer than two frames: nothing moves."
        )
    chain = bone_chain(armature)
    loop, metres = _find(armature, scene, take, chain, choices)
    keep_raw_take(armature, ENDING)
    frames = take.frames[loop.first : loop.last + 1]
    root = chain.names[_root_row(armature, chain)]
    for track in take.tracks:
        if track.is_still:
            continue
        rest = chain.rest[chain.names.index(track.bone)][:3, :3]
        is_root = track.bone == root and not track.mode
        values = _looped(track, loop, rest, is_root, choices.in_place)
        write_track(armature, replace(track, values=values), frames, None)
        _repeat(armature, track, with_offset=is_root and not choices.in_place)
    _settle(armature, scene, frames, choices)
    return MadeCyclic(float(frames[0]), float(frames[-1]), metres)


def _root_row(armature: bpy.types.Object, chain: BoneChain) -> int:
    name = bones_by_joint(armature).get("pelvis", "")
    return chain.names.index(name) if name in chain.names else 0


def _find(
    armature: bpy.types.Object,
    scene: bpy.types.Scene,
    take: KeyedTake,
    chain: BoneChain,
    choices: LoopChoices,
) -> tuple[Loop, float]:
    fps = scene.render.fps / scene.render.fps_base
    metres = metres_per_unit(armature, scene)
    shortest = max(FEWEST_ROWS, math.ceil(choices.shortest_seconds * fps))
    longest = max(shortest, math.floor(choices.longest_seconds * fps))
    posed = posed_bones(chain, *shown_channels(armature, chain, take.frames.tolist()))
    root = _root_row(armature, chain)
    places = np.concatenate([posed.heads[:, [root]], np.delete(posed.heads, root, axis=1)], axis=1)
    loop = find_loop(places, shortest, longest, SAME_METRES / metres)
    if loop is None:
        raise ResultError(
            f"The motion of “{armature.name}” has no loop of {choices.shortest_seconds:g} to {choices.longest_seconds:g} s: "
            "it does not come back to a pose that it has left. Choose a shorter one."
        )
    apart = metres * loop.difference
    if apart > choices.most_metres:
        raise ResultError(
            f"Nothing in the motion of “{armature.name}” repeats: its most alike poses, at {take.frames[loop.first]:g} and "
            f"{take.frames[loop.last]:g}, are {100 * apart:.0f} cm apart. Allow more than {100 * choices.most_metres:.0f} cm."
        )
    return loop, apart


def _looped(track: BoneTrack, loop: Loop, rest: Array, is_root: bool, in_place: bool) -> Array:
    """Return the values of the loop's rows; of the root's place, what it goes along the floor is kept, or taken out."""
    values = track.values[loop.first : loop.last + 1]
    if track.mode == "QUATERNION":
        return joined_rotations(values)
    if not is_root:
        return joined(values, np.zeros(values.shape[1]))
    gone = rest @ (values[-1] - values[0])  # in the armature's frame, z up
    travel = rest.T @ np.array([gone[0], gone[1], 0.0])
    whole = joined(values, travel)
    if not in_place:
        return whole
    steady: Array = whole - np.linspace(0.0, 1.0, len(whole))[:, None] * travel
    return steady


def _repeat(armature: bpy.types.Object, track: BoneTrack, with_offset: bool) -> None:
    for curve in bone_curves(object_curves(armature), track.bone, track.channel).values():
        found: Any = next((modifier for modifier in curve.modifiers if modifier.type == CYCLES), None)
        modifier = found or curve.modifiers.new(CYCLES)
        modifier.mode_before = modifier.mode_after = "REPEAT_OFFSET" if with_offset else "REPEAT"


def _settle(armature: bpy.types.Object, scene: bpy.types.Scene, frames: Array, choices: LoopChoices) -> None:
    animation: Any = armature.animation_data
    action = animation.action
    action.use_frame_range = action.use_cyclic = True
    action.frame_start, action.frame_end = float(frames[0]), float(frames[-1])
    if choices.set_range:  # the last frame shows the first one's pose again
        scene.frame_start, scene.frame_end = math.ceil(frames[0]), math.floor(frames[-1]) - 1
