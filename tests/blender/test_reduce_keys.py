"""Reduce Keys: few keys, within the bound at every frame as Blender shows it, and the raw take kept."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import smooth_motion, write_motion

FRAMES = 60
SINGLE = 1.001  # measured twice, in single precision


@pytest.fixture
def walk(bpy: ModuleType, tmp_path: Path) -> Any:
    """Builds a walk in the open file's scene, a key a frame; returns its armature."""
    from smplify_blender.result.motion_tracks import MotionTiming
    from smplify_blender.result.read_motion import read_motion
    from smplify_blender.scene.motion.build import build_motion

    def build(fps: float = 24.0, frames: int = FRAMES) -> Any:
        folder = write_motion(tmp_path / "motion", smooth_motion(frames), fps=fps)
        context = bpy.context
        built = build_motion(
            read_motion(folder), "walk", context.scene, context.view_layer, MotionTiming(), True
        )
        return built.figures[0].armature

    return build


def shown_bones(bpy: ModuleType, armature: Any, frames: range) -> tuple[np.ndarray, np.ndarray]:
    """Heads and tails (N, B, 2, 3) in the world, and axes (N, B, 3, 3), as Blender's own pose has them."""
    places, axes = [], []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        matrix = armature.matrix_world
        bones = armature.pose.bones
        places.append([[(matrix @ bone.head)[:], (matrix @ bone.tail)[:]] for bone in bones])
        axes.append([np.array(bone.matrix)[:3, :3] for bone in bones])
    return np.array(places), np.array(axes)


def curves_of(thing: Any) -> list[Any]:
    from smplify_blender.scene.motion.action_curves import object_curves

    return list(object_curves(thing))


def keys_of(curves: list[Any]) -> dict[tuple[str, int], list[tuple[float, float]]]:
    return {
        (curve.data_path, curve.array_index): [tuple(point.co) for point in curve.keyframe_points]
        for curve in curves
    }


BOUNDS = {"default": (3.0, 1.0), "fine": (0.5, 0.2), "coarse": (20.0, 8.0), "by degrees": (500.0, 0.5)}


@pytest.mark.parametrize(("mm", "degrees"), BOUNDS.values(), ids=BOUNDS)
def test_every_frame_is_within_the_bound(bpy: ModuleType, walk: Any, mm: float, degrees: float) -> None:
    from smplify_blender.result.bone_chain import angles_between
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    frames = range(1, FRAMES + 1)
    places, axes = shown_bones(bpy, armature, frames)
    reduced = reduce_keys(armature, bpy.context.scene, ErrorBound(mm, degrees))
    now, turned = shown_bones(bpy, armature, frames)
    worst_mm = 1000 * float(np.linalg.norm(now - places, axis=-1).max())
    worst_degrees = math.degrees(float(angles_between(axes, turned).max()))
    assert worst_mm <= mm * SINGLE and worst_degrees <= degrees * SINGLE
    assert reduced.worst_mm == pytest.approx(worst_mm, abs=0.01)
    assert reduced.worst_degrees == pytest.approx(worst_degrees, abs=0.01)
    assert reduced.keys_after == sum(len(curve.keyframe_points) for curve in curves_of(armature))
    assert reduced.keys_after < reduced.keys_before


