# pyright: basic
"""The motion of one armature given to the bones of another: rotations joint by joint, the pelvis' path by leg length.

Only mapped bones are keyed, in an action of its own; the one that was there stays in the file. Feet are as high above the floor
as the source's are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...result.errors import ResultError
from ..control_rig.bake import keyed_frames
from ..figure.pose import pose_bones, rotation_channel
from ..motion.bone_keys import replace_keys, rotation_rows
from .mapped import Mapped
from .rest_pose import RestPose, leg_scale, rest_pose, rest_turns

FEET = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("ankle", "foot"))
NEEDED = tuple(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "shoulder", "elbow")
)
RIGIFY_SWITCHES = tuple(f"{limb}_parent.{side}" for limb in ("upper_arm", "thigh") for side in "LR")


class RetargetError(ResultError):
    """A pose cannot be taken over; the text says why and what to do."""


def retarget(source: Mapped, target: Mapped, scene: bpy.types.Scene, keep_place: bool = False) -> int:
    """Pose and key the target as the source is; return the number of keyed frames.

    The source's keyed frames are taken, or the current one where it has no keys. With `keep_place` the target stays where its
    object is instead of where the source stands. Raises `RetargetError` before anything is changed.
    """
    _check(source, target)
    frames = keyed_frames(source.armature, source.bones.values()) or [float(scene.frame_current)]
    _follow_fk(target.armature)
    transfer = _Transfer(source, target, keep_place)
    animation = cast("bpy.types.AnimData", target.armature.animation_data_create())
    if animation.action is not None:
        animation.action.use_fake_user = True  # nobody else may hold it
        animation.action = None
    before = (scene.frame_current, scene.frame_subframe)
    view_layer: Any = bpy.context.view_layer
    rows: list[dict[str, Matrix]] = []
    for frame in frames:
        if len(frames) > 1 or frame != before[0]:
            whole = math.floor(frame + 1e-4)
            scene.frame_set(whole, subframe=min(max(frame - whole, 0.0), 0.999))
        else:
            view_layer.update()
        rows.append(transfer.channels(view_layer))
    _key(target, rows, frames)
    scene.frame_set(before[0], subframe=before[1])
    return len(frames)


def _check(source: Mapped, target: Mapped) -> None:
    for mapped in (source, target):
        bones = cast("bpy.types.Armature", mapped.armature.data).bones
        gone = [bone for bone in mapped.bones.values() if bone not in bones]
        if gone:
            raise RetargetError(
                f"“{mapped.armature.name}” has no bone “{gone[0]}”: correct the list of bones."
            )
        missing = [joint for joint in ("pelvis", *NEEDED) if joint not in mapped.bones]
        if missing:
            raise RetargetError(
                f"“{mapped.armature.name}”: no bone is chosen for {missing[0].replace('_', ' ')}. Choose it in the list of bones."
            )
        twice = [bone for bone in mapped.bones.values() if list(mapped.bones.values()).count(bone) > 1]
        if twice:
            raise RetargetError(f"“{twice[0]}” is chosen for two joints: correct the list of bones.")
    if source.armature == target.armature:
        raise RetargetError("Choose another armature than the figure's own.")
    if target.armature.library is not None or target.armature.override_library is not None:
        raise RetargetError(f"“{target.armature.name}” is linked from another file: make it local first.")


def _follow_fk(armature_object: bpy.types.Object) -> None:
    """Switch a generated Rigify rig to the FK controls that are about to be keyed: at 1 its limbs follow those."""
    for name in RIGIFY_SWITCHES:
        bone: Any = pose_bones(armature_object).get(name)
        if bone is not None and "IK_FK" in bone:
            bone["IK_FK"] = 1.0
            armature_object.update_tag()


class _Transfer:
    """One frame after the other, from the source as it is shown to channels of the target's bones."""

    def __init__(self, source: Mapped, target: Mapped, keep_place: bool) -> None:
        self._source, self._target = source, target
        self._source_rest = rest_pose(source.armature, source.bones)
        self._target_rest = rest_pose(target.armature, target.bones)
        self._turns = rest_turns(self._source_rest, self._target_rest)
        self._scale = leg_scale(self._source_rest, self._target_rest)
        self._keep_place = keep_place
        self._first: Vector | None = None
        joints = {bone: joint for joint, bone in target.bones.items()}
        self._ordered = [(bone.name, joints.get(bone.name, "")) for bone in _parents_first(target.armature)]
        self._by_blender = _has_constraints_above(target)

    def channels(self, view_layer: bpy.types.ViewLayer) -> dict[str, Matrix]:
        """Return the channels of the mapped bones by joint, and leave the target so."""
        world = self._source.armature.matrix_world
        shown = {
            joint: world @ pose_bones(self._source.armature)[bone].matrix
            for joint, bone in self._source.bones.items()
        }
        turns = {
            joint: (
                shown[joint].to_quaternion().to_matrix()
                @ self._source_rest.turns[joint].transposed()
                @ turn
                @ self._target_rest.turns[joint]
            )
            for joint, turn in self._turns.items()
        }
        pelvis = self._pelvis(shown["pelvis"].translation)
        heads = self._pose(turns, pelvis, view_layer)
        # As high above the floor as the source's lower foot is.
        lift = self._scale * _lift(
            self._source_rest, {joint: place.translation for joint, place in shown.items()}
        )
        pelvis.z += lift - _lift(self._target_rest, heads)
        self._pose(turns, pelvis, view_layer)
        return {
            joint: pose_bones(self._target.armature)[self._target.bones[joint]].matrix_basis.copy()
            for joint in turns
        }

    def _pelvis(self, place: Vector) -> Vector:
        """Return the place of the target's pelvis for that of the source's, its height to be mended."""
        if self._first is None:
            self._first = place.copy()
        start = self._first.copy()
        if self._keep_place:
            start = self._target_rest.heads["pelvis"].copy()
        moved = start + self._scale * (place - self._first)
        moved.z = self._target_rest.heads["pelvis"].z
        return moved

    def _pose(
        self, turns: Mapping[str, Matrix], pelvis: Vector, view_layer: bpy.types.ViewLayer
    ) -> dict[str, Vector]:
        """Set the channels; return the heads of the mapped bones in the world."""
        into = self._target.armature.matrix_world.inverted()
        turned = into.to_quaternion().to_matrix()
        posed: dict[str, Matrix] = {}
        for name, joint in self._ordered:
            bone = pose_bones(self._target.armature)[name]
            above = _above(bone, posed)
            if joint in turns:
                place: Any = (above @ bone.matrix_basis).translation
                if joint == "pelvis":
                    place = into @ pelvis
                wanted = Matrix.Translation(place) @ (turned @ turns[joint]).to_4x4()
                if self._by_blender:
                    bone.matrix = wanted
                    view_layer.update()
                else:
                    _set(bone, above.inverted() @ wanted, joint == "pelvis")
            posed[name] = bone.matrix.copy() if self._by_blender else above @ bone.matrix_basis
        world = self._target.armature.matrix_world
        return {joint: world @ posed[self._target.bones[joint]].translation for joint in turns}


