# pyright: basic
"""A fitted pose in, turned pose bones out."""

from __future__ import annotations

from typing import Any, cast

import bpy
import numpy as np
from mathutils import Quaternion

from ...result.figure_pose import FigurePose
from ...result.rotations import Array, quaternion_from_matrix
from .bone_joints import bones_by_joint

KEY_FRAME = 1
OTHER_CHANNELS = {
    "QUATERNION": "rotation_quaternion",
    "AXIS_ANGLE": "rotation_axis_angle",
}  # than Euler angles


def set_pose(armature_object: bpy.types.Object, pose: FigurePose) -> None:
    """Turn every bone in the rotation mode that it has; the root is also moved.

    With B the bone's rest axes, the bone's own rotation is Bᵀ R B.
    """
    names = bones_by_joint(armature_object)
    for joint, rotation in pose.rotations.items():
        bone = pose_bones(armature_object)[names[joint]]
        rest = np.array(bone.bone.matrix_local, dtype=np.float64)
        axes: Array = rest[:3, :3]
        _turn(bone, axes.T @ rotation @ axes)
        if bone.parent is None:
            bone.location = (axes.T @ (pose.root_position - rest[:3, 3])).tolist()


def rotation_channel(bone: bpy.types.PoseBone) -> str:
    """Return the name of the property that turns the bone in its rotation mode."""
    return OTHER_CHANNELS.get(bone.rotation_mode, "rotation_euler")


def _turn(bone: bpy.types.PoseBone, rotation: Array) -> None:
    """Give the bone a rotation (3, 3) in the rotation mode that it has."""
    quaternion = Quaternion(quaternion_from_matrix(rotation).tolist())
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = quaternion
    elif bone.rotation_mode == "AXIS_ANGLE":
        axis, angle = quaternion.to_axis_angle()
        cast("Any", bone).rotation_axis_angle = (angle, *axis)
    else:
        bone.rotation_euler = quaternion.to_euler(bone.rotation_mode, bone.rotation_euler)


def pose_bones(armature_object: bpy.types.Object) -> bpy.types.bpy_prop_collection[bpy.types.PoseBone]:
    """The bones of an armature object's pose."""
    pose = armature_object.pose
    assert pose is not None, "an armature object always has a pose"
    return pose.bones
