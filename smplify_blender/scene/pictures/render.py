# pyright: basic
"""An imported result in, pictures of it out, rendered in a scene of their own that is gone afterwards.

Cycles on the CPU unless another engine is asked for: it needs no display and no graphics card, and takes seconds.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Euler, Vector

from ...result.output_file import replaced_when_written
from ...result.result_folder import Array
from ..created import Created
from ..figure.build import BuiltResult, evaluated_vertices
from ..motion.build import BuiltMotion
from ..photo.plate import image_pixels, scaled_pixels
from .studio_set import add_floor, add_light

LONG_SIDE_PX = 640
SAMPLES = 12
MAX_BOUNCES = (
    1  # light from the sun and the sky, once reflected: enough to see a shape, and three times faster
)
NOISE_THRESHOLD = 0.05
FIGURE_OPACITY = 0.9  # a little of the photo shows through, so that limbs can be compared
BACKGROUND_GREY = 0.35  # where the folder holds no photo

OVERLAY_LONG_SIDE_PX = 1920  # of the picture over the photo, unless asked for otherwise
# EEVEE's identifier in Blender 4.2 to 4.5 and from 5.0 on.
ENGINES = {
    "cycles": ("CYCLES",),
    "workbench": ("BLENDER_WORKBENCH",),
    "eevee": ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE"),
}

SIDE_SIZE_PX = (560, 480)
SIDE_ELEVATION = math.radians(8.0)
SIDE_LENS_MM = 70.0
SIDE_MARGIN = 1.15  # around the people
SIDE_SENSOR_MM = 36.0


def write_camera_picture(built: BuiltResult, path: Path) -> None:
    """Two pictures side by side: the upright photo, and the figures over it through the fitted camera.

    Without a floor: the light here is not the photo's, and a second shadow beside the real one looks wrong.
    """
    with _Studio(built) as studio:
        scene = studio.scene
        scene.camera = built.camera
        _set_size(scene, built.photo_camera.image_size)
        scene.render.film_transparent = True
        add_light(scene, studio.created)
        figure = studio.rendered_pixels()
        photo = _photo_pixels(built.plate, figure.shape[1], figure.shape[0])
    alpha = figure[..., 3:] * FIGURE_OPACITY
    over = figure[..., :3] * alpha + photo * (1.0 - alpha)
    _write_pixels(np.concatenate([photo, over], axis=1), path)


def write_overlay_picture(
    built: BuiltResult, path: Path, engine: str = "cycles", long_side_px: int = OVERLAY_LONG_SIDE_PX
) -> None:
    """The figures over the upright photo through the fitted camera, at the photo's size or `long_side_px` if that is less.

    `engine` is one of ENGINES. Workbench and EEVEE need OpenGL, if only in software.
    """
    with _Studio(built, engine) as studio:
        scene = studio.scene
        scene.camera = built.camera
        _set_size(scene, built.photo_camera.image_size, long_side_px)
        scene.render.film_transparent = True
        add_light(scene, studio.created)
        figure = studio.rendered_pixels()
        photo = _photo_pixels(built.plate, figure.shape[1], figure.shape[0])
    alpha = figure[..., 3:] * FIGURE_OPACITY
    _write_pixels(figure[..., :3] * alpha + photo * (1.0 - alpha), path)


def write_side_picture(built: BuiltResult | BuiltMotion, path: Path) -> None:
    """The figures on the floor, seen at a right angle to the photo's camera."""
    with _Studio(built) as studio:
        scene = studio.scene
        _set_size(scene, SIDE_SIZE_PX)
        add_light(scene, studio.created)
        add_floor(scene, studio.created, studio.floor_middle(), built.units_per_metre)
        scene.camera = studio.side_camera()
        pixels = studio.rendered_pixels()
    _write_pixels(pixels[..., :3], path)


@dataclass(frozen=True)
class _Box:
    low: Array
    high: Array


