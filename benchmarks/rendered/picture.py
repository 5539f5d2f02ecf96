# pyright: basic
"""Renders a scene with Blender's Cycles: the demo photo's clothes and backdrop, one sun and a sky, few samples.

Some 500 pixels with 6 samples and no bounced light take a core two or three seconds; what noise remains is that of a phone
in a room. Needs bpy.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from benchmarks.rendered.quiet import silence
from benchmarks.rendered.scenes import Scene
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.model_file import load_body_model
from tools.render_demo_photo import studio
from tools.render_demo_photo.clothes import BUN_CENTRE, BUN_RADIUS, dressed

SAMPLES = 6
FILTER_WIDTH_PX = 2.2  # wider than usual, which blurs the noise as a lens does
JPEG_QUALITY = 90
SUN_WATTS, SUN_ANGLE = 4.0, 0.25  # per square metre; radians: a soft shadow
SKY_STRENGTH = 0.8
# Skin from light to dark (linear sRGB).
SKINS = (studio.SKIN, (0.62, 0.40, 0.30), (0.36, 0.19, 0.12), (0.18, 0.09, 0.055), (0.09, 0.045, 0.03))
HAIRS = (studio.HAIR, (0.012, 0.010, 0.009), (0.20, 0.11, 0.05), (0.35, 0.33, 0.31))
_SEAT_HALF_WIDTH, _SEAT_BEHIND, _SEAT_BEFORE = 0.24, 0.26, 0.24  # metres about the pelvis


@dataclass(frozen=True)
class _Looks:
    """The colours of a photo, and the sun's rotations about x and z, radians."""

    hair: studio.Colour
    paint: studio.Paint
    skin: studio.Colour
    has_bun: bool
    backdrop: studio.Colour
    seat: studio.Colour | None
    sun_tilts: tuple[float, float]


def _draw_looks(seed: tuple[int, ...], person: str, sits: bool) -> _Looks:
    """Draw all that is left to chance, in an order that stays."""
    random = np.random.default_rng(seed)
    hair = HAIRS[int(random.integers(len(HAIRS)))]
    return _Looks(
        hair=hair,
        paint=_paint(hair, random),
        skin=SKINS[int(random.integers(len(SKINS)))],
        has_bun=person == "woman" and random.uniform() < 0.5,
        backdrop=_colour(random, 0.35, (0.08, 0.5)),
        seat=_colour(random, 0.6, (0.03, 0.3)) if sits else None,
        sun_tilts=(random.uniform(0.2, 1.0), random.uniform(-1.2, 1.2)),
    )


def drawn_sun(seed: tuple[int, ...], person: str, sits: bool) -> NumpyArray:
    """Return the unit vector to the sun of a photo: x right, y away from the camera, z up."""
    tilt, turn = _draw_looks(seed, person, sits).sun_tilts
    return np.array([np.sin(tilt) * np.sin(turn), -np.sin(tilt) * np.cos(turn), np.cos(tilt)])


def render(scene: Scene, path: Path) -> None:
    """Write the photo of a scene as JPEG; Blender's own scene is cleared before. One core is used."""
    looks = _draw_looks(scene.seed, scene.person, scene.seat_m is not None)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage: Any = bpy.context.scene
    open_body = load_body_model()
    surface = dressed(open_body, scene.mesh)
    studio.add_figure(stage, open_body, surface, looks.paint, looks.skin)
    if looks.has_bun:
        studio.add_bun(stage, surface[_bun_vertex(open_body)], BUN_RADIUS, looks.hair)
    studio.add_backdrop(stage, looks.backdrop)
    if looks.seat is not None:
        _add_seat(stage, scene, looks.seat)
    _add_sun(stage, looks.sun_tilts)
    studio.add_world(stage, SKY_STRENGTH)
    studio.add_camera(stage, scene.view.camera_from_studio, scene.view.position, scene.view.lens_mm)
    studio.set_render(stage, SAMPLES)
    _be_quick(stage)
    stage.render.resolution_x, stage.render.resolution_y = scene.view.size
    stage.render.image_settings.file_format = "JPEG"
    stage.render.image_settings.quality = JPEG_QUALITY
    stage.render.filepath = str(path)
    with silence():
        bpy.ops.render.render(write_still=True)


def _be_quick(stage: Any) -> None:
    stage.cycles.use_adaptive_sampling = False
    stage.cycles.max_bounces = 0
    stage.cycles.pixel_filter_type = "GAUSSIAN"
    stage.cycles.filter_width = FILTER_WIDTH_PX
    stage.cycles.use_auto_tile = False
    stage.render.threads_mode = "FIXED"
    stage.render.threads = 1


def _paint(hair: studio.Colour, random: np.random.Generator) -> studio.Paint:
    """Return the demo's garments in other colours."""
    colours = {
        "shirt": _colour(random, 0.8, (0.03, 0.6)),
        "leggings": _colour(random, 0.6, (0.01, 0.25)),
        "hair": hair,
        "brows": hair,
    }
    return tuple((name, colours.get(name, colour), roughness) for name, colour, roughness in studio.PAINT)


def _colour(random: np.random.Generator, saturation: float, values: tuple[float, float]) -> studio.Colour:
    value = float(np.exp(random.uniform(*np.log(values))))
    return colorsys.hsv_to_rgb(float(random.uniform()), float(random.uniform(0.0, saturation)), value)


def _bun_vertex(open_body: BodyModel) -> int:
    return int(np.argmin(np.linalg.norm(open_body.v_template - BUN_CENTRE, axis=1)))


def _add_seat(stage: Any, scene: Scene, colour: studio.Colour) -> None:
    """Add a box to sit on, turned as the person is."""
    assert scene.seat_m is not None
    half, behind, before = _SEAT_HALF_WIDTH, _SEAT_BEHIND, _SEAT_BEFORE
    sine, cosine = np.sin(scene.heading), np.cos(scene.heading)
    corners = [
        (x * cosine + z * sine, y, -x * sine + z * cosine)
        for y in (0.0, scene.seat_m)
        for x, z in ((-half, -behind), (half, -behind), (half, before), (-half, before))
    ]
    faces = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    mesh = bpy.data.meshes.new("seat")
    mesh.from_pydata(studio.blender_axes(np.array(corners)).tolist(), [], faces)
    material = bpy.data.materials.new("seat")
    material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    mesh.materials.append(material)
    stage.collection.objects.link(bpy.data.objects.new("seat", mesh))


def _add_sun(stage: Any, tilts: tuple[float, float]) -> None:
    lamp: Any = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle = SUN_WATTS, SUN_ANGLE
    sun = bpy.data.objects.new("sun", lamp)
    sun.rotation_euler = (tilts[0], 0.0, tilts[1])
    stage.collection.objects.link(sun)
