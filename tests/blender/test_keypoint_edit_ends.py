"""Edits of keypoints that end otherwise than by Done, before the photo's camera and before the user's own; without a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.keypoint_steps import drag, editor, pixels_through_the_camera, points, row, wrist_pixel
from tests.blender.shots import first_person, write_shots

pytestmark = pytest.mark.slow  # they start the resident core


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a photo")
    write_shots(folder)
    return folder / "one.png"


@pytest.fixture
def scene(bpy: ModuleType, registered: None, photo: Path) -> Any:
    bpy.context.scene.smplify.photo_path = str(photo)
    return bpy.context.scene


def hidden(bpy: ModuleType) -> set[str]:
    return {thing.name for thing in bpy.context.view_layer.objects if thing.hide_get()}


def left_by_a_script(bpy: ModuleType, folder: Path) -> None:
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "a.blend"))


def saved_in_the_middle(bpy: ModuleType, folder: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "a.blend"))
    if bpy.context.mode != "OBJECT":  # Blender opens some files in the mode that they were saved in
        bpy.ops.smplify.finish_keypoints()


def disabled(bpy: ModuleType, _folder: Path) -> None:
    from smplify_blender import registration

    registration.unregister()
    registration.register("smplify_blender")
    bpy.ops.object.mode_set(mode="OBJECT")


def removed(bpy: ModuleType, folder: Path) -> None:
    bpy.data.objects.remove(editor(bpy))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "a.blend"))


ENDS = {
    "left by a script": (left_by_a_script, True),
    "saved in the middle": (saved_in_the_middle, True),
    "disabled": (disabled, True),
    "removed": (removed, False),
}


@pytest.mark.parametrize(("end", "kept"), ENDS.values(), ids=ENDS)
def test_the_figure_comes_back(
    bpy: ModuleType, scene: Any, tmp_path: Path, end: Callable[[ModuleType, Path], None], kept: bool
) -> None:
    bpy.ops.smplify.fit_photo()
    other = bpy.data.objects.new("hidden by the user", bpy.data.meshes.new("other"))
    scene.collection.objects.link(other)
    other.parent = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    other.hide_set(True)
    scene.tool_settings.mesh_select_mode = (False, True, True)
    bpy.ops.smplify.edit_keypoints()
    drag(bpy, "left_wrist", 30.0, -12.0)
    table = points(bpy).table()
    assert len(hidden(bpy)) == 3 and tuple(scene.tool_settings.mesh_select_mode) == (True, False, False)
    end(bpy, tmp_path)
    assert hidden(bpy) == {"hidden by the user"}
    assert "smplify_hidden" not in bpy.context.view_layer
    assert tuple(bpy.context.scene.tool_settings.mesh_select_mode) == (False, True, True)
    if kept:
        np.testing.assert_allclose(points(bpy).table(), table, atol=1e-3)


def test_a_figure_without_a_keypoint_file_is_refitted(bpy: ModuleType, scene: Any, photo: Path) -> None:
    """Made from points set by hand, which were then discarded: the figure still knows them."""
    from smplify_blender.scene.keypoints.mesh import write_keypoints

    scene.smplify.keypoints_path = ""
    bpy.ops.smplify.new_stick_figure()
    person = first_person(photo.with_name("one_keypoints.json"))
    body = [int(number) for number in np.flatnonzero(person[:25, 2] > 0)]
    write_keypoints(editor(bpy), points(bpy).moved(body, person[body, :2]))
    bpy.ops.smplify.fit_keypoints()
    before = wrist_pixel(bpy)
    bpy.ops.smplify.discard_keypoints()
    assert not scene.smplify.keypoints_path
    assert bpy.ops.smplify.refit() == {"FINISHED"}
    assert np.linalg.norm(wrist_pixel(bpy) - before) < 3.0
    assert bpy.ops.smplify.edit_keypoints() == {"FINISHED"}  # and they can be edited again
    np.testing.assert_allclose(points(bpy).points[body], person[body, :2], atol=0.01)


@pytest.fixture
def own_camera(bpy: ModuleType, scene: Any, photo: Path) -> Any:
    """A camera of the user's, turned, shifted and scaled, whose collection is not shown."""
    shots = bpy.data.collections.new("Shots")
    scene.collection.children.link(shots)
    camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
    shots.objects.link(camera)
    camera.location, camera.rotation_euler, camera.scale = (3.0, -2.0, 1.5), (1.4, 0.1, 0.7), (2.0, 0.5, 3.0)
    camera.data.lens, camera.data.shift_x = 40.0, 0.05
    scene.camera = camera
    image = bpy.data.images.load(str(photo))
    scene.render.resolution_x, scene.render.resolution_y = image.size
    bpy.data.images.remove(image)
    scene.smplify.focal_mode = "SCENE_CAMERA"
    bpy.context.view_layer.update()
    bpy.context.view_layer.layer_collection.children["Shots"].hide_viewport = True
    return camera


