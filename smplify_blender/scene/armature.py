# pyright: basic
"""Rest bones → armature object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import bpy
from mathutils import Vector

from ..result.figure_pose import FigurePlacement
from ..result.rest_bones import RestBone
from .created import Created

BONE_COLLECTIONS = (
    ("Fingers", ("index", "middle", "pinky", "ring", "thumb")),
    ("Face", ("jaw", "eye")),
)
BODY_COLLECTION = "Body"


def new_armature(
    bones: Sequence[RestBone],
    placement: FigurePlacement,
    name: str,
    collection: bpy.types.Collection,
    view_layer: bpy.types.ViewLayer,
    created: Created,
) -> bpy.types.Object:
    """An armature object with one bone a joint, standing on the floor, linked to `collection`.

    Bones can only be made in edit mode, which Blender enters for the active object: `view_layer` has to be in object mode;
    its active object and selection are as before afterwards.
    """
    armature = created.add(bpy.data.armatures.new(name))
    armature_object = created.add(bpy.data.objects.new(name, armature))
    armature_object.location = placement.location.tolist()
    armature_object.show_in_front = True
    collection.objects.link(armature_object)
    active = view_layer.objects.active
    view_layer.objects.active = armature_object
    scene = cast("bpy.types.Scene", view_layer.id_data)  # which need not be the one that a window shows
    with bpy.context.temp_override(
        scene=scene, view_layer=view_layer, active_object=armature_object, object=armature_object
    ):
        bpy.ops.object.mode_set(mode="EDIT")
        try:
            _add_bones(armature, bones, placement)
        finally:
            bpy.ops.object.mode_set(mode="OBJECT")
            view_layer.objects.active = active
            armature_object.select_set(False, view_layer=view_layer)
    _sort_into_bone_collections(armature)
    return armature_object


def _add_bones(armature: bpy.types.Armature, bones: Sequence[RestBone], placement: FigurePlacement) -> None:
    edit_bones: list[bpy.types.EditBone] = []
    for bone in bones:
        edit_bone = armature.edit_bones.new(bone.name)
        edit_bone.head = placement.armature_points(bone.head).tolist()
        edit_bone.tail = placement.armature_points(bone.tail).tolist()
        edit_bone.align_roll(Vector(placement.armature_directions(bone.z_axis).tolist()))
        if bone.parent >= 0:
            edit_bone.parent = edit_bones[bone.parent]
            edit_bone.use_connect = bone.connected
        edit_bones.append(edit_bone)


def _sort_into_bone_collections(armature: bpy.types.Armature) -> None:
    """Body, fingers and face apart, so that an animator can hide what is not being worked on."""
    collections = {
        name: armature.collections.new(name) for name in (BODY_COLLECTION, *dict(BONE_COLLECTIONS))
    }
    for bone in armature.bones:
        name = next(
            (name for name, words in BONE_COLLECTIONS if any(word in bone.name for word in words)),
            BODY_COLLECTION,
        )
        collections[name].assign(bone)
