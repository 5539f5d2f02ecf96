# pyright: basic
"""A generated rig posed as the figure is, and the figure's bones hung on it.

Controls are set from the trunk outwards, a generation at a time, so that each stands below parents that are settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from ...result.bone_names import bone_name
from ..figure.armature import edited
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones, rotation_channel
from ..motion.bone_keys import replace_keys, rotation_rows
from .metarig import FINGER_CHAINS, SIDES

CONSTRAINT = "Rigify"
IK_FK = tuple(f"{limb}_parent.{side}" for limb in ("upper_arm", "thigh") for side in "LR")
_ORIGINAL = "ORG-"
_ON_CONTROLS = {
    "pelvis": "hips_fk",
    "spine1": "spine_fk.01",
    "spine2": "spine_fk.02",
    "spine3": "spine_fk.03",
} | {
    f"{side}_{joint}": bone_name(f"{side}_{joint}")
    for side, _ in SIDES
    for chain in FINGER_CHAINS
    for joint in chain
}
"""Rigify's own bones of trunk and fingers lose some of their twist: these follow FK controls, which all others move."""
_CARRIER, _COLLECTION = "SMPLify-", "SMPLify"

Poses = Mapping[str, Matrix]
"""The motion of each joint's bone from its rest, by joint: posed times the inverse of the rest, in the armature's frame."""


def controls() -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the pairs of joint and FK control, generation by generation from the pelvis on."""
    sides = [(side, suffix) for side, suffix in SIDES]
    both = lambda joint, control: [  # noqa: E731
        (f"{side}_{joint}", f"{control}{suffix}") for side, suffix in sides
    ]
    limbs = [
        [("shoulder", "upper_arm_fk"), ("elbow", "forearm_fk"), ("wrist", "hand_fk")],
        [("hip", "thigh_fk"), ("knee", "shin_fk"), ("ankle", "foot_fk"), ("foot", "toe")],
    ]
    generations: list[list[tuple[str, str]]] = [
        [("pelvis", "torso")],
        [("pelvis", "hips_fk")],
        [("spine1", "spine_fk.01")],
        [("spine2", "spine_fk.02")],
        [("spine3", "spine_fk.03")],
        [("neck", "neck"), *both("collar", "shoulder")],
        [("head", "head"), *both(*limbs[0][0]), *both(*limbs[1][0])],
        [("jaw", "jaw"), *both("eye", "eye"), *both(*limbs[0][1]), *both(*limbs[1][1])],
        [*both(*limbs[0][2]), *both(*limbs[1][2])],
        both(*limbs[1][3]),
    ]
    for segment in range(3):
        generations.append(
            [
                (f"{side}_{chain[segment]}", bone_name(f"{side}_{chain[segment]}"))
                for side, _ in sides
                for chain in FINGER_CHAINS
            ]
        )
    return tuple(tuple(generation) for generation in generations)


def own_poses(armature_object: bpy.types.Object) -> Poses:
    """Return what the figure's bones do by their own channels, whatever holds them; the hips hang on nothing."""
    names = bones_by_joint(armature_object)
    joints = {name: joint for joint, name in names.items()}
    posed: dict[str, Matrix] = {}
    waiting = [bone for bone in pose_bones(armature_object) if bone.parent is None]
    while waiting:
        bone = waiting.pop(0)
        rest = bone.bone.matrix_local
        if bone.parent is None:
            posed[bone.name] = rest @ bone.matrix_basis
        else:
            relative = bone.parent.bone.matrix_local.inverted() @ rest
            posed[bone.name] = posed[bone.parent.name] @ relative @ bone.matrix_basis
        waiting += bone.children
    bones = pose_bones(armature_object)
    return {joint: posed[name] @ bones[name].bone.matrix_local.inverted() for name, joint in joints.items()}


