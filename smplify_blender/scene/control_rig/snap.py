# pyright: basic
"""Handles to limbs and limbs to handles, so that the switch between FK and IK moves nothing.

With P the parent's posed matrix, r the bone's rest relative to the parent's and b its own channels, a bone stands at P r b. The
solver begins at the pose of the limb's own bones and leaves it alone where it reaches the handle already and the pole lies on the
side that the pole angle names. So a pole is put there: in the plane of the limb's axis and the first bone's Z axis.
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones
from .names import (
    FINGERS,
    FOLLOW_PROPERTY,
    GAZE,
    HEAD_CONTROL,
    IK_PROPERTY,
    LIMBS,
    SIDES,
    SPINE_CONTROL,
    Limb,
    finger_control,
    gaze_control,
    hand_control,
)

POLE_SIDES = {"arm": -1.0, "leg": 1.0}  # of the first bone's Z axis, as mechanism.POLE_ANGLES says it


def snap_handle(armature_object: bpy.types.Object, limb: Limb) -> None:
    """Put a limb's handle, pole and toe control where its own bones are; the scene has to be up to date."""
    bones, names = pose_bones(armature_object), bones_by_joint(armature_object)
    root, middle, end = (bones[names[joint]] for joint in (limb.root, limb.middle, limb.end))
    root_matrix = _own_matrix(root, _posed_parent(root))
    end_matrix = _own_matrix(end, _own_matrix(middle, root_matrix))
    handle, pole = bones[limb.handle], bones[limb.pole]
    handle.matrix_basis = handle.bone.matrix_local.inverted() @ end_matrix
    place = _pole_place(limb, root_matrix, end_matrix.translation, root.length + middle.length)
    pole.matrix_basis = Matrix.Translation(
        pole.bone.matrix_local.to_3x3().inverted() @ (place - pole.bone.head_local)
    )
    if limb.kind == "leg":
        bones[f"foot_roll{limb.suffix}"].matrix_basis = Matrix.Identity(4)
        toe, control = bones[names[limb.toe]], bones[limb.toe_control]
        # The pivots between handle and toe control are at rest: nothing rolls.
        above = end_matrix @ handle.bone.matrix_local.inverted() @ control.bone.matrix_local
        control.matrix_basis = above.inverted() @ _own_matrix(toe, end_matrix)


def snap_bones(armature_object: bpy.types.Object, limb: Limb) -> None:
    """Turn a limb's own bones to where they are shown; the scene has to be up to date."""
    bones, names = pose_bones(armature_object), bones_by_joint(armature_object)
    joints = [limb.root, limb.middle, limb.end, *([limb.toe] if limb.toe else [])]
    shown = {joint: shown_basis(bones[names[joint]]) for joint in joints}
    for joint, basis in shown.items():
        turn(bones[names[joint]], basis)


def snap_gaze(armature_object: bpy.types.Object) -> None:
    """Put the gaze target into the line of sight of both eyes; the scene has to be up to date."""
    bones, names = pose_bones(armature_object), bones_by_joint(armature_object)
    if GAZE not in bones:
        return
    places: dict[str, Vector] = {}
    for side, suffix in SIDES:
        eye = bones[names[f"{side}_eye"]]
        sight = _own_matrix(eye, _posed_parent(eye))
        distance = (bones[gaze_control(suffix)].bone.head_local - eye.bone.head_local).length
        places[suffix] = sight.translation + distance * sight.col[1].to_3d()
    gaze = bones[GAZE]
    middle = (places[".L"] + places[".R"]) / 2.0
    gaze.matrix_basis = Matrix.Translation(
        gaze.bone.matrix_local.to_3x3().inverted() @ (middle - gaze.bone.head_local)
    )
    moved = middle - gaze.bone.head_local
    for suffix, place in places.items():
        control = bones[gaze_control(suffix)]
        control.matrix_basis = Matrix.Translation(
            control.bone.matrix_local.to_3x3().inverted() @ (place - moved - control.bone.head_local)
        )


def snap_all(armature_object: bpy.types.Object) -> None:
    """Put all controls where the figure's own bones are, those that add to them at rest; the scene has to be up to date."""
    bones = pose_bones(armature_object)
    curls = [
        name
        for _, suffix in SIDES
        for name in (hand_control(suffix), *(finger_control(f, suffix) for f in FINGERS))
    ]
    for name in (SPINE_CONTROL, HEAD_CONTROL, *curls):
        if name in bones:
            bones[name].matrix_basis = Matrix.Identity(4)
    for limb in LIMBS:
        snap_handle(armature_object, limb)
    snap_gaze(armature_object)


def handle_share(armature_object: bpy.types.Object, limb: Limb) -> float:
    """Return how far a limb follows its handle, 0 to 1."""
    return _share(pose_bones(armature_object)[limb.handle].get(IK_PROPERTY))


def set_handle_share(armature_object: bpy.types.Object, limb: Limb, share: float) -> None:
    """Say how far a limb follows its handle, 0 to 1."""
    _set_share(armature_object, limb.handle, IK_PROPERTY, share)


def set_gaze_share(armature_object: bpy.types.Object, share: float) -> None:
    """Say how far the eyes follow the gaze target, 0 to 1; nothing for a body without eyes."""
    if GAZE in pose_bones(armature_object):
        _set_share(armature_object, GAZE, FOLLOW_PROPERTY, share)


def shown_basis(bone: bpy.types.PoseBone) -> Matrix:
    """Return the channels that would put a bone where it is shown."""
    return (_posed_parent(bone) @ _relative_rest(bone)).inverted() @ bone.matrix


def turn(bone: bpy.types.PoseBone, basis: Matrix) -> None:
    """Give a bone the rotation of a matrix of channels, in the rotation mode that it has."""
    location, _, scale = bone.matrix_basis.decompose()
    bone.matrix_basis = Matrix.LocRotScale(location, basis.to_quaternion(), scale)  # type: ignore[attr-defined]


def _share(value: object) -> float:
    return min(max(float(value), 0.0), 1.0) if isinstance(value, (int, float)) else 0.0


def _set_share(armature_object: bpy.types.Object, control: str, name: str, share: float) -> None:
    bone: Any = pose_bones(armature_object)[control]
    bone[name] = share
    armature_object.update_tag()


def _posed_parent(bone: bpy.types.PoseBone) -> Matrix:
    return bone.parent.matrix.copy() if bone.parent is not None else Matrix.Identity(4)


def _relative_rest(bone: bpy.types.PoseBone) -> Matrix:
    if bone.parent is None:
        return bone.bone.matrix_local.copy()
    return bone.parent.bone.matrix_local.inverted() @ bone.bone.matrix_local


def _own_matrix(bone: bpy.types.PoseBone, parent: Matrix) -> Matrix:
    """Return where a bone's own channels put it, whatever its constraints say."""
    return parent @ _relative_rest(bone) @ bone.matrix_basis


def _pole_place(limb: Limb, root: Matrix, end: Vector, length: float) -> Vector:
    along = end - root.translation
    side = POLE_SIDES[limb.kind] * root.col[2].to_3d()
    if along.length > 1e-6:
        side = side - side.dot(along) / along.length_squared * along
    return root.translation + 0.5 * along + 0.75 * length * side.normalized()
