# pyright: basic
"""The other armature of a retargeting, and the list of its bones by joint, kept with the scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import bpy

from ..result.bone_guess import MAPPED_JOINTS
from ..scene.figure.lookup import figure_of
from ..scene.retarget.mapped import guessed

NAME = "smplify_retarget"


def _is_other_armature(_self: object, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE" and figure_of(thing) is None


def _chosen(self: Any, _context: bpy.types.Context | None) -> None:
    """Guess the bones of an armature that has just been chosen."""
    guess(self)


class SmplifyRetargetBone(bpy.types.PropertyGroup):
    """One joint of the body model (`name`) and the bone that it turns; empty: none."""

    bone: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Bone",
        description="The bone of the other armature that turns as this joint does; empty: left alone",
    )


class SmplifyRetarget(bpy.types.PropertyGroup):
    """The other armature and its bones."""

    armature: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Armature",
        description="The armature that takes the figure's pose and motion over: Rigify, Mixamo, Unreal, VRM, or any with limbs",
        type=bpy.types.Object,
        poll=_is_other_armature,
        update=_chosen,
    )
    bones: bpy.props.CollectionProperty(type=SmplifyRetargetBone)  # type: ignore[valid-type]
    shown: bpy.props.IntProperty(name="Joint")  # type: ignore[valid-type]
    keep_place: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Keep Its Place",
        description="The armature stays where it stands, and the figure's path begins there, instead of where the figure is",
    )


def retarget_of(scene: bpy.types.Scene) -> Any:
    """Return the scene's choices."""
    return cast("Any", scene).smplify_retarget


def guess(choices: Any) -> None:
    """Fill the list anew from the names of the armature's bones; empty it where there is no armature."""
    choices.bones.clear()
    thing = choices.armature
    if thing is None:
        return
    found = guessed(thing).bones
    for joint in MAPPED_JOINTS:
        row = choices.bones.add()
        row.name, row.bone = joint, found.get(joint, "")


def chosen_bones(choices: Any) -> Mapping[str, str]:
    """Return the bones of the list by joint, without the empty rows."""
    return {row.name: row.bone for row in choices.bones if row.bone}


def add_to_scenes() -> None:
    """Give every scene its choices; the classes have to be registered."""
    setattr(bpy.types.Scene, NAME, bpy.props.PointerProperty(type=SmplifyRetarget))


def remove_from_scenes() -> None:
    """Take the choices back."""
    delattr(bpy.types.Scene, NAME)
