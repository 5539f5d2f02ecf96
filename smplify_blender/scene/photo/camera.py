# pyright: basic
"""The photo's camera as a Blender camera with the photo behind the scene."""

from __future__ import annotations

import math
from typing import cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.axes import CAMERA_FROM_BLENDER_CAMERA
from ...result.camera_match import BlenderLens, SceneCamera
from ...result.rotations import Array
from ..created import Created
from ..stored_values import StoredValues, stored_values

NAME = "Photo camera"
MARK = "smplify_camera"
RENDERED_BEFORE = "smplify_rendered_before"  # on a camera: what its scene rendered through, and how large
LENS_TOLERANCE = 1e-5  # relative for lengths, absolute for shifts: both under 0.01 px of a photo 1000 px wide
MOST_PX = 65536  # Blender's limit of a render's side
CLIP_METRES = (0.01, 1000.0)  # a close-up may be 20 cm away


def new_camera(
    lens: BlenderLens,
    world_from_camera: Array,
    plate: bpy.types.Image | None,
    collection: bpy.types.Collection,
    created: Created,
    units_per_metre: float = 1.0,
) -> bpy.types.Object:
    """Make a camera object that projects as the photo's camera did, linked to `collection`."""
    camera = _camera_data(lens, plate, created, units_per_metre)
    camera_object = created.add(bpy.data.objects.new(NAME, camera))
    place_camera(camera_object, world_from_camera)
    collection.objects.link(camera_object)
    return camera_object


def world_from_camera_of(camera_object: bpy.types.Object) -> Array:
    """Return a camera's place as the rigid transform (4, 4) from the result's camera frame (x right, y down, z forward).

    Scale, which Blender ignores in cameras, is left out. The view layer has to be up to date.
    """
    position, rotation, _ = camera_object.matrix_world.decompose()
    placed = np.eye(4)
    placed[:3, :3] = np.array(rotation.to_matrix(), dtype=np.float64) @ CAMERA_FROM_BLENDER_CAMERA.T
    placed[:3, 3] = position
    return placed


def place_camera(camera_object: bpy.types.Object, world_from_camera: Array) -> None:
    """Move a camera that nothing is parented to or animated by."""
    turned = world_from_camera[:3, :3] @ CAMERA_FROM_BLENDER_CAMERA
    camera_object.rotation_mode = "XYZ"
    camera_object.rotation_euler = Matrix(turned.tolist()).to_euler()
    camera_object.location = world_from_camera[:3, 3].tolist()


def photo_cameras(
    scene: bpy.types.Scene, lens: BlenderLens, plate: bpy.types.Image | None
) -> list[bpy.types.Object]:
    """Camera objects of the scene that an import of this photo has made, their settings untouched since."""
    return [
        thing
        for thing in scene.objects
        if isinstance(thing.data, bpy.types.Camera)
        and thing.data.get(MARK)
        and _is_as_made(thing.data, lens, plate)
    ]


def cameras_showing(scene: bpy.types.Scene, plate: bpy.types.Image) -> list[bpy.types.Object]:
    """Camera objects of the scene that an import has made with this photo, whatever their lens is now."""
    return [
        thing
        for thing in scene.objects
        if isinstance(thing.data, bpy.types.Camera)
        and thing.data.get(MARK)
        and [background.image for background in thing.data.background_images] == [plate]
    ]


def set_lens(camera_object: bpy.types.Object, lens: BlenderLens) -> None:
    """Give a camera the photo's lens, sensor and shift."""
    for name, value in _settings(lens).items():
        setattr(camera_object.data, name, value)


def scene_camera_facts(camera_object: bpy.types.Object, scene: bpy.types.Scene) -> SceneCamera:
    """Return a camera of the user's with the render settings of its scene, as plain values."""
    camera, render = cast("bpy.types.Camera", camera_object.data), scene.render
    lens = BlenderLens(
        lens_mm=camera.lens,
        sensor_fit=camera.sensor_fit,
        sensor_width_mm=camera.sensor_width,
        sensor_height_mm=camera.sensor_height,
        shift_x=camera.shift_x,
        shift_y=camera.shift_y,
        resolution=(render.resolution_x, render.resolution_y),
    )
    return SceneCamera(camera_object.name, camera.type, lens, render.pixel_aspect_x / render.pixel_aspect_y)


