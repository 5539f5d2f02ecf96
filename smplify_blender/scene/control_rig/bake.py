# pyright: basic
"""A pose or a motion from a figure's own bones onto its controls, and back: keys at the same frames, the same pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.motion_tracks import continuous
from ...result.rotations import Array
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones, rotation_channel
from ..motion.action_curves import bone_curves, object_curves
from ..motion.bone_keys import replace_keys
from .names import (
    FINGERS,
    GAZE,
    HEAD_CONTROL,
    LIMBS,
    SIDES,
    SPINE_CONTROL,
    finger_control,
    gaze_control,
    hand_control,
)
from .rig import follow_own_bones
from .snap import shown_basis, snap_gaze, snap_handle, turn

LEAST_STEP = 1e-4  # frames


def bake_to_controls(armature_object: bpy.types.Object, scene: bpy.types.Scene) -> int:
    """Put the controls of limbs and eyes where the figure's own bones are, with a key wherever those have one.

    Limbs and eyes follow their controls afterwards. Returns the number of keyed frames; with no keys the pose that is shown is
    taken and nothing is keyed.
    """
    names = [name for limb in LIMBS for name in limb.controls]
    names += [GAZE, *(gaze_control(suffix) for _, suffix in SIDES)]
    names = [name for name in names if name in pose_bones(armature_object)]
    frames = keyed_frames(armature_object, bones_by_joint(armature_object).values())

    def snap() -> None:
        for limb in LIMBS:
            snap_handle(armature_object, limb)
        snap_gaze(armature_object)

    _bake(armature_object, scene, names, frames, snap)
    follow_own_bones(armature_object, own=False)
    return len(frames)


def bake_to_bones(armature_object: bpy.types.Object, scene: bpy.types.Scene) -> int:
    """Turn the figure's own bones to where they are shown, and let them be followed; the controls that add to them go to rest.

    A figure with keys at several frames is keyed at every frame between the first and the last, since controls move between their
    keys as bones do not. Returns the number of keyed frames.
    """
    frames = keyed_frames(armature_object, [bone.name for bone in pose_bones(armature_object)])
    count = bake_shown(armature_object, scene, frames)
    _rest(armature_object)
    follow_own_bones(armature_object, own=True)
    return count


def bake_shown(armature_object: bpy.types.Object, scene: bpy.types.Scene, frames: Sequence[float]) -> int:
    """Turn the figure's own bones to where they are shown, whatever moves them, at every frame that `frames` span.

    Returns the number of keyed frames; with no frames the pose that is shown is taken and nothing is keyed.
    """
    names = bones_by_joint(armature_object)
    baked = sorted(frames)
    if len(baked) > 1:
        baked = sorted({*baked, *map(float, range(math.ceil(baked[0]), math.floor(baked[-1]) + 1))})
    root = names.get("pelvis", "")

    def snap() -> None:
        shown = {name: shown_basis(pose_bones(armature_object)[name]) for name in names.values()}
        for name, basis in shown.items():
            bone = pose_bones(armature_object)[name]
            turn(bone, basis)
            if name == root:
                bone.location = basis.translation

    _bake(armature_object, scene, list(names.values()), baked, snap)
    return len(baked)


@contextmanager
def scene_at(scene: bpy.types.Scene) -> Generator[Callable[[float], None]]:
    """Hand out a function that goes to a frame; the scene is at its own frame again afterwards.

    Going to the frame that is shown changes nothing: what has not been keyed stays.
    """
    before = (scene.frame_current, scene.frame_subframe)
    view_layer: Any = bpy.context.view_layer
    moved = False

    def go(frame: float) -> None:
        nonlocal moved
        if not moved and abs(frame - before[0] - before[1]) < LEAST_STEP:
            view_layer.update()
            return
        moved = True
        whole = math.floor(frame + LEAST_STEP)
        scene.frame_set(whole, subframe=min(max(frame - whole, 0.0), 0.999))

    try:
        yield go
    finally:
        if moved:
            scene.frame_set(before[0], subframe=before[1])


def keyed_frames(armature_object: bpy.types.Object, names: Sequence[str] | Any) -> list[float]:
    """Return the frames, in order, at which any of the bones has a key in the figure's own action."""
    wanted = {f'pose.bones["{bpy.utils.escape_identifier(name)}"]' for name in names}
    frames: set[float] = set()
    for curve in object_curves(armature_object):
        if curve.data_path.rpartition(".")[0] not in wanted:
            continue
        places = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", places)
        frames.update(float(frame) for frame in places[::2])
    return sorted(frames)


def _bake(
    armature_object: bpy.types.Object,
    scene: bpy.types.Scene,
    names: Sequence[str],
    frames: Sequence[float],
    snap: Callable[[], None],
) -> None:
    """Call `snap` at every frame, and key what it leaves in the channels of the bones; the scene's frame stays."""
    bones = [pose_bones(armature_object)[name] for name in names]
    view_layer: Any = bpy.context.view_layer
    if not frames:
        view_layer.update()
        snap()
        view_layer.update()
        return
    rows: dict[float, list[Array]] = {}
    # What is shown now comes first: a change of frame would take back what has not been keyed.
    now = scene.frame_current + scene.frame_subframe
    with scene_at(scene) as go:
        for frame in sorted(frames, key=lambda frame: abs(frame - now) > LEAST_STEP):
            go(now if len(frames) == 1 else frame)
            snap()
            rows[frame] = [np.array([*bone.location, *_rotation(bone)]) for bone in bones]
        for index, bone in enumerate(bones):
            values = np.array([rows[frame][index] for frame in frames])
            rotations = values[:, 3:]
            if bone.rotation_mode == "QUATERNION":
                rotations = continuous(rotations)
            if not all(cast("Any", bone).lock_location):
                replace_keys(armature_object, bone, "location", frames, values[:, :3])
            replace_keys(armature_object, bone, rotation_channel(bone), frames, rotations)


def _rotation(bone: bpy.types.PoseBone) -> tuple[float, ...]:
    return tuple(getattr(bone, rotation_channel(bone)))


def _rest(armature_object: bpy.types.Object) -> None:
    """Put the controls that add to the figure's own bones to rest, without keys: their turn is in the bones now."""
    curls = [
        name
        for _, suffix in SIDES
        for name in (hand_control(suffix), *(finger_control(finger, suffix) for finger in FINGERS))
    ]
    rolls = [f"foot_roll{suffix}" for _, suffix in SIDES]
    for name in (SPINE_CONTROL, HEAD_CONTROL, *curls, *rolls):
        if name not in pose_bones(armature_object):
            continue
        bone = pose_bones(armature_object)[name]
        curves = object_curves(armature_object)
        for curve in [*bone_curves(curves, name, rotation_channel(bone)).values()]:
            curves.remove(curve)
        bone.matrix_basis = Matrix.Identity(4)
