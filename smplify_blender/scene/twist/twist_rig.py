# pyright: basic
"""Twist bones added to a figure, kept in step with its shape, and taken off again.

Each is a child of its limb's bone and turns about the limb's axis alone, by a driver of one simple expression: no script runs.
The driver reads the joints as they are shown, whatever moves them: keys, a control rig or Rigify.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...result.bone_names import bone_name
from ...result.twist_bones import TWIST_BONES, TWIST_PROPERTY, TwistBone
from ..figure.armature import edited
from ..figure.bone_joints import bones_by_joint, twist_bones_in
from ..figure.lookup import body_of
from ..figure.pose import pose_bones
from .weights import give_back_weights, share_weights, skinned_meshes

COLLECTION = "Twist"
AXES = "XYZ"


def has_twist_bones(armature: bpy.types.Object) -> bool:
    """Return True for a figure that has any twist bone."""
    return bool(twist_bones_in(armature))


def reason_against_twist_bones(armature: bpy.types.Object) -> str:
    """Return why a figure cannot be given twist bones; empty if it can."""
    if has_twist_bones(armature):
        return "The figure has twist bones"
    return "" if _wanted(armature) else "The figure has no arms and thighs that could twist"


def add_twist_bones(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Add the twist bones of forearms, upper arms and thighs, and share out the weights of every mesh that the figure moves.

    A figure that has them stays as it is. `view_layer` has to be the context's, in object mode.
    """
    if has_twist_bones(armature):
        return
    data: Any = armature.data
    names = bones_by_joint(armature)
    wanted = _wanted(armature)
    with edited(armature, view_layer):
        made = [(twist, _new_bone(data, twist, names[twist.joint])) for twist in wanted]
    collection = data.collections.get(COLLECTION) or data.collections.new(COLLECTION)
    collection.is_visible = False
    for twist, name in made:
        collection.assign(data.bones[name])
        _drive(armature, twist, name, names)
    view_layer.update()
    for mesh in skinned_meshes(armature):
        share_weights(armature, mesh)
    view_layer.update()


def remove_twist_bones(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Take the twist bones off and give their weights back to the limbs' bones.

    `view_layer` has to be the context's, in object mode.
    """
    for mesh in skinned_meshes(armature):
        give_back_weights(armature, mesh)
    data: Any = armature.data
    gone = list(twist_bones_in(armature))
    for name in gone:
        pose_bones(armature)[name].driver_remove("rotation_euler")
    with edited(armature, view_layer):
        for name in gone:
            data.edit_bones.remove(data.edit_bones[name])
    collection = data.collections.get(COLLECTION)
    if collection is not None and not collection.bones:
        data.collections.remove(collection)
    view_layer.update()


def refresh_twist_bones(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Put the twist bones along the limbs again after those were given another shape; a new body's weights are shared out.

    Nothing for a figure without twist bones. `view_layer` has to be the context's, in object mode.
    """
    twists = twist_bones_in(armature)
    if not twists:
        return
    data: Any = armature.data
    names = bones_by_joint(armature)
    with edited(armature, view_layer):
        for name, twist in twists.items():
            if twist.joint in names:
                _place(data.edit_bones[name], twist, data.edit_bones[names[twist.joint]])
    body = body_of(armature)
    if body is not None and not any(name in body.vertex_groups for name in twists):
        view_layer.update()
        share_weights(armature, body)


def _wanted(armature: bpy.types.Object) -> list[TwistBone]:
    """Return the twist bones for which a figure has the limbs."""
    names = bones_by_joint(armature)
    return [
        twist
        for joint, twists in TWIST_BONES.items()
        for twist in twists
        if joint in names and (not twist.end_joint or twist.end_joint in names)
    ]


def _new_bone(data: Any, twist: TwistBone, limb: str) -> str:
    made = data.edit_bones.new(bone_name(twist.key))
    made[TWIST_PROPERTY] = twist.key
    made.parent = data.edit_bones[limb]
    _place(made, twist, data.edit_bones[limb])
    return str(made.name)


def _place(edit_bone: Any, twist: TwistBone, limb: Any) -> None:
    along = limb.tail - limb.head
    edit_bone.head = limb.head + along * (twist.slot / twist.slots)
    edit_bone.tail = limb.head + along * ((twist.slot + 1) / twist.slots)
    edit_bone.align_roll(limb.z_axis)


def _drive(armature: bpy.types.Object, twist: TwistBone, name: str, names: dict[str, str]) -> None:
    bone: Any = pose_bones(armature)[name]
    bone.rotation_mode = AXES
    bone.lock_location = bone.lock_rotation = (True, True, True)
    driver = bone.driver_add("rotation_euler", 1).driver
    driver.type = "SCRIPTED"
    terms: list[str] = []
    if twist.root_share:
        _add_turn(driver, "root", armature, names[twist.joint])
        terms.append(f"-{twist.root_share:g} * root")
    if twist.end_share:
        _add_turn(driver, "end", armature, names[twist.end_joint])
        terms.append(f"{twist.end_share:g} * end")
    driver.expression = " + ".join(terms)


def _add_turn(driver: Any, name: str, armature: bpy.types.Object, bone: str) -> None:
    """Add a variable: the turn of a bone about its own axis, once its swing is taken off, as it is shown."""
    variable = driver.variables.new()
    variable.name, variable.type = name, "TRANSFORMS"
    target = variable.targets[0]
    target.id, target.bone_target = armature, bone
    target.transform_type, target.rotation_mode = "ROT_Y", "SWING_TWIST_Y"
    target.transform_space = "LOCAL_SPACE"
