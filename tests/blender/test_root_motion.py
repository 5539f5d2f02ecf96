"""The walk on the armature object and back on the root bone: the figure stands where it stood, keys come back as they were."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_motion, smooth_motion, write_motion, write_sequence
from tests.blender.test_reduce_keys import curves_of, keys_of, shown_bones

MAX_MM = 0.1
FRAMES = 40
SCENE_FRAMES = range(1, FRAMES + 1)
OBJECT_PATHS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle")


@pytest.fixture
def walk(bpy: ModuleType, tmp_path: Path) -> Any:
    """Builds somebody's fitted video in the open file's scene; returns the figure."""
    from smplify_blender.result.read_sequence import read_sequence
    from smplify_blender.scene.motion.build_sequence import SequencePlan, build_sequence

    def build(people: list[dict[str, np.ndarray]] | None = None, **plan: Any) -> Any:
        contacts = np.zeros((FRAMES, 4), bool)
        contacts[10:25, :2] = True
        moving = people or smooth_motion(FRAMES, period=24)
        folder = write_sequence(tmp_path / "clip", [moving], changes={"contacts": contacts})
        context = bpy.context
        built = build_sequence(read_sequence(folder), context.scene, context.view_layer, SequencePlan(**plan))
        return built.figures[0]

    return build


def vertices(bpy: ModuleType, figure: Any, frames: Any = SCENE_FRAMES) -> np.ndarray:
    """Vertices (N, V, 3) in the world at the frames, metres."""
    from smplify_blender.scene.figure.build import evaluated_vertices
    from smplify_blender.scene.units import units_per_metre

    found = []
    for frame in frames:
        bpy.context.scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
        found.append(evaluated_vertices(figure, bpy.context.evaluated_depsgraph_get()))
    return np.array(found) / units_per_metre(bpy.context.scene)


def worst_mm(now: np.ndarray, before: np.ndarray) -> float:
    return float(1000 * np.linalg.norm(now - before, axis=-1).max())


def switch(armature: Any, carrier: str) -> bool:
    from smplify_blender.scene.motion.root_motion import set_root_motion

    return set_root_motion(armature, carrier)  # type: ignore[arg-type]


def carrier_of(armature: Any) -> str:
    from smplify_blender.scene.motion.root_motion import root_motion_of

    return root_motion_of(armature)


def centimetres(bpy: ModuleType) -> None:
    bpy.context.scene.unit_settings.system = "METRIC"
    bpy.context.scene.unit_settings.scale_length = 0.01


def plain(bpy: ModuleType, armature: Any) -> None:
    pass


def moved(bpy: ModuleType, armature: Any) -> None:
    armature.location, armature.rotation_euler = (3.0, -2.0, 0.5), (0.3, -0.2, 2.0)
    armature.scale = (1.5, 1.5, 1.5)


def by_quaternion(bpy: ModuleType, armature: Any) -> None:
    armature.rotation_mode = "QUATERNION"
    armature.rotation_quaternion = (0.9, 0.1, 0.2, 0.4)
    armature.delta_rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
    armature.delta_location = (0.1, 0.2, 0.3)


def by_axis(bpy: ModuleType, armature: Any) -> None:
    armature.rotation_mode = "AXIS_ANGLE"
    armature.rotation_axis_angle = (1.0, 0.6, 0.0, 0.8)


def parented(bpy: ModuleType, armature: Any) -> None:
    empty = bpy.data.objects.new("stage", None)
    bpy.context.scene.collection.objects.link(empty)
    empty.location, empty.rotation_euler, empty.scale = (1.0, 2.0, 0.2), (0.4, 0.5, 0.6), (1.0, 2.0, 0.7)
    armature.parent = empty
    armature.rotation_euler.z = 1.0


def keyed_by_the_artist(bpy: ModuleType, armature: Any) -> None:
    """Two keys of the height, and of the heading."""
    for frame, height in ((5, 0.0), (30, 1.0)):
        armature.location.z = armature.rotation_euler.z = height
        armature.keyframe_insert("location", index=2, frame=frame)
        armature.keyframe_insert("rotation_euler", index=2, frame=frame)


def hips_by_euler(bpy: ModuleType, armature: Any) -> None:
    """Few keys of the hips, in another rotation mode."""
    hips = armature.pose.bones["hips"]
    hips.rotation_mode = "XZY"
    for frame, angle in ((1, 0.0), (20, 1.2), (40, -0.7)):
        hips.rotation_euler = (angle, 0.5 * angle, -angle)
        hips.keyframe_insert("rotation_euler", frame=frame)


PLACES = {
    "as it comes": plain,
    "moved, turned, scaled": moved,
    "quaternion and delta": by_quaternion,
    "axis and angle": by_axis,
    "parent with a scale of its own": parented,
    "keyed by the artist": keyed_by_the_artist,
    "hips by few Euler keys": hips_by_euler,
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_there_and_back(bpy: ModuleType, walk: Any, place: Any) -> None:
    figure = walk()
    armature = figure.armature
    place(bpy, armature)
    before, keys = vertices(bpy, figure), keys_of(curves_of(armature))
    assert switch(armature, "OBJECT") and carrier_of(armature) == "OBJECT"
    assert not switch(armature, "OBJECT")
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM
    hips = armature.pose.bones["hips"]
    for frame in (3, 17):
        bpy.context.scene.frame_set(frame)
        height = hips.head.z
        assert np.allclose(hips.head, (0.0, 0.0, height), atol=1e-5 * abs(height))
    assert switch(armature, "BONE") and carrier_of(armature) == "BONE"
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM
    assert keys_of(curves_of(armature)) == keys


def test_a_scene_in_centimetres(bpy: ModuleType, walk: Any) -> None:
    centimetres(bpy)
    on_bone = vertices(bpy, walk())
    figure = walk(root_motion="OBJECT")
    assert worst_mm(vertices(bpy, figure), on_bone) < MAX_MM
    bpy.context.scene.frame_set(FRAMES)
    assert np.ptp([figure.armature.location.x, 0.0]) > 100.0


@pytest.mark.parametrize(
    "timing", [{}, {"rate": "ONE_PER_FRAME", "frame_step": 2}], ids=["true time", "every other"]
)
def test_an_imported_motion(bpy: ModuleType, tmp_path: Path, timing: dict[str, Any]) -> None:
    """Keys between frames, 60 a second in a scene of 24, of somebody who rolls about in the air."""
    from smplify_blender.result.motion_tracks import MotionTiming
    from smplify_blender.result.read_motion import read_motion
    from smplify_blender.scene.motion.build import build_motion

    folder = write_motion(tmp_path / "motion", random_motion(30))
    context, shown = bpy.context, []
    for carrier in ("BONE", "OBJECT"):
        built = build_motion(
            read_motion(folder),
            "walk",
            context.scene,
            context.view_layer,
            MotionTiming(root_motion=carrier, **timing),
            True,
        )
        first, last = built.frames
        frames = [*range(1, int(last) + 1), first, last]
        shown.append(vertices(bpy, built.figures[0], frames))
        assert carrier_of(built.figures[0].armature) == carrier
    assert worst_mm(shown[1], shown[0]) < MAX_MM


def smooth(bpy: ModuleType, armature: Any) -> None:
    from smplify_blender.scene.motion.shape_motion import MotionShape, shape_motion

    shape_motion(armature, bpy.context.scene, MotionShape(0.6, 1.0))
    shape_motion(armature, bpy.context.scene, MotionShape(0.3, 0.5))


def loop(bpy: ModuleType, armature: Any) -> None:
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic

    make_cyclic(armature, bpy.context.scene, LoopChoices())


def loop_in_place(bpy: ModuleType, armature: Any) -> None:
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic

    make_cyclic(armature, bpy.context.scene, LoopChoices(in_place=True))


EDITS = {"sliders": smooth, "loop": loop, "loop in place": loop_in_place}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_edits_a_motion_does_so_on_the_object(bpy: ModuleType, walk: Any, edit: Any) -> None:
    """Also after the loop has gone round: what an edit makes of a walk is the same, whoever carries it."""
    frames = range(-10, 2 * FRAMES)
    shown, raw = [], []
    for carrier in ("BONE", "OBJECT"):
        figure = walk()
        moved(bpy, figure.armature)
        switch(figure.armature, carrier)
        edit(bpy, figure.armature)
        assert carrier_of(figure.armature) == carrier
        shown.append(vertices(bpy, figure, frames))
        if switch(figure.armature, "BONE"):
            shown.append(vertices(bpy, figure, frames))
            switch(figure.armature, "OBJECT")
        animation = figure.armature.animation_data
        (strip,) = animation.nla_tracks[0].strips
        animation.nla_tracks[0].mute = False
        animation.action = None
        raw.append(vertices(bpy, figure))
        assert strip.action is not None
    assert worst_mm(shown[1], shown[0]) < MAX_MM and worst_mm(shown[2], shown[0]) < MAX_MM
    assert worst_mm(raw[1], raw[0]) < MAX_MM


def test_keys_of_the_object_are_reduced(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    figure = walk()
    moved(bpy, figure.armature)
    switch(figure.armature, "OBJECT")
    places, _ = shown_bones(bpy, figure.armature, SCENE_FRAMES)
    reduced = reduce_keys(figure.armature, bpy.context.scene, ErrorBound(4.0, 1.0))
    now, _ = shown_bones(bpy, figure.armature, SCENE_FRAMES)
    worst = worst_mm(now, places)
    assert worst < 4.0 and reduced.worst_mm == pytest.approx(worst, abs=0.01)
    assert reduced.keys_after == sum(len(curve.keyframe_points) for curve in curves_of(figure.armature))
    counts = {curve.data_path: len(curve.keyframe_points) for curve in curves_of(figure.armature)}
    assert 2 <= counts["location"] < FRAMES / 2
    before = vertices(bpy, figure)
    assert switch(figure.armature, "BONE")
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM
    assert not {curve.data_path for curve in curves_of(figure.armature)} & set(OBJECT_PATHS)


def test_keys_that_an_artist_gives_the_object_stay(bpy: ModuleType, walk: Any) -> None:
    """The object's keys are thinned out to two by hand: the sliders leave them, and the way back shows the same figure."""
    figure = walk(root_motion="OBJECT")
    armature = figure.armature
    (height,) = [
        curve for curve in curves_of(armature) if (curve.data_path, curve.array_index) == ("location", 2)
    ]
    height.keyframe_points.clear()
    height.keyframe_points.insert(1, 0.0)
    height.keyframe_points.insert(FRAMES, 2.0)
    theirs = {path: keys for path, keys in keys_of(curves_of(armature)).items() if path[0] in OBJECT_PATHS}
    smooth(bpy, armature)
    now = keys_of(curves_of(armature))
    assert {path: now[path] for path in theirs} == theirs
    before = vertices(bpy, figure)
    switch(armature, "BONE")
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM
    switch(armature, "OBJECT")
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM


