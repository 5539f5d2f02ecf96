# pyright: basic
"""Bones and expression keys of a copy under the names that another program expects."""

from __future__ import annotations

from typing import cast

import bpy

from ...result.bone_names import Naming, bone_name_of
from ...result.expression_words import standard_name
from ..figure.bone_joints import bones_by_joint, twist_bones_in
from ..figure.shape_keys import expression_keys_of


def name_bones(copied: bpy.types.Object, naming: Naming) -> None:
    """Rename the bones of a copied armature, and with them vertex groups, constraints and curves of its own actions."""
    bones = cast("bpy.types.Armature", copied.data).bones
    wanted = {name: bone_name_of(naming, joint) for joint, name in bones_by_joint(copied).items()}
    wanted |= {name: bone_name_of(naming, twist.key) for name, twist in twist_bones_in(copied).items()}
    changed = {name: new for name, new in wanted.items() if name != new}
    for name in changed:  # out of one another's way: one's new name may be another's old one
        bones[name].name = f"{name} being renamed"
    for name, new in changed.items():
        bones[f"{name} being renamed"].name = new


def name_expressions(copied: bpy.types.Object, naming: Naming) -> None:
    """Call the expression keys of a copied mesh as SMPL-X's tools do, where bones are called so, too."""
    if naming == "smplx":
        for index, key in enumerate(expression_keys_of(cast("bpy.types.Mesh", copied.data))):
            key.name = standard_name(index)
