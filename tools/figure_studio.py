# pyright: basic
"""A plain studio for pictures of figures: grey light, a camera that is put somewhere, and pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import bpy
from mathutils import Vector
from PIL import Image

SAMPLES = 24
GAP_PX = 6
JPEG_QUALITY = 85


def set_up_studio() -> None:
    """Give the scene Cycles, a sun, a grey world and a camera."""
    scene: Any = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, False
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "Standard"
    lamp: Any = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 2.0, (0.9, 0.2, 0.5)
    scene.collection.objects.link(lamp)
    scene.world = cast("Any", bpy.data.worlds.new("Grey"))
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.5, 0.5, 1.0)
    scene.camera = bpy.data.objects.new("Studio", bpy.data.cameras.new("Studio"))
    scene.collection.objects.link(scene.camera)


def use_flat_lens(width_metres: float) -> None:
    """Let the camera see without perspective; the longer side of the picture is so wide."""
    camera: Any = cast("Any", bpy.context.scene).camera
    camera.data.type, camera.data.ortho_scale = "ORTHO", width_metres


def use_long_lens(lens_mm: float = 85.0) -> None:
    """Let the camera see as a portrait lens does."""
    camera: Any = cast("Any", bpy.context.scene).camera
    camera.data.type, camera.data.lens = "PERSP", lens_mm


def render_from(at: Vector, away: Vector, size: tuple[int, int], folder: Path) -> Image.Image:
    """Render what the camera sees of a point from `away` of it; the size is in pixels."""
    scene: Any = bpy.context.scene
    scene.camera.location = at + away
    scene.camera.rotation_euler = (-away).to_track_quat("-Z", "Y").to_euler()
    scene.render.resolution_x, scene.render.resolution_y = size
    return _render(scene, folder).convert("RGB")


def render_over(picture: Image.Image, hidden: Sequence[bpy.types.Object], folder: Path) -> Image.Image:
    """Render what the camera sees without the hidden objects, before a picture from the same place."""
    scene: Any = bpy.context.scene
    for thing in hidden:
        thing.hide_render = True
    scene.render.film_transparent, scene.render.image_settings.color_mode = True, "RGBA"
    above = _render(scene, folder).convert("RGBA")
    scene.render.film_transparent, scene.render.image_settings.color_mode = False, "RGB"
    for thing in hidden:
        thing.hide_render = False
    return Image.alpha_composite(picture.convert("RGBA"), above).convert("RGB")


def _render(scene: Any, folder: Path) -> Image.Image:
    scene.render.filepath = str(folder / "picture.png")
    bpy.ops.render.render(write_still=True)
    with Image.open(scene.render.filepath) as picture:
        return picture.copy()


def side_by_side(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Join rows of pictures of one size."""
    width, height = rows[0][0].size
    count = len(rows[0])
    joined = Image.new(
        "RGB", (count * (width + GAP_PX) - GAP_PX, len(rows) * (height + GAP_PX) - GAP_PX), "white"
    )
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            joined.paste(picture, (column * (width + GAP_PX), row * (height + GAP_PX)))
    return joined


def update() -> None:
    """Bring matrices up to date."""
    cast("Any", bpy.context.view_layer).update()