class _Studio:
    """A scene of its own that shows the built collection; removed, with all it holds, at the end."""

    def __init__(self, built: BuiltResult | BuiltMotion, engine: str = "cycles") -> None:
        self._built = built
        self._engine = engine
        self.created = Created()

    def __enter__(self) -> _Studio:
        # Any: Cycles adds its settings to the scene at run time
        self.scene: Any = self.created.add(bpy.data.scenes.new("SMPLify picture"))
        self.scene.collection.children.link(self._built.collection)
        self.scene.frame_set(self._built.shown_frame)
        self._choose_engine()
        self.scene.view_settings.view_transform = "Standard"
        return self

    def _choose_engine(self) -> None:
        render = self.scene.render
        known = render.bl_rna.properties["engine"].enum_items.keys()
        render.engine = next(
            (name for name in ENGINES[self._engine] if name in known), ENGINES[self._engine][0]
        )
        if self._engine != "cycles":
            self.scene.display.shading.color_type = "MATERIAL"
            return
        self.scene.cycles.device = "CPU"
        self.scene.cycles.samples = SAMPLES
        self.scene.cycles.use_denoising = False
        self.scene.cycles.max_bounces = MAX_BOUNCES
        self.scene.cycles.use_adaptive_sampling = True
        self.scene.cycles.adaptive_threshold = NOISE_THRESHOLD

    def __exit__(self, *_: object) -> None:
        self.created.remove_all()

    def _box(self) -> _Box:
        depsgraph = self.scene.view_layers[0].depsgraph
        depsgraph.update()
        points = np.concatenate([evaluated_vertices(figure, depsgraph) for figure in self._built.figures])
        return _Box(points.min(axis=0), points.max(axis=0))

    def floor_middle(self) -> tuple[float, float, float]:
        """Under the middle of the people."""
        box = self._box()
        middle = (box.low + box.high) / 2
        return float(middle[0]), float(middle[1]), float(box.low[2])

    def side_camera(self) -> bpy.types.Object:
        """Looks along −X, slightly down, and holds all the people."""
        box = self._box()
        radius = float(np.linalg.norm(box.high - box.low)) / 2 * SIDE_MARGIN
        short_side_mm = SIDE_SENSOR_MM * min(SIDE_SIZE_PX) / max(SIDE_SIZE_PX)
        distance = radius / math.sin(math.atan(short_side_mm / 2 / SIDE_LENS_MM))
        camera = self.created.add(bpy.data.cameras.new("SMPLify side"))
        camera.lens = SIDE_LENS_MM
        camera.clip_start, camera.clip_end = distance / 100, distance * 100
        camera.sensor_width = SIDE_SENSOR_MM
        camera_object = self.created.add(bpy.data.objects.new("SMPLify side", camera))
        camera_object.rotation_euler = Euler((math.pi / 2 - SIDE_ELEVATION, 0.0, math.pi / 2))
        back = Vector((math.cos(SIDE_ELEVATION), 0.0, math.sin(SIDE_ELEVATION)))
        camera_object.location = Vector(((box.low + box.high) / 2).tolist()) + distance * back
        self.scene.collection.objects.link(camera_object)
        return camera_object

    def rendered_pixels(self) -> Array:
        """(H, W, 4), first row on top, as a picture file holds them, alpha not multiplied in."""
        settings = self.scene.render.image_settings
        settings.file_format = "PNG"
        settings.color_mode = "RGBA"
        with tempfile.TemporaryDirectory() as folder:
            self.scene.render.filepath = str(Path(folder) / "picture.png")
            bpy.ops.render.render(write_still=True, scene=self.scene.name)
            image = bpy.data.images.load(self.scene.render.filepath)
            try:
                return image_pixels(image)
            finally:
                bpy.data.images.remove(image)


def _set_size(scene: bpy.types.Scene, resolution: tuple[int, int], long_side_px: int = LONG_SIDE_PX) -> None:
    scale = min(1.0, long_side_px / max(resolution))
    scene.render.resolution_x = max(1, round(resolution[0] * scale))
    scene.render.resolution_y = max(1, round(resolution[1] * scale))
    scene.render.resolution_percentage = 100


def _photo_pixels(plate: bpy.types.Image | None, width: int, height: int) -> Array:
    if plate is None:
        return np.full((height, width, 3), BACKGROUND_GREY, dtype=np.float32)
    return scaled_pixels(plate, width, height)


def _write_pixels(pixels: Array, path: Path) -> None:
    """Write (H, W, 3) values 0…1, first row on top, as PNG."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new("SMPLify picture", width, height)
    try:
        opaque = np.ones((height, width, 4), dtype=np.float32)
        opaque[..., :3] = pixels[::-1]
        cast("Any", image.pixels).foreach_set(opaque.ravel())
        image.file_format = "PNG"
        with replaced_when_written(path) as temporary:
            image.filepath_raw = str(temporary)
            image.save()
    finally:
        bpy.data.images.remove(image)
