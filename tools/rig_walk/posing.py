# pyright: basic
"""A second pose by the handles of a control rig, as an animator would set it, keyed after the fitted one."""

from __future__ import annotations

from typing import Any, Literal, cast

import bpy
from mathutils import Matrix, Vector

from smplify_blender.scene.control_rig.names import GAZE, HEAD_CONTROL, LIMBS, SPINE_CONTROL, hand_control

POSED_FRAME = 13
HIPS_DOWN_METRES, HANDS_AHEAD_METRES = 0.16, 0.22
GAZE_DOWN_METRES = 0.5
HANDS_IN = 0.4  # the hands' share of the way to the shoulder
HEEL_UP, SPINE_BEND, HEAD_TURN, CURL = -0.5, 0.22, 0.4, 0.7  # radians


def pose_by_handles(figure: bpy.types.Object) -> None:
    """Crouch a little, bend and look aside, take the hands in and curl the fingers; key it all, and the fitted pose before."""
    scene, bones = cast("Any", bpy.context.scene), cast("Any", figure.pose).bones
    _key(bones, scene.frame_current)
    scene.frame_set(POSED_FRAME)
    arms = [limb for limb in LIMBS if limb.kind == "arm"]
    ways = {limb.handle: bones[f"upper_arm{limb.suffix}"].head - bones[limb.handle].head for limb in arms}
    for handle, way in ways.items():
        _move(bones[handle], HANDS_IN * way + Vector((0.0, -HANDS_AHEAD_METRES, 0.0)))
    _move(bones["hips"], Vector((0.0, 0.0, -HIPS_DOWN_METRES)))
    _move(bones[GAZE], Vector((0.0, 0.0, -GAZE_DOWN_METRES)))
    _turn(bones["foot_roll.R"], "X", HEEL_UP)
    _turn(bones[SPINE_CONTROL], "X", SPINE_BEND)
    _turn(bones[HEAD_CONTROL], "Y", HEAD_TURN)
    for suffix in (".L", ".R"):
        _turn(bones[hand_control(suffix)], "X", CURL)
    _key(bones, POSED_FRAME)
    cast("Any", bpy.context.view_layer).update()


def _move(bone: Any, shift: Vector) -> None:
    """Move a bone by a shift in the armature's frame."""
    matrix = bone.matrix.copy()
    matrix.translation = bone.matrix.translation + shift
    bone.matrix = matrix


def _turn(bone: Any, axis: Literal["X", "Y"], radians: float) -> None:
    """Turn a bone about one of its own axes."""
    bone.matrix_basis = bone.matrix_basis @ Matrix.Rotation(radians, 4, axis)


def _key(bones: Any, frame: int) -> None:
    controls = [name for limb in LIMBS for name in limb.controls]
    for name in (
        *controls,
        "hips",
        GAZE,
        SPINE_CONTROL,
        HEAD_CONTROL,
        hand_control(".L"),
        hand_control(".R"),
    ):
        bone = bones[name]
        bone.keyframe_insert("location", frame=frame)
        channel = "rotation_quaternion" if bone.rotation_mode == "QUATERNION" else "rotation_euler"
        bone.keyframe_insert(channel, frame=frame)
