"""Keypoints edited in Blender without a window: on the plate to the pixel, changed, fitted, refitted, saved, discarded."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fitting_core.keypoints.keypoint_files import read_keypoint_file
from tests.blender.keypoint_steps import (
    drag,
    editor,
    pixels_through_the_camera,
    points,
    row,
    select,
    wrist_pixel,
)
from tests.photos import synthetic_case, write_photo

pytestmark = pytest.mark.slow  # they start the resident core


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photo(tmp_path_factory.mktemp("a photo"), [synthetic_case(0).subject.keypoints])[0]


@pytest.fixture
def scene(bpy: ModuleType, addon: ModuleType, photo: Path) -> Any:
    settings = bpy.context.scene.smplify
    settings.photo_path = str(photo)
    return bpy.context.scene


@pytest.fixture
def bare_scene(scene: Any) -> Any:
    """The photo without its keypoint file."""
    scene.smplify.keypoints_path = ""
    return scene


def test_points_lie_on_their_pixels(bpy: ModuleType, scene: Any, photo: Path) -> None:
    assert bpy.ops.smplify.edit_keypoints() == {"FINISHED"}
    assert bpy.context.mode == "EDIT_MESH"
    keypoints = points(bpy)
    bpy.ops.smplify.finish_keypoints()
    assert bpy.context.mode == "OBJECT"
    detected = synthetic_case(0).subject.keypoints.stacked()
    np.testing.assert_allclose(
        keypoints.table(), detected, atol=0.051
    )  # an inspection tells tenths of a pixel
    thing = editor(bpy)
    rows = np.array([value.value - 1 for value in thing.data.attributes["smplify_point"].data])
    np.testing.assert_allclose(pixels_through_the_camera(bpy, thing), keypoints.points[rows], atol=0.01)


def test_points_out_of_the_plane_are_where_the_camera_sees_them(bpy: ModuleType, scene: Any) -> None:
    bpy.ops.smplify.edit_keypoints()
    select(bpy, "left_wrist")
    bpy.ops.transform.translate(value=(0.02, 0.1, 0.03))
    bpy.ops.smplify.finish_keypoints()
    thing, keypoints = editor(bpy), points(bpy)
    rows = np.array([value.value - 1 for value in thing.data.attributes["smplify_point"].data])
    assert row("left_wrist") in keypoints.moved_rows()
    np.testing.assert_allclose(pixels_through_the_camera(bpy, thing), keypoints.points[rows], atol=0.05)


def test_operators_change_what_they_say(bpy: ModuleType, scene: Any) -> None:
    bpy.ops.smplify.edit_keypoints()
    before = points(bpy)
    drag(bpy, "left_wrist", 30.0, -12.0)
    moved = points(bpy)
    np.testing.assert_allclose(
        moved.points[row("left_wrist")] - before.points[row("left_wrist")], (30.0, -12.0), atol=0.01
    )
    assert moved.moved_rows() == (row("left_wrist"),)
    assert bpy.ops.smplify.pin_keypoints() == {"FINISHED"}
    assert points(bpy).pinned_names() == ("left_wrist",)
    bpy.ops.smplify.pin_keypoints()
    assert points(bpy).pinned_names() == ()
    select(bpy, "nose", "left_knee")
    bpy.ops.smplify.delete_keypoints()
    assert set(points(bpy).deleted_rows()) == {row("nose"), row("left_knee")}
    bpy.ops.smplify.restore_keypoints()
    assert points(bpy).deleted_rows() == ()
    np.testing.assert_allclose(points(bpy).table()[row("nose")], before.table()[row("nose")], atol=1e-3)
    bpy.ops.smplify.swap_sides(group="legs")
    np.testing.assert_allclose(
        points(bpy).points, before.swapped("legs").points + _offset(moved, before), atol=0.01
    )


def _offset(moved: Any, before: Any) -> np.ndarray:
    offset = np.zeros_like(before.points)
    offset[row("left_wrist")] = moved.points[row("left_wrist")] - before.points[row("left_wrist")]
    return offset


def test_blenders_own_tools_do_no_harm(bpy: ModuleType, scene: Any) -> None:
    """Deleted by Blender's own delete, duplicated, and a vertex that is no point at all."""
    bpy.ops.smplify.edit_keypoints()
    count = int(points(bpy).present.sum())
    select(bpy, "left_elbow")
    bpy.ops.mesh.delete(type="VERT")
    select(bpy, "right_elbow")
    bpy.ops.mesh.duplicate_move(TRANSFORM_OT_translate={"value": (0.1, 0.0, 0.1)})
    bpy.ops.mesh.primitive_plane_add()
    keypoints = points(bpy)
    assert int(keypoints.present.sum()) == count - 1
    assert keypoints.deleted_rows() == (row("left_elbow"),)
    assert keypoints.moved_rows() == ()  # the duplicate is none
    bpy.ops.smplify.restore_keypoints()  # whatever writes points takes the strays away
    bpy.ops.smplify.finish_keypoints()
    assert len(editor(bpy).data.vertices) == count


def test_points_live_in_the_file(bpy: ModuleType, scene: Any, tmp_path: Path) -> None:
    bpy.ops.smplify.edit_keypoints()
    drag(bpy, "right_ankle", 5.0, 6.0)
    bpy.ops.smplify.pin_keypoints()
    table = points(bpy).table()
    bpy.ops.smplify.finish_keypoints()
    blend = tmp_path / "a.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    again = points(bpy)
    np.testing.assert_allclose(again.table(), table, atol=1e-3)
    assert again.pinned_names() == ("right_ankle",)


