# pyright: basic
"""A figure's walk moved from its root bone to its armature object and back: at every frame the figure stands where it stood.

The action notes what the switch has taken from it: as long as nobody changes the keys that came in their place, they come back
to the last bit.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast, get_args

import bpy

from ...result.errors import ResultError, shown
from ...result.motion_tracks import RootMotion
from ...result.root_motion import floor_motions
from ..stored_values import has_group, stored_values
from .kept_curves import KeptCurve, keep_curve, read_stored, stored_form
from .root_take import BONE, MOVING_CHANNELS, OBJECT, RootTake, check_take, mark_of, root_takes

CARRIERS: tuple[RootMotion, ...] = get_args(RootMotion)


def root_motion_of(armature: bpy.types.Object) -> RootMotion:
    """Return who carries a figure's walk: its root bone, or its armature object."""
    animation = armature.animation_data
    if animation is None or animation.action is None:
        return "BONE"
    return "OBJECT" if has_group(animation.action, mark_of(animation)) else "BONE"


def set_root_motion(armature: bpy.types.Object, carrier: RootMotion) -> bool:
    """Have the root bone or the armature object carry a figure's walk, in its action and its raw takes; False: it does already.

    The object gets the place on the floor below the hips and the heading; height, tilt and sway stay with the bone. Raises
    `ResultError` for another carrier, and where that cannot be; nothing has changed then.
    """
    if carrier not in CARRIERS:
        raise ResultError(f"“{shown(carrier)}”: root motion is on BONE or OBJECT. Choose one.")
    if root_motion_of(armature) == carrier:
        return False
    if carrier == "OBJECT":
        _onto_object(armature, {})
    else:
        _onto_bone(armature)
    return True


@contextmanager
def walk_on_bone(armature: bpy.types.Object, in_same_time: bool = True) -> Generator[None]:
    """Have the root bone carry the walk for the length of an edit; then the object again, if it was the object.

    Keys of the object that were changed since the switch stay as they are, and the root bone keeps the rest: in takes that are
    there already, and, if the edit leaves frames where they are (`in_same_time`), in one that it makes.
    """
    if root_motion_of(armature) == "BONE":
        yield
        return
    before = _action_name(armature)
    theirs = _onto_bone(armature)
    try:
        yield
    finally:
        if in_same_time and before in theirs:
            theirs.setdefault(_action_name(armature), theirs[before])
        _onto_object(armature, theirs)


def _action_name(armature: bpy.types.Object) -> str:
    return cast("Any", armature.animation_data).action.name


def _onto_object(armature: bpy.types.Object, theirs: Mapping[str, list[KeptCurve]]) -> None:
    """Move the walk of all takes onto the object; `theirs` are keys of the object that stay an artist's, by the take's action."""
    takes = [take for take in root_takes(armature) if not has_group(take.action, take.mark)]
    for take in takes:
        check_take(take)
    for take in takes:
        _take_onto_object(take, theirs.get(take.action.name))
    armature.update_tag(refresh={"TIME"})


def _take_onto_object(take: RootTake, theirs: list[KeptCurve] | None) -> None:
    frames = take.frames()
    bone, thing = take.bone_motions(frames), take.object_motions(frames)
    kept = [
        keep_curve(owner, name, curve) for owner in (BONE, OBJECT) for name, curve in take.all_curves(owner)
    ]
    note = {"curves": stored_form(kept), "values": take.set_to()}
    if theirs is None:
        carried = thing.after(floor_motions(bone))
        take.key_object(carried, frames)
    else:
        take.write_kept(OBJECT, theirs)
        carried = take.object_motions(frames)
    take.loop_object()
    take.key_bone(carried.inverse().after(thing).after(bone), frames)
    note |= {OBJECT: take.sum_of(OBJECT) if theirs is None else "", BONE: take.sum_of(BONE)}
    cast("Any", take.action)[take.mark] = note


def _onto_bone(armature: bpy.types.Object) -> dict[str, list[KeptCurve]]:
    """Move the walk of all takes onto the root bone; return keys of the object changed since, by the take's action."""
    takes = [take for take in root_takes(armature) if has_group(take.action, take.mark)]
    for take in takes:
        check_take(take)
    found = {take.action.name: _take_onto_bone(take) for take in takes}
    armature.update_tag(refresh={"TIME"})
    return {name: curves for name, curves in found.items() if curves is not None}


def _take_onto_bone(take: RootTake) -> list[KeptCurve] | None:
    note = stored_values(take.action, take.mark)
    kept = [curve for curve in read_stored(note.group("curves")) if curve.channel in MOVING_CHANNELS]
    before = {owner: [curve for curve in kept if curve.owner == owner] for owner in (BONE, OBJECT)}
    theirs = None
    if note.text(OBJECT) != take.sum_of(OBJECT):
        theirs = [keep_curve(OBJECT, name, curve) for name, curve in take.all_curves(OBJECT)]
    frames = take.frames()
    whole = take.object_motions(frames).after(take.bone_motions(frames))
    take.write_kept(OBJECT, before[OBJECT])
    take.end_loops()
    take.set_values(note.group("values"))
    if theirs is None and before[BONE] and note.text(BONE) == take.sum_of(BONE):
        take.write_kept(BONE, before[BONE])
    else:
        take.key_bone(take.object_motions(frames).inverse().after(whole), frames)
    del cast("Any", take.action)[take.mark]
    return theirs
