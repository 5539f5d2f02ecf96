# pyright: basic
"""The bones of an armature by the joints that they turn: a figure's own, and a guess for anybody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import bpy

from ...result.bone_guess import MAPPED_JOINTS, guess_bones
from ..figure.bone_joints import bones_by_joint


@dataclass(frozen=True)
class Mapped:
    """An armature object and its bones by joint."""

    armature: bpy.types.Object
    bones: Mapping[str, str]


def mapped_figure(figure: bpy.types.Object) -> Mapped:
    """Return a figure with the bones of the joints that other armatures may have as well."""
    own = {joint: bone for joint, bone in bones_by_joint(figure).items() if joint in MAPPED_JOINTS}
    return Mapped(figure, own)


def guessed(armature: bpy.types.Object) -> Mapped:
    """Return an armature with the bones that their names suggest."""
    bones = cast("bpy.types.Armature", armature.data).bones
    return Mapped(
        armature,
        guess_bones({bone.name: bone.parent.name if bone.parent is not None else "" for bone in bones}),
    )
