# pyright: basic
"""Rest bones in, an armature object out."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import bpy
from mathutils import Vector

from ...result.bone_names import JOINT_PROPERTY
from ...result.figure_pose import FigurePlacement
from ...result.rest_bones import RestBone
from ..created import Created

BONE_COLLECTIONS = (
    ("Fingers", ("index", "middle", "pinky", "ring", "thumb")),
    ("Face", ("jaw", "eye")),
)
BODY_COLLECTION = "Body"
COLOURS = ((".L", "THEME04"), (".R", "THEME01"))  # blue and red: left and right are told apart at a glance
MIDDLE_COLOUR = "THEME09"


def new_armature(
    bones: Sequence[RestBone],
    placement: FigurePlacement,
    name: str,
    collection: bpy.types.Collection,
    view_layer: bpy.types.ViewLayer,
    created: Created,
) -> bpy.types.Object:
    """An armature object with one bone a joint, standing on the floor, linked to `collection`.

    `view_layer` has to be in object mode; its active object and selection are as before afterwards.
    """
    armature = created.add(bpy.data.armatures.new(name))
    armature_object = created.add(bpy.data.objects.new(name, armature))
    armature_object.location = placement.location.tolist()
    armature_object.show_in_front = True
    armature.display_type = "STICK"  # in front of the mesh, anything thicker hides the face
    collection.objects.link(armature_object)
    with edited(armature_object, view_layer):
        _add_bones(armature, bones, placement)
    _sort_into_bone_collections(armature)
    _colour(armature)
    _lock_locations(armature_object)
    return armature_object


@contextmanager
def edited(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> Generator[None]:
    """The armature in edit mode, the only one in which bones can be made or moved.

    `view_layer` has to be in object mode; its active object and selection are as before afterwards.
    """
    armature = cast("bpy.types.Armature", armature_object.data)
    active, selected = view_layer.objects.active, armature_object.select_get(view_layer=view_layer)
    mirrors = armature.use_mirror_x
    view_layer.objects.active = armature_object
    scene = cast("bpy.types.Scene", view_layer.id_data)  # which need not be the one that a window shows
    with bpy.context.temp_override(
        scene=scene, view_layer=view_layer, active_object=armature_object, object=armature_object
    ):
        try:
            bpy.ops.object.mode_set(mode="EDIT")
            armature.use_mirror_x = False  # each bone that is moved would move the one of the other side
            yield
        finally:
            if armature_object.mode == "EDIT":
                bpy.ops.object.mode_set(mode="OBJECT")
            armature.use_mirror_x = mirrors
            view_layer.objects.active = active
            armature_object.select_set(selected, view_layer=view_layer)


def move_bones(
    armature: bpy.types.Armature,
    bones: Sequence[RestBone],
    names: Mapping[str, str],
    placement: FigurePlacement,
) -> None:
    """Put the bones of the joints, whose `names` by joint are given, where `bones` say. Other bones stay.

    The armature has to be in edit mode.
    """
    edit_bones = [armature.edit_bones[names[bone.joint]] for bone in bones]
    for edit_bone in edit_bones:
        edit_bone.use_connect = False  # or moving one would move its neighbours
    for edit_bone, bone in zip(edit_bones, bones, strict=True):
        _place_bone(edit_bone, bone, placement)
    for edit_bone, bone in zip(edit_bones, bones, strict=True):
        edit_bone.use_connect = bone.connected


def _place_bone(edit_bone: bpy.types.EditBone, bone: RestBone, placement: FigurePlacement) -> None:
    edit_bone.head = placement.armature_points(bone.head).tolist()
    edit_bone.tail = placement.armature_points(bone.tail).tolist()
    edit_bone.align_roll(Vector(placement.armature_directions(bone.z_axis).tolist()))


def _add_bones(armature: bpy.types.Armature, bones: Sequence[RestBone], placement: FigurePlacement) -> None:
    edit_bones: list[bpy.types.EditBone] = []
    for bone in bones:
        edit_bone = armature.edit_bones.new(bone.name)
        edit_bone[JOINT_PROPERTY] = bone.joint
        _place_bone(edit_bone, bone, placement)
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


def _colour(armature: bpy.types.Armature) -> None:
    for bone in armature.bones:
        bone.color.palette = next(
            (colour for side, colour in COLOURS if bone.name.endswith(side)), MIDDLE_COLOUR
        )


def _lock_locations(armature_object: bpy.types.Object) -> None:
    """Limbs turn about their joints and are not pulled off them; only the root moves."""
    assert armature_object.pose is not None, "an armature object always has a pose"
    for bone in armature_object.pose.bones:
        if bone.parent is not None:
            bone.lock_location = (True, True, True)