def test_an_artists_hand_stays_through_it_all(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.shape_motion import MotionShape, shape_motion

    armature = walk(root_motion="OBJECT").armature
    hand = armature.pose.bones["hand.L"]
    hand.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    hand.keyframe_insert("rotation_quaternion", frame=17)
    theirs = {path: keys for path, keys in keys_of(curves_of(armature)).items() if "hand.L" in path[0]}
    shaped = shape_motion(armature, bpy.context.scene, MotionShape(0.5))
    assert shaped.kept == ("hand.L",)
    switch(armature, "BONE")
    switch(armature, "OBJECT")
    assert shape_motion(armature, bpy.context.scene, MotionShape(0.2)).kept == ("hand.L",)
    now = keys_of(curves_of(armature))
    assert {path: keys for path, keys in now.items() if "hand.L" in path[0]} == theirs


def test_the_button_and_scripts(bpy: ModuleType, addon: ModuleType, tmp_path: Path) -> None:
    from smplify_blender import api
    from smplify_blender.api import SmplifyError

    folder = write_motion(tmp_path / "motion", smooth_motion(12))
    assert bpy.ops.smplify.import_result(filepath=str(folder), root_motion="OBJECT") == {"FINISHED"}
    armature = bpy.context.active_object
    assert carrier_of(armature) == "OBJECT"
    assert bpy.ops.smplify.root_motion(carrier="BONE") == {"FINISHED"}
    assert bpy.ops.smplify.root_motion(carrier="BONE") == {"CANCELLED"}
    api.set_root_motion(armature, "OBJECT")
    assert carrier_of(armature) == "OBJECT"
    with pytest.raises(SmplifyError, match="“hips”: root motion is on BONE or OBJECT"):
        api.set_root_motion(armature, "hips")  # type: ignore[arg-type]
    other_scale(bpy, armature)
    with pytest.raises(RuntimeError, match="apply the scale first"):
        bpy.ops.smplify.root_motion(carrier="BONE")


@pytest.mark.parametrize("kind", ["control", "rigify"])
def test_a_rig_walks_along(bpy: ModuleType, walk: Any, kind: Any) -> None:
    """Rigify's handles are another object's: its walk is that of the root bone again."""
    from smplify_blender.scene.rigs import add_rig

    figure = walk(root_motion="OBJECT")
    frames = (1, 13, FRAMES)
    before = vertices(bpy, figure, frames)
    add_rig(figure.armature, kind, bpy.context.scene, bpy.context.view_layer)
    assert worst_mm(vertices(bpy, figure, frames), before) < MAX_MM
    assert carrier_of(figure.armature) == ("BONE" if kind == "rigify" else "OBJECT")


def other_scale(bpy: ModuleType, armature: Any) -> None:
    armature.scale = (1.0, 1.0, 2.0)


def animated_scale(bpy: ModuleType, armature: Any) -> None:
    armature.keyframe_insert("scale", frame=1)
    armature.keyframe_insert("scale", frame=9)


def noise(bpy: ModuleType, armature: Any) -> None:
    next(curve for curve in curves_of(armature) if '"hips"' in curve.data_path).modifiers.new("NOISE")


def shared(bpy: ModuleType, armature: Any) -> None:
    other = armature.copy()
    other.name = "twin"
    bpy.context.scene.collection.objects.link(other)


def below_another_bone(bpy: ModuleType, armature: Any) -> None:
    from smplify_blender.scene.figure.armature import edited

    with edited(armature, bpy.context.view_layer):
        bone = armature.data.edit_bones.new("root")
        bone.tail = (0.0, 0.2, 0.0)
        armature.data.edit_bones["hips"].parent = bone


def no_action(bpy: ModuleType, armature: Any) -> None:
    armature.animation_data_clear()


REFUSED: dict[str, tuple[Any, str]] = {
    "scaled unevenly": (other_scale, r"scaled by 1, 1, 2: apply the scale first"),
    "scale keyed": (animated_scale, r"The scale of .* is animated"),
    "noise": (noise, r"has a modifier \(Noise\): bake or remove it"),
    "an action for two": (shared, r"moves “twin”, too"),
    "hips on another bone": (below_another_bone, r"hang on another bone"),
    "no action": (no_action, r"nothing moves"),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(bpy: ModuleType, walk: Any, change: Any, words: str) -> None:
    from smplify_blender.result.errors import ResultError

    armature = walk().armature
    change(bpy, armature)
    before = keys_of(curves_of(armature))
    with pytest.raises(ResultError, match=words):
        switch(armature, "OBJECT")
    assert keys_of(curves_of(armature)) == before and carrier_of(armature) == "BONE"


NOTES: dict[str, Any] = {
    "empty": {},
    "numbers for groups": {"curves": 3, "values": 4.0, "bone": 5, "object": 6},
    "curves that are none": {"curves": {"0": {"owner": "bone", "channel": "location", "index": 9, "co": [1.0]}}},
    "another channel": {
        "curves": {
            "0": {
                "owner": "object", "channel": "hide_viewport", "index": 0, "co": [1.0, 1.0], "handle_left": [0.0, 1.0],
                "handle_right": [2.0, 1.0], "interpolation": [1], "easing": [0], "handle_left_type": [0],
                "handle_right_type": [0], "type": [0],
            }
        }
    },
}  # fmt: skip


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_anything_at_all_in_a_file(bpy: ModuleType, walk: Any, note: Any) -> None:
    """With a note that says nothing the walk goes onto the bone all the same."""
    figure = walk(root_motion="OBJECT")
    before = vertices(bpy, figure)
    animation = figure.armature.animation_data
    (name,) = [key for key in animation.action.keys() if key.startswith("smplify_root_motion")]  # noqa: SIM118
    animation.action[name] = note
    if not note:
        animation.action[name] = {"nothing": 1}
    assert switch(figure.armature, "BONE")
    assert worst_mm(vertices(bpy, figure), before) < MAX_MM
    assert not [curve for curve in curves_of(figure.armature) if curve.data_path == "hide_viewport"]


def in_a_parent(bpy: ModuleType, armature: Any) -> None:
    empty = bpy.data.objects.new("stage", None)
    bpy.context.scene.collection.objects.link(empty)
    empty.location, empty.rotation_euler = (1.0, 2.0, 0.2), (0.4, 0.5, 0.6)
    armature.parent = empty


def with_a_control_rig(bpy: ModuleType, armature: Any) -> None:
    from smplify_blender.scene.rigs import add_rig

    in_a_parent(bpy, armature)
    add_rig(armature, "control", bpy.context.scene, bpy.context.view_layer)


EXPORTS = {
    "glTF of a child": (in_a_parent, ".glb", ""),
    "Unreal": (plain, ".fbx", "unreal"),
    "FBX of a control rig": (with_a_control_rig, ".fbx", ""),
}


@pytest.mark.parametrize(("place", "ending", "target"), EXPORTS.values(), ids=EXPORTS)
def test_an_export_stands_where_the_figure_does(
    bpy: ModuleType, walk: Any, tmp_path: Path, place: Any, ending: str, target: str
) -> None:
    from smplify_blender.scene.export.export_figures import ExportSettings, export_figures
    from smplify_blender.scene.export.settings import settings_for

    figure = walk(root_motion="OBJECT")
    place(bpy, figure.armature)
    frames = (1, 20, 39)
    wanted = vertices(bpy, figure, frames)
    file = tmp_path / f"walk{ending}"
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 25, 1.0
    export_figures([figure.armature], file, settings_for(target) if target else ExportSettings())
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = 25
    if ending == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(file))
    else:
        bpy.ops.import_scene.fbx(filepath=str(file), anim_offset=0.0)
    (mesh,) = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.vertex_groups]
    for frame, points in zip(frames, wanted, strict=True):
        bpy.context.scene.frame_set(frame)
        evaluated = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
        matrix = np.array(evaluated.matrix_world)
        local = np.array([vertex.co for vertex in evaluated.to_mesh().vertices])
        found = local @ matrix[:3, :3].T + matrix[:3, 3]
        # an exported file may have a vertex a UV corner
        assert max(np.linalg.norm(found - point, axis=1).min() for point in points) < 1e-3, frame
