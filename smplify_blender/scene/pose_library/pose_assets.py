# pyright: basic
"""The pose that a figure shows in, an action marked as a pose asset out; and poses taken over from another figure."""

from __future__ import annotations

from typing import Any, cast

import bpy
import numpy as np

from ...result.figure_pose import FigurePose
from ...result.rotations import Array
from ..control_rig.snap import shown_basis
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import KEY_FRAME, pose_bones, rotation_channel
from ..motion.action_curves import new_channels
from ..motion.bone_keys import rotation_rows
from .pose_preview import give_preview

TAG = "SMPLify"


def mark_pose(figure: bpy.types.Object, name: str, view_layer: bpy.types.ViewLayer) -> bpy.types.Action:
    """Return a new action, marked as an asset with a picture, that holds the pose as the figure shows it.

    The figure and its own action stay as they are. `view_layer` shows the figure.
    """
    view_layer.update()
    action = bpy.data.actions.new(name)
    holder = bpy.data.objects.new(figure.name, None)  # the curves' slot bears its name
    channels = new_channels(action, holder)
    for bone_name in bones_by_joint(figure).values():
        bone = pose_bones(figure)[bone_name]
        basis = shown_basis(bone)
        turn = rotation_rows(bone.rotation_mode, [basis.to_quaternion()])[0]
        _key(channels, bone, rotation_channel(bone), turn)
        if bone.parent is None:
            _key(channels, bone, "location", np.array(basis.translation))
    bpy.data.objects.remove(holder)
    action.asset_mark()
    asset: Any = action.asset_data
    asset.tags.new(TAG, skip_if_exists=True)
    give_preview(action, figure, view_layer)
    return action


def _key(channels: Any, bone: bpy.types.PoseBone, channel: str, values: Any) -> None:
    group = channels.groups.get(bone.name) or channels.groups.new(bone.name)
    for index, value in enumerate(values):
        curve = channels.fcurves.new(bone.path_from_id(channel), index=index)
        curve.group = group
        curve.keyframe_points.insert(KEY_FRAME, float(value), options={"FAST"})
        curve.update()


def shown_pose(figure: bpy.types.Object, character: bpy.types.Object) -> FigurePose:
    """Return the pose that a figure shows, for a character with the same joints: its hips as high as its own legs make them."""
    own, other = bones_by_joint(figure), bones_by_joint(character)
    rotations: dict[str, Any] = {}
    root: Array = np.zeros(3)
    for joint, name in own.items():
        bone = pose_bones(figure)[name]
        rest: Array = np.array(bone.bone.matrix_local)
        basis: Array = np.array(shown_basis(bone))
        axes = rest[:3, :3]
        rotations[joint] = axes @ basis[:3, :3] @ axes.T
        if bone.parent is None:
            root = rest[:3, 3] + axes @ basis[:3, 3]
            height = cast("bpy.types.Armature", character.data).bones[other[joint]].head_local.z
            root[2] *= height / rest[2, 3]
    return FigurePose(rotations, root)