def _camera_data(
    lens: BlenderLens, plate: bpy.types.Image | None, created: Created, units_per_metre: float
) -> bpy.types.Camera:
    """Camera data of an earlier import of the same photo if nobody has changed it, else new."""
    for camera in bpy.data.cameras:
        if camera.get(MARK) and _is_as_made(camera, lens, plate):
            return camera
    camera = created.add(bpy.data.cameras.new(NAME))
    camera[MARK] = True
    camera.clip_start, camera.clip_end = (units_per_metre * metres for metres in CLIP_METRES)
    for name, value in _settings(lens).items():
        setattr(camera, name, value)
    if plate is not None:
        camera.show_background_images = True
        background = camera.background_images.new()
        background.image = plate
        background.alpha = 1.0
        background.display_depth = "BACK"
        background.frame_method = "FIT"
    return camera


def _settings(lens: BlenderLens) -> dict[str, str | float]:
    return {
        "type": "PERSP",
        "lens_unit": "MILLIMETERS",
        "sensor_fit": lens.sensor_fit,
        "sensor_width": lens.sensor_width_mm,
        "sensor_height": lens.sensor_height_mm,
        "lens": lens.lens_mm,
        "shift_x": lens.shift_x,
        "shift_y": lens.shift_y,
    }


def _is_as_made(camera: bpy.types.Camera, lens: BlenderLens, plate: bpy.types.Image | None) -> bool:
    if camera.library is not None or [background.image for background in camera.background_images] != (
        [] if plate is None else [plate]
    ):
        return False
    return has_lens(camera, lens)


def has_lens(camera: bpy.types.Camera, lens: BlenderLens) -> bool:
    """Return True if a camera has the photo's lens, sensor and shift, to a hundredth of a pixel.

    The same lens may come by way of a report, which rounds it.
    """
    return all(
        getattr(camera, name) == value
        if isinstance(value, str)
        else math.isclose(getattr(camera, name), value, rel_tol=LENS_TOLERANCE, abs_tol=LENS_TOLERANCE)
        for name, value in _settings(lens).items()
    )


def set_scene_camera(
    scene: bpy.types.Scene, camera_object: bpy.types.Object, resolution: tuple[int, int]
) -> None:
    """Make `scene` render through the camera at the photo's size. What it rendered before is noted on the camera."""
    before = scene.camera
    if before != camera_object:
        camera_object[RENDERED_BEFORE] = {
            "camera": "" if before is None else before.name,
            "size": [
                scene.render.resolution_x,
                scene.render.resolution_y,
                scene.render.resolution_percentage,
            ],
            "photo": list(resolution),
        }
    scene.camera = camera_object
    scene.render.resolution_x, scene.render.resolution_y = resolution
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1.0


def give_back_scene_camera(camera_object: bpy.types.Object) -> None:
    """Every scene that renders through the camera renders what it did before, as far as that is still there."""
    noted = stored_values(camera_object, RENDERED_BEFORE)
    if not noted:
        return
    before, size, photo = (
        noted.text("camera"),
        _whole_numbers(noted, "size", 3),
        _whole_numbers(noted, "photo", 2),
    )
    # another photo's camera that came after this one remembers what this one does
    for other in bpy.data.objects:
        later = stored_values(other, RENDERED_BEFORE)
        if later and later.text("camera") == camera_object.name:
            other[RENDERED_BEFORE] = {
                "camera": before,
                "size": size,
                "photo": _whole_numbers(later, "photo", 2),
            }
    for scene in bpy.data.scenes:
        if scene.camera != camera_object or scene.library is not None:
            continue
        scene.camera = scene.objects.get(before) if before else None
        render = scene.render
        shown = [render.resolution_x, render.resolution_y, render.resolution_percentage]
        if size and shown == [*photo, 100]:
            render.resolution_x, render.resolution_y, render.resolution_percentage = size


def _whole_numbers(noted: StoredValues, key: str, count: int) -> list[int]:
    """Return stored sizes in px, or none where they are no sizes."""
    values = noted.numbers(key, count)
    return [int(value) for value in values] if all(1 <= value <= MOST_PX for value in values) else []
