"""A photo of two people side by side before a known camera, rendered by Blender: for `benchmarks.contact_pictures`.

The two are figures that the product has fitted to photos of benchmarks/rendered, dressed, and put so close that an arm of one
passes by the other's; the photo is then looked at like any other, without a keypoint file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

from smplify_blender import api
from smplify_blender.scene.created import Created
from smplify_blender.scene.pictures.studio_set import add_floor, add_light

SIZE_PX = (384, 512)
LENS_MM = 85.0
APART_M = 0.42  # of the two pelvises
_CAMERA_M, _TARGET_M = (0.0, -6.0, 1.75), (0.0, 0.0, 0.9)


def render_pair(photos: Sequence[Path], out: Path, samples: int) -> None:
    """Fit two photos, put their figures side by side, and render them to `out` through the camera of `put_camera`."""
    ops: Any = bpy.ops
    ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene: Any = bpy.context.scene
    figures = [api.fit_photo(photo).armatures[0] for photo in photos]
    api.add_clothes(figures)
    for figure, side in zip(figures, (-0.5, 0.5), strict=True):
        figure.location.x, figure.location.y = side * APART_M, 0.0
    put_camera(scene)
    created = Created()
    add_light(scene, created)
    add_floor(scene, created, (0.0, 0.0, 0.0), 1.0)
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, False
    scene.render.image_settings.file_format, scene.render.filepath = "JPEG", str(out)
    ops.render.render(write_still=True)


def put_camera(scene: Any) -> None:
    """Give a scene the known camera."""
    data: Any = bpy.data.cameras.new("Matched")
    camera = bpy.data.objects.new("Matched", data)
    scene.collection.objects.link(camera)
    away = Vector(_TARGET_M) - Vector(_CAMERA_M)
    camera.location, camera.rotation_euler = _CAMERA_M, away.to_track_quat("-Z", "Y").to_euler()
    data.lens, scene.camera = LENS_MM, camera
    scene.render.resolution_x, scene.render.resolution_y = SIZE_PX
