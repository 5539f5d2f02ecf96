# pyright: basic
"""Render the demo figure: a seamless backdrop, three soft lights, Cycles on the CPU."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from tools.render_demo_photo import view
from tools.render_demo_photo.clothes import BUN_CENTRE, BUN_RADIUS, dressed, painted_fields
from tools.render_demo_photo.figure import DemoFigure, carried_by_head

MAXIMUM_SAMPLES = 64
NOISE_THRESHOLD = 0.02
LOOK = "AgX - Medium High Contrast"

Colour = tuple[float, float, float]  # linear sRGB
Paint = tuple[tuple[str, Colour, float], ...]  # field of clothes.py, colour, roughness
Place = tuple[float, float, float]  # metres, Blender's axes: the camera stands on −y

BACKDROP: Colour = (0.30, 0.27, 0.235)
WORLD: Colour = (0.75, 0.85, 1.0)
WORLD_STRENGTH = 0.22
SKIN: Colour = (0.53, 0.29, 0.195)
HAIR: Colour = (0.045, 0.022, 0.013)
HAIR_ROUGHNESS = 0.55
# Painted in this order, each over the ones before; then roughness.
PAINT: Paint = (
    ("leggings", (0.035, 0.045, 0.075), 0.75),
    ("shirt", (0.012, 0.19, 0.20), 0.85),
    ("hair", HAIR, HAIR_ROUGHNESS),
    ("brows", (0.12, 0.06, 0.04), 0.7),
    ("lips", (0.50, 0.20, 0.17), 0.45),
    ("eyeball", (0.75, 0.72, 0.70), 0.25),
    ("iris", (0.09, 0.05, 0.025), 0.2),
    ("pupil", (0.004, 0.004, 0.004), 0.15),
)
SKIN_ROUGHNESS = 0.5

FLOOR_FRONT_Y, BEND_START_Y, BEND_RADIUS, WALL_TOP = -8.0, 1.3, 1.6, 7.0
BACKDROP_HALF_WIDTH = 8.0
BEND_STEPS = 24


@dataclass(frozen=True)
class _Light:
    name: str
    place: Place
    target: Place
    size: float  # metres
    power: float  # watts
    colour: Colour
    spread: float = 180.0  # degrees


LIGHTS = (
    _Light("key", (-2.3, -2.4, 2.9), (0.0, 0.0, 1.0), 1.5, 210.0, (1.0, 0.93, 0.85)),
    _Light("rim", (2.0, 1.5, 2.6), (0.0, 0.0, 1.1), 0.9, 85.0, (0.85, 0.93, 1.0), 110.0),
    _Light("backdrop", (-0.4, 0.7, 4.6), (0.0, 2.9, 1.2), 1.5, 110.0, (1.0, 0.95, 0.9)),
)


def render(figure: DemoFigure, path: Path, scale: float, samples: int) -> None:
    """Write the picture as PNG at `scale` of its full size; Blender's scene is cleared before."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    add_figure(scene, figure.model, dressed(figure.model, figure.mesh), PAINT, SKIN)
    bun = carried_by_head(figure, np.array(BUN_CENTRE))
    add_bun(scene, bun, BUN_RADIUS, HAIR)
    add_backdrop(scene, BACKDROP)
    for light in LIGHTS:
        _add_light(scene, light)
    add_world(scene, WORLD_STRENGTH)
    add_camera(scene, view.camera_from_studio(), view.POSITION, view.LENS_MM)
    scene.render.resolution_x = round(view.WIDTH_PX * scale)
    scene.render.resolution_y = round(view.HEIGHT_PX * scale)
    set_render(scene, samples)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def blender_axes(points: NumpyArray) -> NumpyArray:
    """Convert from the studio's axes (y up, z to the camera) to Blender's (z up, y away from it)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def add_figure(scene: Any, model: BodyModel, surface: NumpyArray, paint: Paint, skin: Colour) -> None:
    """Add a dressed surface (V, 3) in the studio's frame, painted as the garments of the open body `model` say."""
    faces = model.extras.quads
    assert faces is not None, "the open body has quads"
    mesh = bpy.data.meshes.new("figure")
    mesh.from_pydata(blender_axes(surface).tolist(), [], faces.tolist())
    mesh.shade_smooth()
    for name, field in painted_fields(model).items():
        attribute: Any = mesh.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", field.astype(np.float32))
    mesh.materials.append(_painted_material(paint, skin))
    mesh.update()
    figure_object = bpy.data.objects.new("figure", mesh)
    smoother: Any = figure_object.modifiers.new("smooth", "SUBSURF")
    smoother.levels = smoother.render_levels = 1
    scene.collection.objects.link(figure_object)


