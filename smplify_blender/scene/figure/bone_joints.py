# pyright: basic
"""A figure's bones by the joints that they turn, whatever an artist has called them since."""

from __future__ import annotations

from typing import cast

import bpy

from ...result.bone_names import JOINT_PROPERTY, bone_name
from ...result.twist_bones import TWIST_BONES, TWIST_PROPERTY, TwistBone


def joint_of(bone: bpy.types.Bone | bpy.types.EditBone) -> str:
    """Return the joint that a bone turns.

    A bone that names none goes by its own name: bones of earlier figures, and those of the artist.
    """
    joint = bone.get(JOINT_PROPERTY)
    return joint if isinstance(joint, str) else bone.name


def bones_by_joint(armature_object: bpy.types.Object) -> dict[str, str]:
    """Return the names of the bones by joint, without twist bones.

    Of a bone and its duplicates the one that still has its first name counts.
    """
    found: dict[str, str] = {}
    for bone in cast("bpy.types.Armature", armature_object.data).bones:
        if TWIST_PROPERTY in bone:
            continue
        joint = joint_of(bone)
        if joint not in found or bone.name == bone_name(joint):
            found[joint] = bone.name
    return found


def twist_bones_in(armature_object: bpy.types.Object) -> dict[str, TwistBone]:
    """Return the twist bones that a figure has, by the names of their bones."""
    bones = cast("bpy.types.Armature", armature_object.data).bones
    keys = {twist.key: twist for limb in TWIST_BONES.values() for twist in limb}
    found: dict[str, TwistBone] = {}
    for bone in bones:
        key = bone.get(TWIST_PROPERTY)
        if isinstance(key, str) and key in keys and keys[key] not in found.values():
            found[bone.name] = keys[key]
    return found


def limbs_of_twists(armature_object: bpy.types.Object) -> dict[str, str]:
    """Return the name of the limb's bone for that of each of its twist bones."""
    names = bones_by_joint(armature_object)
    return {
        name: names[twist.joint]
        for name, twist in twist_bones_in(armature_object).items()
        if twist.joint in names
    }
