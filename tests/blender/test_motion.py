"""A motion in the scene: at every key the mesh stands as the file says, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name
from tests.blender.synthetic_result import JOINT_NAMES, SyntheticBody, random_motion, write_motion

MAX_MM = 0.2  # keys are single precision, metres from the origin
FRAMES = 24


@pytest.fixture
def build(bpy: ModuleType, tmp_path: Path) -> Any:
    """Writes a motion and builds it in the open file's scene."""
    from smplify_blender.result.motion_tracks import MotionTiming
    from smplify_blender.result.read_motion import read_motion
    from smplify_blender.scene.motion.build import build_motion

    def build_folder(
        people: list[dict[str, np.ndarray]],
        extend: bool = True,
        changes: dict[str, Any] | None = None,
        **timing: Any,
    ) -> Any:
        folder = write_motion(tmp_path / "motion", people, **(changes or {}))
        context = bpy.context
        return build_motion(
            read_motion(folder), "walk", context.scene, context.view_layer, MotionTiming(**timing), extend
        )

    return build_folder


def show(bpy: ModuleType, frame: float) -> Any:
    """The dependency graph at a frame between frames."""
    bpy.context.scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
    return bpy.context.evaluated_depsgraph_get()


def worst_mm(
    bpy: ModuleType, built: Any, person: dict[str, np.ndarray], frame: float, lift: float = 0.0
) -> float:
    from smplify_blender.scene.figure.build import evaluated_vertices

    shown = evaluated_vertices(built.figures[0], show(bpy, frame))
    wanted, _ = SyntheticBody.make().pose(person)
    return float(1000 * np.linalg.norm(shown / built.units_per_metre - wanted - [0, 0, lift], axis=1).max())


def curves(armature: Any) -> list[Any]:
    """All F-curves, in every Blender."""
    action = armature.animation_data.action
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    return [
        curve
        for layer in action.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    ]