def pose_rig(rig: bpy.types.Object, poses: Poses, view_layer: bpy.types.ViewLayer) -> None:
    """Set the FK controls of a generated rig so that its original bones do what `poses` say."""
    bones = pose_bones(rig)
    for name in IK_FK:
        if name in bones:
            switch: Any = bones[name]
            switch["IK_FK"] = 1.0
    for generation in controls():
        for joint, control in generation:
            if joint in poses and control in bones:
                bones[control].matrix = poses[joint] @ bones[control].bone.matrix_local
        view_layer.update()


def key_rig(
    rig: bpy.types.Object,
    frames: Sequence[float],
    rows: Sequence[Poses],
    view_layer: bpy.types.ViewLayer,
) -> None:
    """Key the FK controls of a generated rig at each frame as `rows` say."""
    bones = pose_bones(rig)
    used: list[str] = [control for generation in controls() for _, control in generation if control in bones]
    channels = np.empty((len(frames), len(used), 7))
    for row, poses in enumerate(rows):
        pose_rig(rig, poses, view_layer)
        for index, control in enumerate(used):
            location, rotation, _ = bones[control].matrix_basis.decompose()
            channels[row, index] = *location, *rotation
    for index, control in enumerate(used):
        bone = bones[control]
        if not all(cast("Any", bone).lock_location):
            replace_keys(rig, bone, "location", frames, channels[:, index, :3])
        turns = [Quaternion(turn) for turn in channels[:, index, 3:].tolist()]
        rows_of_turns = rotation_rows(bone.rotation_mode, turns)
        replace_keys(rig, bone, rotation_channel(bone), frames, rows_of_turns)


def hang_on(armature_object: bpy.types.Object, rig: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> int:
    """Let every bone of the figure follow the rig's original bone of its joint; return how many do.

    `view_layer` has to be the context's, in object mode.
    """
    names = add_carriers(armature_object, rig, view_layer)
    for name in names:
        constraint: Any = pose_bones(armature_object)[name].constraints.new("COPY_TRANSFORMS")
        constraint.name = CONSTRAINT
        constraint.target, constraint.subtarget = rig, f"{_CARRIER}{name}"
    return len(names)


def add_carriers(
    armature_object: bpy.types.Object, rig: bpy.types.Object, view_layer: bpy.types.ViewLayer
) -> tuple[str, ...]:
    """Add bones to a rig with the rests of the figure's bones, since Rigify gives its own other axes; return those bones' names.

    `view_layer` has to be the context's, in object mode.
    """
    figure: Any = armature_object.data
    data: Any = rig.data
    pairs = {
        name: _ON_CONTROLS.get(joint, f"{_ORIGINAL}{bone_name(joint)}")
        for joint, name in bones_by_joint(armature_object).items()
        if f"{_ORIGINAL}{bone_name(joint)}" in data.bones
    }
    with edited(rig, view_layer):
        for name, original in pairs.items():
            rest = figure.bones[name]
            made = data.edit_bones.new(f"{_CARRIER}{name}")
            made.head, made.tail = rest.head_local, rest.tail_local
            made.align_roll(rest.matrix_local.col[2].to_3d())
            made.parent = data.edit_bones[original]
            made.use_deform = False
    hidden = data.collections.new(_COLLECTION)
    hidden.is_visible = False
    for name in pairs:
        hidden.assign(data.bones[f"{_CARRIER}{name}"])
    return tuple(pairs)


def followed_rig(armature_object: bpy.types.Object) -> bpy.types.Object | None:
    """Return the rig that the figure hangs on; None where there is none."""
    for bone in pose_bones(armature_object):
        for constraint in bone.constraints:
            if constraint.type == "COPY_TRANSFORMS" and constraint.name.startswith(CONSTRAINT):
                return cast("bpy.types.CopyTransformsConstraint", constraint).target
    return None


def let_go(armature_object: bpy.types.Object) -> None:
    """Take the figure off the rig; its own channels decide again."""
    for bone in pose_bones(armature_object):
        for constraint in [one for one in bone.constraints if one.name.startswith(CONSTRAINT)]:
            bone.constraints.remove(constraint)
