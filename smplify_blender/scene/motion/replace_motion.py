# pyright: basic
"""A motion that was fitted again around a frame into the keys of its figure, in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import bpy
import numpy as np

from ...result.errors import ResultError
from ...result.motion_frames import MotionFrames
from ...result.motion_tracks import Rows, bone_quaternions, continuous, root_quaternions
from ...result.motion_verdict import Verdict
from ...result.read_sequence import FrameFacts
from ...result.rotations import Array
from ..figure.bone_joints import joint_of
from ..figure.pose import pose_bones
from ..units import units_per_metre
from .action_curves import object_curves, strip_curves
from .frame_facts import keep_motion_file, kept_motion_file, known_frames, store_frame_facts
from .keyed_take import BoneTrack, KeyedTake, read_take, write_track
from .own_keys import changed_paths, remember_keys
from .root_motion import walk_on_bone
from .shape_motion import raw_strip


def refit_reason(armature: bpy.types.Object) -> str:
    """Explain why no frame of a figure's motion can be fitted again; empty if one can."""
    if kept_motion_file(armature) is None or known_frames(armature) is None:
        return "This motion keeps no keypoints: fit the video again"
    take = _solved_take(armature)
    if take is None:
        return "The keys are not those of the fit any more: refit frames before Reduce Keys and Make Cyclic"
    return ""


def replace_motion(
    armature: bpy.types.Object,
    scene: bpy.types.Scene,
    versions: tuple[MotionFrames, MotionFrames],
    content: bytes,
    verdict: Verdict,
) -> None:
    """Key the frames that differ between two versions of a motion as the second has them, and keep that with the figure.

    The keys of the raw take are changed where there is one, else those of the action; bones that the artist has keyed stay.
    Raises `ResultError` where the keys are no longer those of the fit.
    """
    take, known = _solved_take(armature), known_frames(armature)
    if take is None or known is None or len(known.frames) != len(versions[1].transl):
        raise ResultError(
            f"The motion of “{armature.name}” has been changed while it was fitted. Refit the frame again."
        )
    with walk_on_bone(armature):
        _replace_keys(armature, scene, versions)
    after = versions[1]
    facts = FrameFacts(after.words, after.contacts, after.errors)
    store_frame_facts(armature, facts, known.frames, verdict, scene.render.fps / scene.render.fps_base)
    keep_motion_file(armature, content, len(after.transl))
    armature.update_tag(refresh={"TIME"})


def _replace_keys(
    armature: bpy.types.Object, scene: bpy.types.Scene, versions: tuple[MotionFrames, MotionFrames]
) -> None:
    take = cast("KeyedTake", _solved_take(armature))
    rows = versions[0].changed_rows(versions[1])
    theirs = changed_paths(armature)
    strip = raw_strip(armature)
    curves = object_curves(armature) if strip is None else strip_curves(strip)
    for track in take.tracks:
        path = pose_bones(armature)[track.bone].path_from_id(track.channel)
        values = _new_values(armature, scene, track, versions, rows)
        if values is None or (strip is None and path in theirs):
            continue
        whole = track.values.copy()
        whole[rows] = values
        if track.mode == "QUATERNION":
            whole = continuous(whole)
        write_track(armature, replace(track, values=whole), take.frames, None, curves)
    if strip is None:
        remember_keys(armature, but=theirs)


def _solved_take(armature: bpy.types.Object) -> KeyedTake | None:
    """Return the take as it was solved, a key a frame; None where the artist has made something else of it."""
    strip, known = raw_strip(armature), known_frames(armature)
    take = read_take(armature, None if strip is None else strip_curves(strip))
    if take is None or known is None or not np.array_equal(take.frames, known.frames):
        return None
    moving = [track for track in take.tracks if not track.is_still]
    is_dense = [track.key_count == track.values.size for track in moving]
    return take if moving and sum(is_dense) > len(moving) / 2 else None


def _new_values(
    armature: bpy.types.Object,
    scene: bpy.types.Scene,
    track: BoneTrack,
    versions: tuple[MotionFrames, MotionFrames],
    rows: Rows,
) -> Array | None:
    """Return the values (R, n) of a bone's channel in the changed rows; None for a channel that no fit has keyed."""
    before, after = versions
    bone: Any = pose_bones(armature)[track.bone]
    rest = np.array(bone.bone.matrix_local, dtype=np.float64)[:3, :3]
    if track.mode == "" and bone.parent is None:
        scale = units_per_metre(scene) / max(cast("Any", armature.matrix_world.to_scale()))
        moved = (after.transl[rows] - before.transl[rows]).astype(np.float64)
        return track.values[rows] + scale * moved @ rest
    joint = joint_of(bone.bone)
    if track.mode != "QUATERNION" or joint not in after.rotations:
        return None
    turned = root_quaternions if bone.parent is None else bone_quaternions
    return turned(after.rotations[joint][rows], rest)