def _set(bone: bpy.types.PoseBone, basis: Matrix, moves: bool) -> None:
    location = basis.translation if moves else bone.location.copy()
    bone.matrix_basis = Matrix.LocRotScale(location, basis.to_quaternion(), bone.scale)  # type: ignore[attr-defined]


def _above(bone: bpy.types.PoseBone, posed: Mapping[str, Matrix]) -> Matrix:
    """Return where a bone would stand with no channels of its own."""
    if bone.parent is None:
        return bone.bone.matrix_local.copy()
    return posed[bone.parent.name] @ bone.parent.bone.matrix_local.inverted() @ bone.bone.matrix_local


def _parents_first(armature_object: bpy.types.Object) -> list[bpy.types.PoseBone]:
    ordered: list[bpy.types.PoseBone] = []
    waiting = [bone for bone in pose_bones(armature_object) if bone.parent is None]
    while waiting:
        bone = waiting.pop(0)
        ordered.append(bone)
        waiting += bone.children
    return ordered


def _has_constraints_above(target: Mapped) -> bool:
    """Return True if anything but plain parents decides where mapped bones stand: Blender has to be asked then, bone by bone."""
    for name in target.bones.values():
        bone: bpy.types.PoseBone | None = pose_bones(target.armature)[name]
        while bone is not None:
            plain = bone.bone.use_inherit_rotation and bone.bone.use_local_location
            if not plain or any(not constraint.mute for constraint in bone.constraints):
                return True
            bone = bone.parent
    return False


def _lift(rest: RestPose, heads: Mapping[str, Vector]) -> float:
    """Return how much higher than at rest the lower foot is; 0 for armatures without feet."""
    lifts = [heads[joint].z - rest.heads[joint].z for joint in FEET if joint in heads]
    return min(lifts, default=0.0)


def _key(target: Mapped, rows: Sequence[Mapping[str, Matrix]], frames: Sequence[float]) -> None:
    """Key what was found at each frame, in the bones' own rotation modes."""
    for joint in rows[0]:
        bone = pose_bones(target.armature)[target.bones[joint]]
        turns = rotation_rows(bone.rotation_mode, [row[joint].to_quaternion() for row in rows])
        replace_keys(target.armature, bone, rotation_channel(bone), frames, turns)
        if joint == "pelvis":
            places = np.array([row[joint].translation[:] for row in rows])
            replace_keys(target.armature, bone, "location", frames, places)
