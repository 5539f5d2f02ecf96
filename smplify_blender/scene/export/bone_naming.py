# pyright: basic
"""The bones of a copy under the names that another program expects; the original's actions are not touched."""

from __future__ import annotations

from typing import cast

import bpy

from ...result.bone_names import Naming, bone_name_of
from ..created import Created
from ..figure.bone_joints import bones_by_joint


def name_bones(copied: bpy.types.Object, naming: Naming, created: Created) -> None:
    """Rename the bones of a copied armature, and with them vertex groups, constraints and curves.

    Blender renames in the actions, too, which a copy shares with its original: it gets its own first.
    """
    _own_actions(copied, created)
    bones = cast("bpy.types.Armature", copied.data).bones
    wanted = {name: bone_name_of(naming, joint) for joint, name in bones_by_joint(copied).items()}
    changed = {name: new for name, new in wanted.items() if name != new}
    for name in changed:  # out of one another's way: one's new name may be another's old one
        bones[name].name = f"{name} being renamed"
    for name, new in changed.items():
        bones[f"{name} being renamed"].name = new


def _own_actions(copied: bpy.types.Object, created: Created) -> None:
    animation = copied.animation_data
    if animation is None:
        return
    if animation.action is not None:
        animation.action = created.add(cast("bpy.types.Action", animation.action.copy()))
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None:
                strip.action = created.add(cast("bpy.types.Action", strip.action.copy()))