def add_bun(scene: Any, centre: NumpyArray, radius: float, colour: Colour) -> None:
    """Add the hair in a knot, which shows a head's tilt; `centre` (3,) in the studio's frame."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, location=blender_axes(centre).tolist())
    bun: Any = scene.objects[-1]
    bun.data.shade_smooth()
    material = bpy.data.materials.new("bun")
    material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = HAIR_ROUGHNESS
    bun.data.materials.append(material)


def _painted_material(paint: Paint, skin: Colour) -> Any:
    material = bpy.data.materials.new("figure")
    material.use_nodes = True
    tree: Any = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    colour, roughness = _value(tree, (*skin, 1.0)), _value(tree, SKIN_ROUGHNESS)
    for name, paint_colour, paint_roughness in paint:
        attribute = tree.nodes.new("ShaderNodeAttribute")
        attribute.attribute_name = name
        inside = tree.nodes.new("ShaderNodeMath")
        inside.operation = "GREATER_THAN"
        inside.inputs[1].default_value = 0.0
        tree.links.new(attribute.outputs["Fac"], inside.inputs[0])
        colour = _mixed(tree, inside.outputs[0], colour, (*paint_colour, 1.0))
        roughness = _mixed(tree, inside.outputs[0], roughness, paint_roughness)
    tree.links.new(colour, shader.inputs["Base Color"])
    tree.links.new(roughness, shader.inputs["Roughness"])
    return material


def _value(tree: Any, value: Any) -> Any:
    """Return a socket with a constant colour or number."""
    node = tree.nodes.new("ShaderNodeValue" if isinstance(value, float) else "ShaderNodeRGB")
    node.outputs[0].default_value = value
    return node.outputs[0]


def _mixed(tree: Any, share: Any, below: Any, above: Any) -> Any:
    is_number = isinstance(above, float)
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type = "FLOAT" if is_number else "RGBA"
    first, second = ("A_Float", "B_Float") if is_number else ("A_Color", "B_Color")
    inputs = {socket.identifier: socket for socket in node.inputs}
    tree.links.new(share, inputs["Factor_Float"])
    tree.links.new(below, inputs[first])
    inputs[second].default_value = above
    outputs = {socket.identifier: socket for socket in node.outputs}
    return outputs["Result_Float" if is_number else "Result_Color"]


def add_backdrop(scene: Any, colour: Colour) -> None:
    """Add floor, a quarter of a cylinder, wall: one smooth sheet."""
    angles = np.linspace(0.0, math.pi / 2, BEND_STEPS)
    bend = [
        (BEND_START_Y + BEND_RADIUS * math.sin(angle), BEND_RADIUS * (1 - math.cos(angle)))
        for angle in angles.tolist()
    ]
    profile = [(FLOOR_FRONT_Y, 0.0), *bend, (BEND_START_Y + BEND_RADIUS, WALL_TOP)]
    side = BACKDROP_HALF_WIDTH
    places = [(x, y, z) for y, z in profile for x in (-side, side)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(profile) - 1)]
    mesh = bpy.data.meshes.new("backdrop")
    mesh.from_pydata(places, [], faces)
    mesh.shade_smooth()
    material = bpy.data.materials.new("backdrop")
    material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.9
    mesh.materials.append(material)
    scene.collection.objects.link(bpy.data.objects.new("backdrop", mesh))


def _add_light(scene: Any, light: _Light) -> None:
    lamp: Any = bpy.data.lights.new(light.name, "AREA")
    lamp.shape, lamp.size = "DISK", light.size
    lamp.spread = math.radians(light.spread)
    lamp.energy, lamp.color = light.power, light.colour
    lamp_object = bpy.data.objects.new(light.name, lamp)
    lamp_object.location = light.place
    way = Vector(light.target) - Vector(light.place)
    lamp_object.rotation_euler = way.to_track_quat("-Z", "Y").to_euler()
    lamp_object.visible_camera = False
    scene.collection.objects.link(lamp_object)


def add_world(scene: Any, strength: float) -> None:
    """Add a sky that lights everything evenly."""
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    tree: Any = world.node_tree
    tree.nodes["Background"].inputs["Color"].default_value = (*WORLD, 1.0)
    tree.nodes["Background"].inputs["Strength"].default_value = strength
    scene.world = world


def add_camera(scene: Any, camera_from_studio: NumpyArray, position: NumpyArray, lens_mm: float) -> None:
    """Add a camera by its rotation (3, 3; rows right, down, forward) and position (3,) in the studio's frame."""
    camera: Any = bpy.data.cameras.new("camera")
    camera.sensor_fit = "AUTO"  # the longer side
    camera.sensor_width = view.FULL_FRAME_LONG_SIDE_MM
    camera.lens = lens_mm
    camera_object = bpy.data.objects.new("camera", camera)
    right, down, forward = blender_axes(camera_from_studio)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, -down, -forward], axis=1)
    matrix[:3, 3] = blender_axes(position)
    camera_object.matrix_world = Matrix(matrix.tolist())
    scene.collection.objects.link(camera_object)
    scene.camera = camera_object


def set_render(scene: Any, samples: int) -> None:
    """Set up Cycles on the CPU and the picture's format, but not its size."""
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = NOISE_THRESHOLD
    scene.cycles.max_bounces = 3
    scene.cycles.sample_clamp_indirect = 3.0  # no sparks
    scene.cycles.use_denoising = False  # the wheel of bpy has no denoiser
    scene.cycles.seed = 1
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = LOOK
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
