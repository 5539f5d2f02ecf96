# pyright: basic
"""A figure's bones by the joints that they turn, whatever an artist has called them since."""

from __future__ import annotations

from typing import cast

import bpy

from ...result.bone_names import JOINT_PROPERTY, bone_name


def joint_of(bone: bpy.types.Bone | bpy.types.EditBone) -> str:
    """Return the joint that a bone turns.

    A bone that names none goes by its own name: bones of earlier figures, and those of the artist.
    """
    joint = bone.get(JOINT_PROPERTY)
    return joint if isinstance(joint, str) else bone.name


def bones_by_joint(armature_object: bpy.types.Object) -> dict[str, str]:
    """Return the names of the bones by joint. Of a bone and its duplicates the one that still has its first name counts."""
    found: dict[str, str] = {}
    for bone in cast("bpy.types.Armature", armature_object.data).bones:
        joint = joint_of(bone)
        if joint not in found or bone.name == bone_name(joint):
            found[joint] = bone.name
    return found