def test_a_wider_bound_leaves_fewer_keys(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    left = [
        reduce_keys(walk(), bpy.context.scene, ErrorBound(mm, 10.0)).keys_after for mm in (0.5, 5.0, 50.0)
    ]
    assert left == sorted(left, reverse=True) and left[0] > 2 * left[2]


def test_the_raw_take_is_in_the_nla(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.action_curves import strip_curves
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    raw = armature.animation_data.action
    keys = keys_of(curves_of(armature))
    reduce_keys(armature, bpy.context.scene, ErrorBound())
    (track,) = armature.animation_data.nla_tracks
    (strip,) = track.strips
    assert track.mute and strip.action == raw and armature.animation_data.action != raw
    assert keys_of(list(strip_curves(strip))) == keys
    assert (strip.frame_start, strip.frame_end) == (1, FRAMES)
    reduce_keys(armature, bpy.context.scene, ErrorBound(10.0, 5.0))
    assert len(armature.animation_data.nla_tracks) == 2


def test_curves_stay_in_their_groups_with_their_modifiers(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    moving = next(curve for curve in curves_of(armature) if len(curve.keyframe_points) > 1)
    moving.modifiers.new("NOISE").mute = True
    groups = {key: curve.group.name for key, curve in _by_channel(curves_of(armature)).items()}
    still = {
        key for key, curve in _by_channel(curves_of(armature)).items() if len(curve.keyframe_points) == 1
    }
    reduce_keys(armature, bpy.context.scene, ErrorBound())
    after = _by_channel(curves_of(armature))
    assert {key: curve.group.name for key, curve in after.items()} == groups
    assert [modifier.type for curve in after.values() for modifier in curve.modifiers] == ["NOISE"]
    assert {key for key, curve in after.items() if len(curve.keyframe_points) == 1} == still
    frames = {point.co[0] for curve in after.values() for point in curve.keyframe_points}
    assert all(frame == round(frame) for frame in frames)


def _by_channel(curves: list[Any]) -> dict[tuple[str, int], Any]:
    return {(curve.data_path, curve.array_index): curve for curve in curves}


@pytest.mark.parametrize("mode", ["XYZ", "AXIS_ANGLE"])
def test_other_rotation_modes(bpy: ModuleType, walk: Any, mode: str) -> None:
    from smplify_blender.scene.figure.pose import rotation_channel
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    bone = armature.pose.bones["upper_arm.L"]
    rows = {}
    for frame in range(1, FRAMES + 1):
        bpy.context.scene.frame_set(frame)
        rows[frame] = bone.rotation_quaternion.copy()
    bone.rotation_mode = mode
    for frame, turn in rows.items():
        if mode == "XYZ":
            bone.rotation_euler = turn.to_euler("XYZ", bone.rotation_euler)
        else:
            axis, angle = turn.to_axis_angle()
            bone.rotation_axis_angle = (angle, *axis)
        bone.keyframe_insert(rotation_channel(bone), frame=frame)
    frames = range(1, FRAMES + 1)
    places, _ = shown_bones(bpy, armature, frames)
    reduce_keys(armature, bpy.context.scene, ErrorBound(10.0, 5.0))
    now, _ = shown_bones(bpy, armature, frames)
    assert 1000 * np.linalg.norm(now - places, axis=-1).max() <= 10.0 * SINGLE
    path = bone.path_from_id(rotation_channel(bone))
    assert {
        len(curve.keyframe_points) < FRAMES / 2 for curve in curves_of(armature) if curve.data_path == path
    } == {True}


def test_keys_between_frames_go_to_whole_ones(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk(fps=60.0, frames=100)
    frames = range(1, 41)
    places, _ = shown_bones(bpy, armature, frames)
    reduce_keys(armature, bpy.context.scene, ErrorBound(2.0, 5.0))
    now, _ = shown_bones(bpy, armature, frames)
    assert 1000 * np.linalg.norm(now - places, axis=-1).max() <= 2.0 * SINGLE
    inner = {point.co[0] for curve in curves_of(armature) for point in curve.keyframe_points[:-1]}
    assert all(frame == round(frame) for frame in inner)


@pytest.mark.parametrize(("unit", "scale"), [(0.01, 1.0), (1.0, 0.5)], ids=["centimetres", "half as large"])
def test_millimetres_are_the_scenes(bpy: ModuleType, walk: Any, unit: float, scale: float) -> None:
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    scene = bpy.context.scene
    scene.unit_settings.system, scene.unit_settings.scale_length = "METRIC", unit
    armature = walk()
    armature.scale = (scale,) * 3
    bpy.context.view_layer.update()
    frames = range(1, FRAMES + 1)
    places, _ = shown_bones(bpy, armature, frames)
    reduced = reduce_keys(armature, scene, ErrorBound(3.0, 90.0))
    now, _ = shown_bones(bpy, armature, frames)
    worst = 1000 * unit * float(np.linalg.norm(now - places, axis=-1).max())
    assert 1.0 < worst <= 3.0 * SINGLE
    assert reduced.worst_mm == pytest.approx(worst, abs=0.01)


def test_a_reduced_take_is_exported_once(bpy: ModuleType, walk: Any, tmp_path: Path) -> None:
    from smplify_blender.scene.export.export_figures import ExportSettings, export_figures
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    reduce_keys(armature, bpy.context.scene, ErrorBound())
    export_figures([armature], tmp_path / "walk.glb", ExportSettings())
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "walk.glb"))
    assert len(bpy.data.actions) == 1


def test_bones_follow_the_shape_of_a_reduced_figure(bpy: ModuleType, walk: Any) -> None:
    """The raw take in the NLA is turned with the bones, as the action is: a muted track does not stand in the way."""
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape
    from smplify_blender.scene.figure.lookup import body_of
    from smplify_blender.scene.figure.shape_keys import shape_keys_of
    from smplify_blender.scene.motion.action_curves import object_curves, strip_curves
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk()
    reduce_keys(armature, bpy.context.scene, ErrorBound(1e-3, 1e-3))
    shape_keys_of(body_of(armature).data)[0].value += 2.0
    fit_bones_to_shape(armature, bpy.context.view_layer)
    (track,) = armature.animation_data.nla_tracks
    raw = _by_channel(list(strip_curves(track.strips[0])))
    for key, curve in _by_channel(list(object_curves(armature))).items():
        assert curve.evaluate(20.0) == pytest.approx(raw[key].evaluate(20.0), abs=1e-4), key


def test_nothing_to_reduce(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature = walk(frames=1)
    with pytest.raises(ResultError, match="nothing moves"):
        reduce_keys(armature, bpy.context.scene, ErrorBound())
    with pytest.raises(ResultError, match="0 mm and 1° are no bound"):
        reduce_keys(armature, bpy.context.scene, ErrorBound(0.0, 1.0))
    assert not armature.animation_data.nla_tracks and len(bpy.data.actions) == 1
