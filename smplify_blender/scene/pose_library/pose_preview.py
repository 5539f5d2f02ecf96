# pyright: basic
"""A small picture of a figure as it is shown, seen as its photo's camera sees it, for the asset browser."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.rotations import Array
from ..created import Created
from ..figure.lookup import camera_of
from ..pictures.studio_set import add_light

SIZE_PX = 256  # of Blender's own previews
SAMPLES = 12
MARGIN = 1.1  # around the figure
FRONT = Matrix.Rotation(math.pi / 2, 4, "X")


def give_preview(block: Any, figure: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Give a data-block a picture of the figure; none where the figure shows no mesh."""
    created = Created()
    try:
        meshes = _still_meshes(figure, view_layer, created)
        if meshes:
            pixels = _rendered(_stage(figure, meshes, created))
            preview = block.preview_ensure()
            preview.image_size = (SIZE_PX, SIZE_PX)
            preview.image_pixels_float.foreach_set(pixels)
    finally:
        created.remove_all()


def _still_meshes(
    figure: bpy.types.Object, view_layer: bpy.types.ViewLayer, created: Created
) -> list[bpy.types.Object]:
    """Return copies of the figure's meshes as they are shown, which nothing moves any more."""
    depsgraph = cast("bpy.types.Depsgraph", view_layer.depsgraph)
    found: list[bpy.types.Object] = []
    for child in figure.children_recursive:
        if child.type == "MESH" and not child.hide_render and child.name in view_layer.objects:
            shown = child.evaluated_get(depsgraph)
            mesh = created.add(bpy.data.meshes.new_from_object(shown, depsgraph=depsgraph))
            still = created.add(bpy.data.objects.new("SMPLify preview", mesh))
            still.matrix_world = child.matrix_world
            found.append(still)
    return found


def _stage(figure: bpy.types.Object, meshes: Sequence[bpy.types.Object], created: Created) -> bpy.types.Scene:
    """Return a scene with the meshes, light, and a camera that holds them."""
    scene: Any = created.add(bpy.data.scenes.new("SMPLify preview"))
    for mesh in meshes:
        scene.collection.objects.link(mesh)
    add_light(scene, created)
    scene.camera = _camera(figure, meshes, created)
    scene.collection.objects.link(scene.camera)
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = False
    scene.render.resolution_x = scene.render.resolution_y = SIZE_PX
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    return scene


def _camera(
    figure: bpy.types.Object, meshes: Sequence[bpy.types.Object], created: Created
) -> bpy.types.Object:
    photo_camera = camera_of(figure)
    turn = FRONT if photo_camera is None else photo_camera.matrix_world.to_quaternion().to_matrix().to_4x4()
    points = np.concatenate([_points(mesh) for mesh in meshes]) @ np.array(turn)[:3, :3]
    low, high = points.min(axis=0), points.max(axis=0)
    size = float((high - low)[:2].max()) * MARGIN
    depth = float(high[2] - low[2]) + size
    data = created.add(bpy.data.cameras.new("SMPLify preview"))
    data.type = "ORTHO"
    data.ortho_scale = size
    data.clip_start, data.clip_end = depth / 1000, 4 * depth
    camera = created.add(bpy.data.objects.new("SMPLify preview", data))
    place = (low + high) / 2
    place[2] = high[2] + depth
    camera.matrix_world = turn @ Matrix.Translation(place.tolist())
    return camera


def _points(mesh: bpy.types.Object) -> Array:
    data = cast("bpy.types.Mesh", mesh.data)
    flat = np.empty(3 * len(data.vertices), dtype=np.float32)
    data.vertices.foreach_get("co", flat)
    world = np.array(mesh.matrix_world)
    points: Array = flat.reshape(-1, 3).astype(np.float64) @ world[:3, :3].T + world[:3, 3]
    return points


def _rendered(scene: bpy.types.Scene) -> Any:
    """Return the scene's pixels, RGBA in single precision, from the lowest row on."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode = "PNG", "RGBA"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "preview.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        image = bpy.data.images.load(scene.render.filepath)
        try:
            pixels = np.empty(4 * SIZE_PX * SIZE_PX, dtype=np.float32)
            cast("Any", image.pixels).foreach_get(pixels)
            return pixels
        finally:
            bpy.data.images.remove(image)
