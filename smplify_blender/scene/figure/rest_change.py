# pyright: basic
"""The bones of a figure moved to another shape's joints, with what its user has changed of them and hung onto them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...result.figure_pose import FigurePlacement
from ...result.rest_bones import RestBone
from ...result.rotations import Array
from .armature import edited, move_bones
from .bone_joints import bones_by_joint
from .carried_keys import rest_axes, turn_keys, turn_pose

SAME_METRES = 1e-6  # of a bone's ends: nothing has moved
LEAST_OFFSET_METRES = 1e-4  # of a bone's end from where it was put: somebody has moved it
LEAST_ROLL = 1e-3  # radians


@dataclass(frozen=True)
class RestPlace:
    """The rest bones of a shape, one a joint, and where they are put."""

    bones: Sequence[RestBone]
    placement: FigurePlacement


@dataclass(frozen=True)
class _Offset:
    """A user's change of one bone: of its ends, units of the armature for a unit of scale, and of its roll."""

    head: Array
    tail: Array
    roll: float


def change_rest(
    armature: bpy.types.Object, old: RestPlace, new: RestPlace, view_layer: bpy.types.ViewLayer
) -> None:
    """Move the rest bones from `old` to `new`; pose and keys are turned with them.

    What a user has changed of a bone is kept as an offset, bones of the user's own move with the bone above, and every bone
    stays connected, or not, as it is. `view_layer` has to be in object mode.
    """
    if _are_same(old, new):
        return
    before = rest_axes(armature)
    with edited(armature, view_layer):
        _move(armature, old, new)
    turns = {name: axes.T @ before[name] for name, axes in rest_axes(armature).items()}
    turn_pose(armature, turns)
    turn_keys(armature, turns)


def _are_same(old: RestPlace, new: RestPlace) -> bool:
    def table(place: RestPlace) -> Array:
        ends = np.array([(bone.head, bone.tail) for bone in place.bones])
        axes = np.array([bone.z_axis for bone in place.bones])
        return np.vstack([place.placement.armature_points(ends.reshape(-1, 3)), axes])

    return bool(np.abs(table(old) - table(new)).max() < SAME_METRES * new.placement.scale)


def _move(armature: bpy.types.Object, old: RestPlace, new: RestPlace) -> None:
    data = cast("bpy.types.Armature", armature.data)
    edit_bones, names = data.edit_bones, bones_by_joint(armature)
    own = {names[bone.joint] for bone in new.bones}
    offsets = {
        names[bone.joint]: _offset(edit_bones[names[bone.joint]], bone, old.placement) for bone in old.bones
    }
    before = {name: edit_bones[name].matrix.copy() for name in own}
    connected = {bone.name: bone.use_connect for bone in edit_bones}
    added = [
        (bone, above.name, _is_at_tail(bone, above))
        for bone in edit_bones
        for above in [_own_above(bone, own)]
        if above is not None
    ]
    tails = {name: edit_bones[name].tail.copy() for name in own}
    _disconnect(edit_bones)
    move_bones(data, new.bones, names, new.placement)
    _disconnect(edit_bones)
    for name, offset in offsets.items():
        if offset is not None:
            _put_offset(edit_bones[name], offset, new.placement)
    for bone, above, is_at_tail in added:
        moved = edit_bones[above].matrix @ before[above].inverted()
        if is_at_tail:  # which is farther from the head now
            gap: Any = edit_bones[above].tail - moved @ tails[above]
            moved = Matrix.Translation(gap) @ moved
        bone.transform(moved, scale=False)
    for name, is_connected in connected.items():
        edit_bones[name].use_connect = is_connected


def _disconnect(edit_bones: Any) -> None:
    for bone in edit_bones:
        bone.use_connect = False  # or moving one would move its neighbours


def _own_above(bone: bpy.types.EditBone, own: set[str]) -> bpy.types.EditBone | None:
    """Return the figure's own bone that a bone of the user's hangs on; None for the figure's own bones."""
    if bone.name in own:
        return None
    above = bone.parent
    while above is not None and above.name not in own:
        above = above.parent
    return above


def _is_at_tail(bone: bpy.types.EditBone, above: bpy.types.EditBone) -> bool:
    return (bone.head - above.tail).length < (bone.head - above.head).length


def _offset(edit_bone: bpy.types.EditBone, made: RestBone, placement: FigurePlacement) -> _Offset | None:
    """Return what somebody has changed of a bone since it was put; None for nothing."""
    head, tail = (
        (np.array(end) - placement.armature_points(put)) / placement.scale
        for end, put in ((edit_bone.head, made.head), (edit_bone.tail, made.tail))
    )
    wanted = Vector(placement.armature_directions(made.z_axis).tolist())
    along, shown = edit_bone.y_axis, edit_bone.z_axis
    level = wanted - along * wanted.dot(along)
    roll = math.atan2(level.cross(shown).dot(along), level.dot(shown)) if level.length > 0 else 0.0
    is_moved = max(float(np.abs(head).max()), float(np.abs(tail).max())) > LEAST_OFFSET_METRES
    return _Offset(head, tail, roll) if is_moved or abs(roll) > LEAST_ROLL else None


def _put_offset(edit_bone: bpy.types.EditBone, offset: _Offset, placement: FigurePlacement) -> None:
    edit_bone.head += Vector((placement.scale * offset.head).tolist())
    edit_bone.tail += Vector((placement.scale * offset.tail).tolist())
    edit_bone.roll += offset.roll
