# pyright: basic
"""A fitted pose in, keyed pose bones out."""

from __future__ import annotations

from typing import cast

import bpy
import numpy as np

from ...result.figure_pose import FigurePose
from ...result.rotations import Array, quaternion_from_matrix
from .bone_joints import bones_by_joint

KEY_FRAME = 1


def set_pose(armature_object: bpy.types.Object, pose: FigurePose) -> None:
    """Turn every bone: with B the bone's rest axes, the bone's own rotation is Bᵀ R B; the root is also
    moved.
    """
    names = bones_by_joint(armature_object)
    for joint, rotation in pose.rotations.items():
        bone = pose_bones(armature_object)[names[joint]]
        rest = np.array(bone.bone.matrix_local, dtype=np.float64)
        axes: Array = rest[:3, :3]
        bone.rotation_mode = "QUATERNION"
        bone.rotation_quaternion = quaternion_from_matrix(axes.T @ rotation @ axes).tolist()
        if bone.parent is None:
            bone.location = (axes.T @ (pose.root_position - rest[:3, 3])).tolist()


def key_pose(armature_object: bpy.types.Object, action_name: str) -> bpy.types.Action:
    """Key all rotations and the root's place at frame 1, in a new action: exporters write the rest pose
    without one.
    """
    action = bpy.data.actions.new(action_name)
    cast("bpy.types.AnimData", armature_object.animation_data_create()).action = action
    for bone in pose_bones(armature_object):
        bone.keyframe_insert("rotation_quaternion", frame=KEY_FRAME, group=bone.name)
        if bone.parent is None:
            bone.keyframe_insert("location", frame=KEY_FRAME, group=bone.name)
    return action


def pose_bones(armature_object: bpy.types.Object) -> bpy.types.bpy_prop_collection[bpy.types.PoseBone]:
    """The bones of an armature object's pose."""
    pose = armature_object.pose
    assert pose is not None, "an armature object always has a pose"
    return pose.bones