TIMINGS: dict[str, tuple[dict[str, Any], Any]] = {
    "true time": ({}, lambda row: 1 + row * 24 / 60),
    "from frame 100": ({"start": 100}, lambda row: 100 + row * 24 / 60),
    "before zero": ({"start": -5}, lambda row: -5 + row * 24 / 60),
    "one key a frame": ({"rate": "ONE_PER_FRAME", "start": 10}, lambda row: 10 + row),
    "every third": ({"frame_step": 3}, lambda row: 1 + row * 24 / 60),
    "every fifth, one key a frame": ({"frame_step": 5, "rate": "ONE_PER_FRAME"}, lambda row: 1 + row // 5),
}


@pytest.mark.parametrize(("timing", "frame_of"), TIMINGS.values(), ids=TIMINGS)
def test_mesh_at_every_key(bpy: ModuleType, build: Any, timing: dict[str, Any], frame_of: Any) -> None:
    people = random_motion(FRAMES)
    built = build(people, **timing)
    rows = range(0, FRAMES, timing.get("frame_step", 1))
    assert built.key_count == len(rows)
    assert built.frames == pytest.approx((frame_of(rows[0]), frame_of(rows[-1])))
    for row in rows:
        assert worst_mm(bpy, built, people[row], frame_of(row)) < MAX_MM, row


def test_the_scenes_own_frame_rate_counts(bpy: ModuleType, build: Any) -> None:
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 30, 1.001
    people = random_motion(FRAMES)
    built = build(people)
    assert built.frames[1] == pytest.approx(1 + (FRAMES - 1) * 30 / 1.001 / 60)
    assert worst_mm(bpy, built, people[-1], built.frames[1]) < MAX_MM


@pytest.mark.parametrize("floor", ["FILE", "SOLES"])
def test_a_scene_in_centimetres(bpy: ModuleType, build: Any, floor: str) -> None:
    bpy.context.scene.unit_settings.system = "METRIC"
    bpy.context.scene.unit_settings.scale_length = 0.01
    people = random_motion(FRAMES)
    built = build(people, floor=floor)
    assert built.units_per_metre == pytest.approx(100)
    for row in (0, FRAMES - 1):
        assert worst_mm(bpy, built, people[row], 1 + row * 24 / 60, built.lift) < MAX_MM, row


def test_neighbouring_keys_never_flip_their_sign(build: Any) -> None:
    """Somebody who turns three times about himself: rotation vectors jump at half turns, the keys must not."""
    built = build(random_motion(60), changes={"fps": 24.0})
    by_path: dict[str, dict[int, np.ndarray]] = {}
    for curve in curves(built.figures[0].armature):
        values = np.empty(2 * len(curve.keyframe_points))
        curve.keyframe_points.foreach_get("co", values)
        by_path.setdefault(curve.data_path, {})[curve.array_index] = values[1::2]
    turning = 0
    for path, columns in by_path.items():
        if not path.endswith("rotation_quaternion"):
            continue
        track = np.stack([columns[index] for index in range(4)], axis=1)
        np.testing.assert_allclose(np.linalg.norm(track, axis=1), 1.0, atol=1e-5)
        assert (np.sum(track[1:] * track[:-1], axis=1) > 0).all(), path
        turning += len(track) > 1
    assert turning == 22


def test_still_joints_get_one_key_and_bones_their_group(build: Any) -> None:
    armature = build(random_motion(FRAMES)).figures[0].armature
    found = curves(armature)
    assert len(found) == 4 * len(JOINT_NAMES) + 3
    counts = {curve.data_path: len(curve.keyframe_points) for curve in found}
    assert counts['pose.bones["f_index.01.L"].rotation_quaternion'] == 1
    assert counts['pose.bones["shin.L"].rotation_quaternion'] == FRAMES
    assert counts['pose.bones["hips"].location'] == FRAMES
    assert {curve.group.name for curve in found} == {bone_name(joint) for joint in JOINT_NAMES}
    assert {point.interpolation for curve in found for point in curve.keyframe_points} == {"LINEAR"}


def test_a_single_pose(bpy: ModuleType, build: Any) -> None:
    people = random_motion(1)
    built = build(people, start=7)
    assert (built.frames, built.key_count) == ((7.0, 7.0), 1)
    assert worst_mm(bpy, built, people[0], 7) < MAX_MM


FLOORS: dict[str, tuple[dict[str, Any], str, float]] = {
    "own body, as in the file": ({}, "AUTO", 0.0),
    "another body stands in": ({"has_own_shape": False}, "AUTO", -0.04),
    "nobody stands on that floor": ({"has_own_shape": False, "sole_height": 0.6}, "AUTO", 0.0),
    "no floor in the file": ({"has_floor": False, "sole_height": -1.2}, "AUTO", 1.2),
    "asked for the file's": ({"has_own_shape": False}, "FILE", 0.0),
    "asked for the soles": ({"sole_height": 0.6}, "SOLES", -0.6),
}


@pytest.mark.parametrize(("changes", "floor", "lift"), FLOORS.values(), ids=FLOORS)
def test_floor(bpy: ModuleType, build: Any, changes: dict[str, Any], floor: str, lift: float) -> None:
    from smplify_blender.scene.motion.build import floor_notes

    people = random_motion(3)
    built = build(people, changes=changes, floor=floor)
    assert built.lift == pytest.approx(lift)
    assert worst_mm(bpy, built, people[1], 1 + 24 / 60, lift) < MAX_MM
    assert bool(floor_notes(built)) == (lift != 0)


def test_the_scene_is_left_alone(bpy: ModuleType, build: Any) -> None:
    scene = bpy.context.scene
    before = (scene.frame_start, scene.frame_end, scene.frame_current, scene.render.fps, scene.camera)
    build(random_motion(FRAMES), extend=False, start=500)
    assert (scene.frame_start, scene.frame_end, scene.frame_current, scene.render.fps, scene.camera) == before
    assert len(bpy.data.actions) == len(bpy.data.armatures) == len(bpy.data.collections) == 1


def test_the_frame_range_grows_to_hold_the_motion(bpy: ModuleType, build: Any) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 250
    build(random_motion(FRAMES), start=-3, rate="ONE_PER_FRAME")
    assert (scene.frame_start, scene.frame_end) == (0, 250)  # a scene's range begins no earlier
    build(random_motion(FRAMES), start=300, rate="ONE_PER_FRAME")
    assert (scene.frame_start, scene.frame_end) == (0, 300 + FRAMES - 1)


def test_a_motion_that_fails_leaves_nothing(
    bpy: ModuleType, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.motion import build as build_motion

    def full(*_: Any) -> None:
        raise MemoryError

    with pytest.raises(ResultError, match="Frame Step is 0"):
        build(random_motion(3), frame_step=0)
    monkeypatch.setattr(build_motion, "key_motion", full)
    with pytest.raises(MemoryError):
        build(random_motion(3))
    for kind in ("objects", "meshes", "armatures", "actions", "collections", "materials", "shape_keys"):
        assert not len(getattr(bpy.data, kind)), kind


def test_the_motion_is_exported(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    from smplify_blender.scene.export.export_figures import ExportSettings, export_figures

    people = random_motion(FRAMES)
    built = build(people)
    export_figures([built.figures[0].armature], tmp_path / "walk.glb", ExportSettings())
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "walk.glb"))
    (action,) = bpy.data.actions
    first, last = action.frame_range
    assert last - first == pytest.approx(round((FRAMES - 1) * 24 / 60), abs=1.01)


@pytest.mark.parametrize("number", [0, 1])
def test_the_motion_of_another_figure_is_not_exported(
    bpy: ModuleType, build: Any, tmp_path: Path, number: int
) -> None:
    """Whatever else moves bones in the file: glTF's exporter of Blender 4.2 takes all actions for a lone armature's."""
    from smplify_blender.scene.export.export_figures import ExportSettings, export_figures
    from smplify_blender.scene.figure.build import evaluated_vertices

    built = [build(random_motion(FRAMES)), build(random_motion(FRAMES)[::-1])]
    figure = built[number].figures[0]
    wanted = evaluated_vertices(figure, show(bpy, 4))
    export_figures([figure.armature], tmp_path / "walk.glb", ExportSettings())
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "walk.glb"))
    graph = show(bpy, 4)
    (mesh,) = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.vertex_groups]
    evaluated = mesh.evaluated_get(graph)
    matrix = np.array(evaluated.matrix_world)
    found = (
        np.array([vertex.co for vertex in evaluated.to_mesh().vertices]) @ matrix[:3, :3].T + matrix[:3, 3]
    )
    # an exported file has a vertex a UV corner
    assert max(np.linalg.norm(wanted - point, axis=1).min() for point in found) < 1e-3


def test_removing_the_figure_leaves_nothing(bpy: ModuleType, build: Any) -> None:
    from smplify_blender.scene.figure.lookup import remove_figure

    remove_figure(build(random_motion(3)).figures[0].armature)
    for kind in ("objects", "meshes", "armatures", "actions", "collections", "materials", "shape_keys"):
        assert not len(getattr(bpy.data, kind)), kind
