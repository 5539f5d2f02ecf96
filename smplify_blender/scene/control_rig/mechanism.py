# pyright: basic
"""The constraints and drivers that hang a figure's bones on its controls.

Drivers are single values and simple expressions: no script runs, and a file needs no permission for them.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

from ..figure.hinges import free_for_ik, turn_as_hinge
from ..figure.pose import pose_bones
from .names import (
    CONSTRAINT,
    FINGERS,
    FOLLOW_PROPERTY,
    GAZE,
    HEAD_CONTROL,
    IK_PROPERTY,
    LIMBS,
    SIDES,
    SPINE_CONTROL,
    Limb,
    finger_control,
    gaze_control,
    hand_control,
)

POLE_ANGLES = {"arm": -math.pi / 2.0, "leg": math.pi / 2.0}
"""From the X axis of the chain's first bone to the pole: thighs have Z forward, where the knee points, upper arms, too, away from
the elbow."""
MOST_BALL_ROLL = 0.8  # radians; beyond, the foot rolls over the tip of the toes
SEGMENTS = (1, 2, 3)


def add_mechanism(armature_object: bpy.types.Object, names: dict[str, str]) -> None:
    """Add all constraints; `names` are those of the figure's bones by joint. Every limb follows its handle afterwards."""
    for limb in LIMBS:
        _add_property(armature_object, limb.handle, IK_PROPERTY, "0: the limb's own bones, 1: the handle")
        _add_limb(armature_object, limb, names)
        if limb.kind == "leg":
            _add_foot_roll(armature_object, limb)
    for control, joints in (
        (SPINE_CONTROL, ("spine1", "spine2", "spine3")),
        (HEAD_CONTROL, ("neck", "head")),
    ):
        for joint in joints:
            _follow_turn(armature_object, names[joint], control, 1.0 / len(joints))
        _lock(armature_object, control, scale=True)
    for side, suffix in SIDES:
        _add_curls(armature_object, side, suffix, names)
    if "left_eye" in names:
        _add_gaze(armature_object, names)


def remove_mechanism(armature_object: bpy.types.Object) -> None:
    """Remove every constraint of the control rig, and the drivers of their influences."""
    for bone in pose_bones(armature_object):
        for constraint in [one for one in bone.constraints if one.name.startswith(CONSTRAINT)]:
            constraint.driver_remove("influence")
            if constraint.type == "IK":
                turn_as_hinge(bone)
            bone.constraints.remove(constraint)


def _add_property(armature_object: bpy.types.Object, control: str, name: str, description: str) -> None:
    bone: Any = pose_bones(armature_object)[control]
    bone[name] = 1.0
    bone.id_properties_ui(name).update(
        min=0.0, max=1.0, soft_min=0.0, soft_max=1.0, default=1.0, description=description
    )
    bone.property_overridable_library_set(f'["{name}"]', True)


def _new(armature_object: bpy.types.Object, bone: str, kind: str, subtarget: str) -> Any:
    constraint: Any = pose_bones(armature_object)[bone].constraints.new(kind)
    constraint.name = f"{CONSTRAINT}: {subtarget}"
    constraint.target = armature_object
    constraint.subtarget = subtarget
    return constraint


def _drive_influence(armature_object: bpy.types.Object, constraint: Any, control: str, name: str) -> None:
    driver = constraint.driver_add("influence").driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    variable.targets[0].id = armature_object
    variable.targets[0].data_path = f'pose.bones["{bpy.utils.escape_identifier(control)}"]["{name}"]'


