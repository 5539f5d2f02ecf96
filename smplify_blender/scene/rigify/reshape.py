# pyright: basic
"""A generated rig brought to another shape of its figure, with everything that an artist has made of it.

Another rig is generated for the new shape and thrown away again: each bone of the rig that is there takes over the rest of the
bone of the same name. Its constraints, properties, keys and shapes stay; bones of the artist's own move with the bone above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import bpy
from mathutils import Matrix, Vector

from ..control_rig.bake import keyed_frames, scene_at
from ..figure.armature import edited
from ..figure.pose import pose_bones, rotation_channel
from .follow import IK_FK, controls, followed_rig, let_go, own_poses, pose_rig
from .generated import MARK, RigifyError, generate_alone, remove_generated

STRETCH = "STRETCH_TO"


@dataclass(frozen=True)
class _Rest:
    """Ends and Z axis of a bone at rest."""

    head: Vector
    tail: Vector
    z_axis: Vector


def follow_shape(
    armature_object: bpy.types.Object, moved: Matrix, frame: float, view_layer: bpy.types.ViewLayer
) -> str:
    """Give the rig that a figure follows, if any, the figure's new shape and pose; return in a sentence what became of it.

    `moved` is how the figure's object has moved in the world, and `frame` where the fitted pose is keyed. A rig that cannot be
    changed is left as it is, and the figure leaves it. `view_layer` has to be the context's, in object mode.
    """
    rig = followed_rig(armature_object)
    if rig is None:
        return ""
    try:
        _take_rest(armature_object, rig, view_layer)
    except RigifyError:
        let_go(armature_object)
        return f"it follows “{rig.name}” no more, which has the earlier shape and pose: generate a rig again"
    rig.matrix_world = moved @ rig.matrix_world
    return _show_fit(armature_object, rig, frame, view_layer)


def _take_rest(
    armature_object: bpy.types.Object, rig: bpy.types.Object, view_layer: bpy.types.ViewLayer
) -> None:
    """Move the rest of the rig and of its metarig. Raises RigifyError; nothing has changed then."""
    if rig.library is not None or rig.override_library is not None or rig.data is None or rig.data.library:
        raise RigifyError(f"“{rig.name}” is linked from another file: change it there.")
    if not _can_be_edited(rig, view_layer):
        raise RigifyError(f"“{rig.name}” is not in the view layer: include its collection, and enable it.")
    model = generate_alone(armature_object, view_layer)
    try:
        wanted, lengths = _rests(model), _stretch_lengths(model)
        missing = set(wanted) - {bone.name for bone in cast("bpy.types.Armature", rig.data).bones}
        if missing:
            raise RigifyError(f"“{rig.name}” has no bone “{min(missing)}” any more.")
        _move_shown(rig, wanted, view_layer)
        for bone, name in lengths:
            constraint: Any = pose_bones(rig)[bone].constraints.get(name)
            if constraint is not None and constraint.type == STRETCH:
                constraint.rest_length = lengths[bone, name]
        metarig = rig.get(MARK)
        if isinstance(metarig, bpy.types.Object) and _can_be_edited(metarig, view_layer):
            _move_shown(metarig, _rests(model[MARK]), view_layer)
    finally:
        remove_generated(model)


def _can_be_edited(thing: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bool:
    """Return True if an object can be seen in the view layer once it is not hidden there."""
    if thing.name not in view_layer.objects:
        return False
    hidden = thing.hide_get(view_layer=view_layer)
    thing.hide_set(False, view_layer=view_layer)
    shown = thing.visible_get(view_layer=view_layer)
    thing.hide_set(hidden, view_layer=view_layer)
    return shown


def _rests(thing: bpy.types.Object) -> dict[str, _Rest]:
    bones = cast("Any", thing.data).bones
    return {
        bone.name: _Rest(
            bone.head_local.copy(), bone.tail_local.copy(), bone.matrix_local.col[2].to_3d().copy()
        )
        for bone in bones
    }


def _stretch_lengths(model: bpy.types.Object) -> dict[tuple[str, str], float]:
    """Return the lengths at which bones are not stretched, by bone and constraint."""
    found: dict[tuple[str, str], float] = {}
    for bone in pose_bones(model):
        constraints: Any = bone.constraints
        found |= {(bone.name, one.name): one.rest_length for one in constraints if one.type == STRETCH}
    return found


def _move_shown(
    thing: bpy.types.Object, wanted: Mapping[str, _Rest], view_layer: bpy.types.ViewLayer
) -> None:
    """Move the rest of an armature that may be hidden, which cannot be edited then."""
    hidden = thing.hide_get(view_layer=view_layer)
    thing.hide_set(False, view_layer=view_layer)
    try:
        _move(thing, wanted, view_layer)
    finally:
        thing.hide_set(hidden, view_layer=view_layer)


def _move(thing: bpy.types.Object, wanted: Mapping[str, _Rest], view_layer: bpy.types.ViewLayer) -> None:
    data: Any = thing.data
    with edited(thing, view_layer):
        bones = data.edit_bones
        connected = {bone.name: bone.use_connect for bone in bones}
        before = {bone.name: bone.matrix.copy() for bone in bones}
        for bone in bones:
            bone.use_connect = False  # or moving one would move its neighbours
        for name, rest in wanted.items():
            if name in bones:
                bones[name].head, bones[name].tail = rest.head, rest.tail
                bones[name].align_roll(rest.z_axis)
        for bone in [bone for bone in bones if bone.name not in wanted]:
            above = bone.parent
            while above is not None and above.name not in wanted:
                above = above.parent
            if above is not None:
                bone.transform(above.matrix @ before[above.name].inverted(), scale=False)
        for name, is_connected in connected.items():
            bones[name].use_connect = is_connected


def _show_fit(
    armature_object: bpy.types.Object, rig: bpy.types.Object, frame: float, view_layer: bpy.types.ViewLayer
) -> str:
    """Pose the rig as the figure's own channels are; where it is keyed, in an action of its own, in which that pose is keyed."""
    names = [control for generation in controls() for _, control in generation if control in pose_bones(rig)]
    if not keyed_frames(rig, [bone.name for bone in pose_bones(rig)]):
        pose_rig(rig, own_poses(armature_object), view_layer)
        return ""
    animation = cast("bpy.types.AnimData", rig.animation_data)
    theirs = cast("bpy.types.Action", animation.action)
    own = cast("bpy.types.Action", theirs.copy())
    own.name = f"{rig.name} pose"
    animation.action = own
    theirs.use_fake_user = True
    with scene_at(cast("bpy.types.Scene", view_layer.id_data)) as go:
        go(frame)
        pose_rig(rig, own_poses(armature_object), view_layer)
        for name in names:
            bone = pose_bones(rig)[name]
            bone.keyframe_insert(rotation_channel(bone), frame=frame)
            if not all(cast("Any", bone).lock_location):
                bone.keyframe_insert("location", frame=frame)
        for name in IK_FK:
            if name in pose_bones(rig):
                pose_bones(rig)[name].keyframe_insert('["IK_FK"]', frame=frame)
    return (
        f"Your keys of “{rig.name}” stay in the action “{theirs.name}”; the fitted pose is in “{own.name}”."
    )
