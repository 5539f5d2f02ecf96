"""An import adds one collection and changes nothing else; a folder that is refused changes nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.errors import ResultError
from tests.blender.synthetic_result import random_person, write_result


def counts(bpy: ModuleType) -> dict[str, int]:
    """Number of data-blocks by kind."""
    kinds = ("objects", "meshes", "armatures", "cameras", "images", "materials", "collections", "actions",
             "shape_keys", "scenes", "worlds", "lights")  # fmt: skip
    return {kind: len(getattr(bpy.data, kind)) for kind in kinds}


@pytest.fixture
def furnished(bpy: ModuleType) -> dict[str, Any]:
    """A scene of somebody's own: a hidden cube in a collection, a selected lamp, a camera, an odd render size and frame."""
    scene = bpy.context.scene
    collection = bpy.data.collections.new("mine")
    scene.collection.children.link(collection)
    cube = bpy.data.objects.new("cube", bpy.data.meshes.new("cube"))
    collection.objects.link(cube)
    cube.hide_set(True)
    cube.hide_viewport = cube.hide_render = True
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "POINT"))
    scene.collection.objects.link(lamp)
    lamp.select_set(True)
    bpy.context.view_layer.objects.active = lamp
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = 123, 45
    scene.frame_set(17)
    return {"cube": cube, "lamp": lamp, "camera": camera, "collection": collection}


def state(bpy: ModuleType, furnished: dict[str, Any]) -> dict[str, Any]:
    scene, cube = bpy.context.scene, furnished["cube"]
    return {
        "hidden": (cube.hide_viewport, cube.hide_render),
        "selected": [thing.name for thing in bpy.context.view_layer.objects if thing.select_get()],
        "active": bpy.context.view_layer.objects.active.name,
        "mine": [thing.name for thing in furnished["collection"].objects],
        "matrices": [np.array(furnished[name].matrix_world).tolist() for name in ("cube", "lamp", "camera")],
        "render": (
            scene.render.resolution_x,
            scene.render.resolution_y,
            scene.camera.name,
            scene.render.engine,
        ),
        "frame": scene.frame_current,
        "mode": bpy.context.mode,
    }


def test_everything_is_in_one_new_collection(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, furnished: dict[str, Any]
) -> None:
    objects, before = set(bpy.data.objects), state(bpy, furnished)
    built = build(write_result(tmp_path / "my fit", [random_person(1), random_person(2)]), set_camera=False)
    new = set(bpy.data.objects) - objects
    assert built.collection.name == "my fit"
    assert set(built.collection.all_objects) == new and len(new) == 5
    assert list(built.collection.objects) == [built.camera]
    for figure, own in zip(built.figures, built.collection.children, strict=True):
        assert own.name == f"my fit.{figure.person.name.replace('_00', '_1').replace('_01', '_2')}" and set(
            own.objects
        ) == {figure.armature, figure.mesh}
    assert state(bpy, furnished) == before


def test_scene_camera_is_set_on_request(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, furnished: dict[str, Any]
) -> None:
    before = state(bpy, furnished)
    built = build(write_result(tmp_path / "fit"))
    scene = bpy.context.scene
    assert scene.camera == built.camera
    assert (scene.render.resolution_x, scene.render.resolution_y) == (600, 800)
    assert {**state(bpy, furnished), "render": 0} == {**before, "render": 0}


@pytest.mark.parametrize("orientation", (1, 6))
def test_second_import_shares_photo_camera_and_material(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, orientation: int
) -> None:
    folder = write_result(tmp_path / "fit", orientation=orientation)
    first = build(folder)
    before = counts(bpy)
    second = build(folder)
    after = counts(bpy)
    shared = ("images", "cameras", "materials", "scenes", "worlds", "lights")
    assert {kind: after[kind] for kind in shared} == {kind: before[kind] for kind in shared}
    assert after["collections"] == before["collections"] + 2  # the photo's and the figure's
    assert second.collection.name == "fit.001"
    assert first.figures[0].mesh.data != second.figures[0].mesh.data


def test_a_camera_that_was_changed_is_not_used_again(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path
) -> None:
    folder = write_result(tmp_path / "fit")
    first = build(folder)
    first.camera.data.lens += 1
    assert build(folder).camera.data != first.camera.data


def other_size(folder: Path) -> None:
    other = write_result(folder.parent / "other", image_size=(700, 800))
    (folder / "photo.png").write_bytes((other / "photo.png").read_bytes())


BROKEN: dict[str, Callable[[Path], object]] = {
    "photo of another size": other_size,
    "photo that is none": lambda folder: (folder / "photo.png").write_bytes(b"no picture"),
    "photo cut off": lambda folder: (folder / "photo.png").write_bytes(
        (folder / "photo.png").read_bytes()[:20]
    ),
    "no body": lambda folder: (folder / "body.npz").unlink(),
    "body of another run": lambda folder: (folder / "body.npz").write_bytes(
        (write_result(folder.parent / "other", body=None) / "body.npz").read_bytes() + b"\0"
    ),
    "person cut off": lambda folder: (folder / "person_00.npz").write_bytes(b"PK\3\4"),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_refused_folder_changes_nothing(
    bpy: ModuleType,
    build: Callable[..., Any],
    tmp_path: Path,
    furnished: dict[str, Any],
    damage: Callable[[Path], object],
) -> None:
    folder = write_result(tmp_path / "fit")
    damage(folder)
    before = counts(bpy), state(bpy, furnished)
    with pytest.raises(ResultError):
        build(folder)
    assert (counts(bpy), state(bpy, furnished)) == before


def test_failure_half_way_takes_everything_back(
    bpy: ModuleType,
    build: Callable[..., Any],
    tmp_path: Path,
    furnished: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from smplify_blender.scene.figure import build as build_figure

    def fail(*_: object) -> None:
        raise MemoryError("the last step fails")

    monkeypatch.setattr(build_figure, "new_camera", fail)
    before = counts(bpy), state(bpy, furnished)
    with pytest.raises(MemoryError):
        build(write_result(tmp_path / "fit", [random_person(1), random_person(2)]))
    assert (counts(bpy), state(bpy, furnished)) == before