def test_points_before_the_users_own_camera(bpy: ModuleType, scene: Any, own_camera: Any) -> None:
    """On their pixels, over the photo while they are edited; the camera is as it was afterwards, and the figure follows."""
    bpy.ops.smplify.inspect_photo()
    data = own_camera.data
    assert bpy.ops.smplify.edit_keypoints() == {"FINISHED"}
    assert bpy.context.mode == "EDIT_MESH" and editor(bpy).visible_get()
    (background,) = data.background_images
    assert data.show_background_images and tuple(background.image.size) == (
        scene.render.resolution_x,
        scene.render.resolution_y,
    )
    bpy.ops.smplify.finish_keypoints()
    assert not data.background_images and not data.show_background_images and not bpy.data.images
    thing = editor(bpy)
    rows = np.array([value.value - 1 for value in thing.data.attributes["smplify_point"].data])
    np.testing.assert_allclose(pixels_through_the_camera(bpy, thing), points(bpy).points[rows], atol=0.02)
    assert bpy.ops.smplify.fit_keypoints() == {"FINISHED"}
    before = wrist_pixel(bpy)
    bpy.ops.smplify.edit_keypoints()
    drag(bpy, "left_wrist", 0.0, 30.0)
    bpy.ops.smplify.pin_keypoints()
    target = points(bpy).points[row("left_wrist")]
    assert bpy.ops.smplify.fit_keypoints() == {"FINISHED"}
    assert np.linalg.norm(wrist_pixel(bpy) - target) < 0.5 * np.linalg.norm(before - target)
    assert scene.camera == own_camera and len(bpy.data.cameras) == 1 and not data.background_images


def test_the_cameras_own_picture_stays(bpy: ModuleType, scene: Any, own_camera: Any, photo: Path) -> None:
    bpy.ops.smplify.inspect_photo()
    background = own_camera.data.background_images.new()
    background.image = bpy.data.images.load(str(photo))
    for shown in (True, False):
        own_camera.data.show_background_images = shown
        bpy.ops.smplify.edit_keypoints()
        assert own_camera.data.show_background_images and len(own_camera.data.background_images) == 1
        bpy.ops.smplify.finish_keypoints()
        assert own_camera.data.show_background_images == shown and len(bpy.data.images) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda scene: setattr(scene.render, "resolution_x", 50), "Set the render size"),
        (lambda scene: setattr(scene.camera.data, "type", "ORTHO"), "perspective"),
        (lambda scene: setattr(scene, "camera", None), "no active camera"),
    ],
    ids=["other shape", "orthographic", "no camera"],
)
def test_cameras_that_cannot_have_taken_the_photo(
    bpy: ModuleType, scene: Any, own_camera: Any, change: Callable[[Any], None], words: str
) -> None:
    bpy.ops.smplify.inspect_photo()
    change(scene)
    before = len(bpy.data.objects)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.smplify.edit_keypoints()
    assert bpy.context.mode == "OBJECT" and len(bpy.data.objects) == before and not bpy.data.images