def _add_limb(armature_object: bpy.types.Object, limb: Limb, names: dict[str, str]) -> None:
    constraint = _new(armature_object, names[limb.middle], "IK", limb.target)
    constraint.pole_target = armature_object
    constraint.pole_subtarget = limb.pole
    constraint.pole_angle = POLE_ANGLES[limb.kind]
    constraint.chain_count = 2
    constraint.use_stretch = False
    _drive_influence(armature_object, constraint, limb.handle, IK_PROPERTY)
    # The pose of the limb's own bones is what the solver begins with, and turns about more than one axis.
    free_for_ik(pose_bones(armature_object)[names[limb.middle]])
    ends = [(limb.end, limb.target), *([(limb.toe, limb.toe_control)] if limb.toe else [])]
    for joint, control in ends:
        copy = _new(armature_object, names[joint], "COPY_ROTATION", control)
        copy.owner_space = copy.target_space = "POSE"
        _drive_influence(armature_object, copy, limb.handle, IK_PROPERTY)
    _lock(armature_object, limb.pole, rotation=True, scale=True)
    _lock(armature_object, limb.handle, scale=True)


def _add_foot_roll(armature_object: bpy.types.Object, limb: Limb) -> None:
    """The roll control's turn about X: toes up about the heel; heel up about the ball, then about the tip of the toes."""
    most = MOST_BALL_ROLL
    roll = f"foot_roll{limb.suffix}"
    pose_bones(armature_object)[roll].rotation_mode = "XYZ"
    _lock(armature_object, roll, location=True, scale=True)
    _lock(armature_object, limb.toe_control, location=True, scale=True)
    pivots = {
        "foot_heel": "max(roll, 0)",
        "foot_ball": f"clamp(roll, -{most}, 0)",
        "foot_tip": f"min(roll + {most}, 0)",
    }
    for pivot, expression in pivots.items():
        bone = pose_bones(armature_object)[f"{pivot}{limb.suffix}"]
        bone.rotation_mode = "XYZ"
        curve: Any = bone.driver_add("rotation_euler", 0)
        curve.driver.type = "SCRIPTED"
        variable = curve.driver.variables.new()
        variable.name, variable.type = "roll", "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = armature_object, roll
        target.transform_type, target.transform_space = "ROT_X", "LOCAL_SPACE"
        curve.driver.expression = expression


def _follow_turn(armature_object: bpy.types.Object, bone: str, control: str, share: float) -> None:
    """The bone turns by a share of the control's turn, on top of its own."""
    constraint = _new(armature_object, bone, "COPY_ROTATION", control)
    constraint.owner_space = constraint.target_space = "LOCAL"
    constraint.mix_mode = "AFTER"
    constraint.influence = share
    _lock(armature_object, control, location=True)


def _add_curls(armature_object: bpy.types.Object, side: str, suffix: str, names: dict[str, str]) -> None:
    if f"{side}_middle1" not in names:
        return
    for finger in FINGERS:
        controls = [finger_control(finger, suffix)]
        if finger != "thumb":
            controls.append(hand_control(suffix))
        for control in controls:
            bone = pose_bones(armature_object)[control]
            bone.rotation_mode = "XYZ"
            bone.lock_rotation = (False, True, True)
            _lock(armature_object, control, location=True, scale=True)
            for segment in SEGMENTS:
                _follow_turn(armature_object, names[f"{side}_{finger}{segment}"], control, 1.0)


def _add_gaze(armature_object: bpy.types.Object, names: dict[str, str]) -> None:
    _add_property(armature_object, GAZE, FOLLOW_PROPERTY, "0: the eyes' own rotations, 1: they look here")
    for side, suffix in SIDES:
        constraint = _new(armature_object, names[f"{side}_eye"], "DAMPED_TRACK", gaze_control(suffix))
        constraint.track_axis = "TRACK_Y"
        _drive_influence(armature_object, constraint, GAZE, FOLLOW_PROPERTY)
        _lock(armature_object, gaze_control(suffix), rotation=True, scale=True)


def _lock(
    armature_object: bpy.types.Object,
    control: str,
    *,
    location: bool = False,
    rotation: bool = False,
    scale: bool = False,
) -> None:
    bone = pose_bones(armature_object)[control]
    if location:
        bone.lock_location = (True, True, True)
    if rotation:
        bone.lock_rotation = (True, True, True)
        bone.lock_rotation_w = True
    if scale:
        bone.lock_scale = (True, True, True)
