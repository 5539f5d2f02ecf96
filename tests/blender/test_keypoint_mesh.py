"""Points as vertices before a camera, in every Blender: written, dragged, deleted and read, in edit mode and out of it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

SIZE = (900, 1200)


@pytest.fixture
def figure(bpy: ModuleType) -> Any:
    """The default figure with hands and face on the plate of a shifted camera that stands somewhere."""
    from smplify_blender.keypoints.default_figure import new_figure, with_part
    from smplify_blender.keypoints.sources import PhotoPeople
    from smplify_blender.scene.created import Created
    from smplify_blender.scene.keypoints import mesh as keypoint_mesh

    scene = bpy.context.scene
    camera = bpy.data.objects.new("C", bpy.data.cameras.new("C"))
    camera.data.sensor_fit, camera.data.lens, camera.data.shift_x, camera.data.shift_y = (
        "VERTICAL",
        40.0,
        0.05,
        -0.1,
    )
    camera.location, camera.rotation_euler = (1.0, -4.0, 1.5), (1.4, 0.1, 0.3)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    keypoints = new_figure(SIZE)
    for part in ("left_hand", "right_hand", "face"):
        keypoints = with_part(keypoints, part)
    photo = keypoint_mesh.EditedPhoto("a.jpg", SIZE, 1, PhotoPeople((keypoints.table(),)))
    thing = keypoint_mesh.new_keypoints(camera, photo, keypoints, Created())
    keypoint_mesh.put_on_plate(thing, camera, scene)
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()
    return thing, keypoints


def test_plate(bpy: ModuleType, figure: Any) -> None:
    from bpy_extras.object_utils import world_to_camera_view

    thing, keypoints = figure
    scene = bpy.context.scene
    seen = [
        world_to_camera_view(scene, scene.camera, thing.matrix_world @ vertex.co)
        for vertex in thing.data.vertices
    ]
    pixels = np.array([(place.x * SIZE[0], (1 - place.y) * SIZE[1]) for place in seen])
    np.testing.assert_allclose(pixels, keypoints.points, atol=0.02)  # written in the points' own order


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_there_and_back(bpy: ModuleType, figure: Any, mode: str) -> None:
    from smplify_blender.scene.keypoints.mesh import read_keypoints, write_keypoints

    thing, keypoints = figure
    bpy.ops.object.mode_set(mode=mode)
    np.testing.assert_allclose(read_keypoints(thing).table(), keypoints.table(), atol=1e-3)
    changed = (
        keypoints.moved([4], np.array([[12.0, 34.0]])).deleted([0, 30]).with_pins([7], True).swapped("legs")
    )
    write_keypoints(thing, changed)
    read = read_keypoints(thing)
    np.testing.assert_allclose(read.table(), changed.table(), atol=1e-3)
    assert read.pinned_names() == ("left_wrist",) and read.deleted_rows() == (0, 30)
    write_keypoints(thing, read.restored(read.deleted_rows()))
    np.testing.assert_allclose(read_keypoints(thing).points[[0, 30]], keypoints.points[[0, 30]], atol=1e-3)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(thing.data.vertices) == 137


def test_selection_survives_a_change(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.keypoints.mesh import (
        read_keypoints,
        select_rows,
        selected_rows,
        write_keypoints,
    )

    thing, _ = figure
    bpy.ops.object.mode_set(mode="EDIT")
    select_rows(thing, (3, 5))
    write_keypoints(thing, read_keypoints(thing).deleted([10]))
    assert selected_rows(thing) == (3, 5)
    bpy.ops.mesh.delete(type="VERT")
    assert read_keypoints(thing).deleted_rows() == (3, 5, 10)