@pytest.mark.parametrize(
    "change",
    [
        {"people": [1.0, 2.0]},
        {"people": [float("nan")] * 411},
        {"people": [1e9] * 411},
        {"number": 7},
        {"size": [0, 10]},
        {"orientation": 9},
        {"size": "wide"},
    ],
    ids=lambda change: "-".join(change),
)
def test_damaged_points_are_told(bpy: ModuleType, scene: Any, change: dict[str, Any]) -> None:
    from smplify_blender.result.errors import ResultError

    bpy.ops.smplify.edit_keypoints()
    bpy.ops.smplify.finish_keypoints()
    thing = editor(bpy)
    for key, value in change.items():
        thing["smplify_keypoints"][key] = value
    with pytest.raises(ResultError, match="can be read"):
        points(bpy)
    with pytest.raises(RuntimeError, match="can be read"):
        bpy.ops.smplify.swap_sides(group="arms")
    assert bpy.ops.smplify.discard_keypoints() == {"FINISHED"}
    assert not [mesh for mesh in bpy.data.meshes if mesh.name.startswith("SMPLify Keypoints")]


def test_dragged_wrist_moves_the_figure(bpy: ModuleType, scene: Any) -> None:
    """After a fit: drag the wrist, pin it, Refit: the figure's wrist follows, and there is still one figure."""
    assert bpy.ops.smplify.fit_photo() == {"FINISHED"}
    before = wrist_pixel(bpy)
    bpy.ops.smplify.edit_keypoints()
    drag(bpy, "left_wrist", 0.0, -40.0)
    bpy.ops.smplify.pin_keypoints()
    select(bpy, *(f"left_hand_{name}" for name in _hand_names()))
    bpy.ops.smplify.delete_keypoints()  # they would hold the wrist where it was
    target = points(bpy).points[row("left_wrist")]
    figure = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    assert figure.hide_get()  # the photo is seen, not the figure
    bpy.ops.smplify.show_figure()
    assert not figure.hide_get()
    bpy.ops.smplify.show_figure()
    assert bpy.ops.smplify.fit_keypoints() == {"FINISHED"}
    assert not any(thing.hide_get() for thing in bpy.context.view_layer.objects)
    assert bpy.context.mode == "OBJECT"
    after = wrist_pixel(bpy)
    assert np.linalg.norm(after - target) < 0.35 * np.linalg.norm(before - target), (before, after, target)
    assert points(bpy).pinned_names() == ("left_wrist",)  # the points are still there for the next round


def _hand_names() -> tuple[str, ...]:
    from smplify_blender.keypoints.names import HAND_NAMES

    return HAND_NAMES


def test_stick_figure_on_a_bare_photo(bpy: ModuleType, bare_scene: Any, photo: Path, tmp_path: Path) -> None:
    """No JSON at all: New, the points dragged onto the person, Fit; then saved, and read by the core."""
    with pytest.raises(RuntimeError, match="new stick figure"):
        bpy.ops.smplify.edit_keypoints()
    assert bpy.ops.smplify.new_stick_figure() == {"FINISHED"}
    from smplify_blender.scene.keypoints.mesh import write_keypoints

    person = synthetic_case(0).subject.keypoints.stacked()
    body = np.arange(25)[person[:25, 2] > 0]
    write_keypoints(editor(bpy), points(bpy).moved(list(body), person[body, :2]))
    assert bpy.ops.smplify.fit_keypoints() == {"FINISHED"}
    assert len([thing for thing in bpy.data.objects if thing.type == "ARMATURE"]) == 1
    assert len([thing for thing in bpy.data.objects if thing.type == "CAMERA"]) == 1
    assert np.linalg.norm(wrist_pixel(bpy) - person[row("left_wrist"), :2]) < 25
    path = tmp_path / "saved_keypoints.json"
    bpy.ops.smplify.save_keypoints(filepath=str(path))
    assert bare_scene.smplify.keypoints_path == str(path)
    size = (bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y)
    (read,) = read_keypoint_file(path, size).people
    np.testing.assert_allclose(read.stacked()[body, :2], person[body, :2], atol=1e-3)
    assert set(json.loads(path.read_text())) == {"version", "people"}


def test_one_more_person(bpy: ModuleType, scene: Any, tmp_path: Path) -> None:
    """New beside somebody who was found: the second of two, both saved."""
    bpy.ops.smplify.inspect_photo()
    assert bpy.ops.smplify.new_stick_figure() == {"FINISHED"}
    bpy.ops.smplify.finish_keypoints()
    assert scene.smplify.person == 1
    path = tmp_path / "two.json"
    bpy.ops.smplify.save_keypoints(filepath=str(path), use_as_keypoints=False)
    size = (scene.render.resolution_x, scene.render.resolution_y)
    first, second = read_keypoint_file(path, size).people
    np.testing.assert_allclose(first.stacked(), synthetic_case(0).subject.keypoints.stacked(), atol=0.052)
    np.testing.assert_allclose(second.body[:, 2], 0.3)
    bpy.ops.smplify.discard_keypoints()
    assert scene.smplify.person == -1


def test_read_only_folder(bpy: ModuleType, scene: Any, tmp_path: Path) -> None:
    bpy.ops.smplify.edit_keypoints()
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.smplify.save_keypoints(filepath=str(tmp_path / "file" / "a.json"))


def test_nothing_is_left_of_a_failed_start(bpy: ModuleType, bare_scene: Any) -> None:
    bare_scene.smplify.photo_path = __file__
    with pytest.raises(RuntimeError):
        bpy.ops.smplify.new_stick_figure()
    assert not bpy.data.objects and not bpy.data.meshes and not bpy.data.cameras
    assert bpy.context.mode == "OBJECT"
