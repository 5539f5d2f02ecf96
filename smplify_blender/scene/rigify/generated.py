# pyright: basic
"""A Rigify rig for a figure: generated, posed, followed, and taken away again with the pose kept."""

from __future__ import annotations

import importlib
from typing import Any

import addon_utils
import bpy

from ...result.errors import ResultError
from ..control_rig.bake import bake_shown, keyed_frames, scene_at
from ..figure.bone_joints import bones_by_joint
from .follow import add_carriers, followed_rig, hang_on, key_rig, let_go, own_poses, pose_rig
from .metarig import needed_joints, new_metarig

MODULE = "rigify"
MARK = "smplify_rigify"
"""On the generated rig: the object of its metarig."""


class RigifyError(ResultError):
    """No rig can be generated; the text says why and what to do."""


def can_generate() -> bool:
    """Return True if this Blender carries Rigify."""
    return any(module.__name__ == MODULE for module in addon_utils.modules() or ())


def missing_for_rigify(armature_object: bpy.types.Object) -> tuple[str, ...]:
    """Return the joints that Rigify needs and the figure has no bone for."""
    return tuple(sorted(set(needed_joints()) - set(bones_by_joint(armature_object))))


def generate_rig(
    armature_object: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer
) -> bpy.types.Object:
    """Generate a rig, pose and key it as the figure's own bones are, and let the figure follow it.

    `view_layer` has to be the context's, in object mode. Raises `RigifyError`; nothing of it is left then.
    """
    frames = keyed_frames(armature_object, bones_by_joint(armature_object).values())
    rig = _generate(armature_object, view_layer)
    if len(frames) > 1:
        rows = []
        with scene_at(scene) as go:
            for frame in frames:
                go(frame)
                rows.append(own_poses(armature_object))
        key_rig(rig, frames, rows, view_layer)
    else:
        pose_rig(rig, own_poses(armature_object), view_layer)
    hang_on(armature_object, rig, view_layer)
    view_layer.update()
    return rig


def generate_alone(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bpy.types.Object:
    """Generate a rig that nobody follows, with the bones on which a figure would hang. Raises `RigifyError`."""
    rig = _generate(armature_object, view_layer)
    add_carriers(armature_object, rig, view_layer)
    return rig


def _generate(armature_object: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bpy.types.Object:
    addon_utils.enable(MODULE, default_set=True)
    collection = armature_object.users_collection[0]
    metarig = new_metarig(armature_object, collection, view_layer)
    data: Any = metarig.data
    data.rigify_rig_basename = f"{armature_object.name} rig"
    active = view_layer.objects.active
    before = {thing.name for thing in bpy.data.objects}
    armatures = {armature.name for armature in bpy.data.armatures}
    view_layer.objects.active = metarig
    try:
        importlib.import_module("rigify.generate").generate_rig(bpy.context, metarig)
    except Exception as problem:  # Rigify's own errors have no common class over Blender's versions
        _remove_new(before)
        _remove(metarig)
        raise RigifyError(f"Rigify could not make a rig of this figure: {problem}") from problem
    finally:
        view_layer.objects.active = active
    _remove_leftovers(armatures)
    rig: Any = data.rigify_target_rig
    rig[MARK] = metarig
    rig.matrix_world = armature_object.matrix_world.copy()
    metarig.hide_set(True, view_layer=view_layer)
    return rig


def remove_rig(
    armature_object: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer
) -> None:
    """Bake what the rig shows onto the figure's own bones, and take the rig away with its metarig and shapes."""
    rig = followed_rig(armature_object)
    if rig is not None:
        moving = keyed_frames(rig, [bone.name for bone in rig.pose.bones]) if rig.pose is not None else []
        bake_shown(armature_object, scene, moving)
    let_go(armature_object)
    view_layer.update()
    if rig is not None and rig.get(MARK) is not None:
        remove_generated(rig)


def remove_generated(rig: bpy.types.Object) -> None:
    """Remove a generated rig with its metarig, the shapes of its controls and the script of its panel."""
    metarig: Any = rig[MARK]
    script = getattr(metarig.data, "rigify_rig_ui", None)
    for thing in (rig, metarig, *_shapes(rig)):
        _remove(thing)
    if script is not None:
        bpy.data.texts.remove(script)


def _shapes(rig: Any) -> list[bpy.types.Object]:
    """Return the objects that only this rig's controls are drawn as."""
    mine = {bone.custom_shape for bone in rig.pose.bones if bone.custom_shape is not None}
    others = {
        bone.custom_shape
        for thing in bpy.data.objects
        if thing.type == "ARMATURE" and thing != rig and thing.pose is not None
        for bone in thing.pose.bones
    }
    return list(mine - others)


def _remove_leftovers(before: set[str]) -> None:
    """Remove the copies of the metarig that Rigify works on and leaves behind, used by nobody."""
    for armature in [one for one in bpy.data.armatures if one.name not in before and not one.users]:
        bpy.data.armatures.remove(armature)


def _remove_new(before: set[str]) -> None:
    for thing in [thing for thing in bpy.data.objects if thing.name not in before]:
        _remove(thing)


def _remove(thing: bpy.types.Object) -> None:
    data: Any = thing.data
    collections = list(thing.users_collection)
    bpy.data.objects.remove(thing)
    if data is not None and not data.users:
        getattr(bpy.data, {"ARMATURE": "armatures", "MESH": "meshes"}[data.id_type]).remove(data)
    for collection in collections:
        if collection.name.startswith("WGTS_") and not collection.objects and not collection.children:
            bpy.data.collections.remove(collection)
