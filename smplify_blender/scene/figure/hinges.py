# pyright: basic
"""Limits of a figure's hinges: constraints that are switched on and off together. A fitted pose is never cut unasked."""

from __future__ import annotations

import math
from typing import cast

import bpy

from ...result.joint_limits import hinge_limit
from .bone_joints import joint_of
from .pose import pose_bones

CONSTRAINT = "Joint Limit"


def add_joint_limits(armature_object: bpy.types.Object) -> None:
    """Give every hinge its range: as a *Limit Rotation* constraint about X, switched off, and to inverse kinematics.

    IK of the artist's own turns hinges about X alone, so that knees and elbows bend as they do in people.
    """
    for bone in pose_bones(armature_object):
        limit = hinge_limit(joint_of(bone.bone))
        if limit is None:
            continue
        constraint = cast("bpy.types.LimitRotationConstraint", bone.constraints.new("LIMIT_ROTATION"))
        constraint.name = CONSTRAINT
        constraint.owner_space = "LOCAL"
        constraint.use_limit_x = True
        constraint.min_x, constraint.max_x = math.radians(limit.least), math.radians(limit.most)
        constraint.mute = True
        turn_as_hinge(bone)


def turn_as_hinge(bone: bpy.types.PoseBone) -> None:
    """Let inverse kinematics turn a hinge about X alone, in its range; nothing for bones of other joints."""
    limit = hinge_limit(joint_of(bone.bone))
    if limit is None:
        return
    bone.lock_ik_y = bone.lock_ik_z = True
    bone.use_ik_limit_x = True
    bone.ik_min_x, bone.ik_max_x = math.radians(limit.least), math.radians(limit.most)


def free_for_ik(bone: bpy.types.PoseBone) -> None:
    """Let inverse kinematics turn a bone about all its axes, without limits."""
    bone.lock_ik_y = bone.lock_ik_z = False
    bone.use_ik_limit_x = False


def joint_limits_are_on(armature_object: bpy.types.Object) -> bool:
    """Return True if any limit is switched on."""
    return any(not constraint.mute for constraint in _limits(armature_object))


def has_joint_limits(armature_object: bpy.types.Object) -> bool:
    """Return True if the figure has limits to switch."""
    return bool(_limits(armature_object))


def switch_joint_limits(armature_object: bpy.types.Object, on: bool) -> None:
    """Switch all limits."""
    for constraint in _limits(armature_object):
        constraint.mute = not on


def _limits(armature_object: bpy.types.Object) -> list[bpy.types.Constraint]:
    return [
        constraint
        for bone in pose_bones(armature_object)
        for constraint in bone.constraints
        if constraint.type == "LIMIT_ROTATION" and constraint.name.startswith(CONSTRAINT)
    ]
