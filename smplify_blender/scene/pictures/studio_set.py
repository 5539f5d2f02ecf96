# pyright: basic
"""Floor and light for pictures; only ever put into a scene that is thrown away."""

from __future__ import annotations

import math
from typing import Any, cast

import bpy
from mathutils import Euler

from ..created import Created
from ..figure.material import give_nodes, shader_node

FLOOR_HALF_SIDE = 60.0  # metres
TILE_METRES = 0.5
TILE_GREYS = ((0.26, 0.26, 0.27, 1.0), (0.17, 0.17, 0.18, 1.0))
SUN_STRENGTH = 2.4
SUN_ANGLE = math.radians(12.0)  # soft shadows
SUN_DIRECTION = Euler((math.radians(42.0), 0.0, math.radians(35.0)))
SKY_GREY = (0.38, 0.40, 0.43, 1.0)


def add_light(scene: bpy.types.Scene, created: Created) -> None:
    """One soft sun over the camera's shoulder, and an even sky."""
    sun = cast("bpy.types.SunLight", created.add(bpy.data.lights.new("SMPLify sun", "SUN")))
    sun.energy = SUN_STRENGTH
    sun.angle = SUN_ANGLE
    sun_object = created.add(bpy.data.objects.new("SMPLify sun", sun))
    sun_object.rotation_euler = SUN_DIRECTION
    scene.collection.objects.link(sun_object)
    world = created.add(bpy.data.worlds.new("SMPLify sky"))
    give_nodes(world)
    background = shader_node(world, "BACKGROUND")
    background.inputs["Color"].default_value = SKY_GREY
    scene.world = world


def add_floor(
    scene: bpy.types.Scene, created: Created, middle: tuple[float, float, float], units_per_metre: float
) -> None:
    """A level plane around `middle` in tiles of half a metre."""
    mesh = created.add(bpy.data.meshes.new("SMPLify floor"))
    side = FLOOR_HALF_SIDE
    mesh.from_pydata(
        [(-side, -side, 0), (side, -side, 0), (side, side, 0), (-side, side, 0)], [], [(0, 1, 2, 3)]
    )
    mesh.materials.append(_tiles(created))
    floor = created.add(bpy.data.objects.new("SMPLify floor", mesh))
    floor.location = middle
    floor.scale = (units_per_metre,) * 3
    scene.collection.objects.link(floor)


def _tiles(created: Created) -> bpy.types.Material:
    material = created.add(bpy.data.materials.new("SMPLify floor"))
    give_nodes(material)
    tree: Any = material.node_tree
    nodes, links = tree.nodes, tree.links
    shader = shader_node(material, "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.9
    checker = nodes.new("ShaderNodeTexChecker")
    checker.inputs["Color1"].default_value, checker.inputs["Color2"].default_value = TILE_GREYS
    checker.inputs["Scale"].default_value = 1.0 / TILE_METRES
    # Object coordinates are metres from the middle of the floor; the small lift keeps z = 0 off a tile's
    # border.
    coordinates, lift = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeVectorMath")
    lift.inputs[1].default_value = (0.0, 0.0, TILE_METRES / 2)
    links.new(coordinates.outputs["Object"], lift.inputs[0])
    links.new(lift.outputs["Vector"], checker.inputs["Vector"])
    links.new(checker.outputs["Color"], shader.inputs["Base Color"])
    return material
