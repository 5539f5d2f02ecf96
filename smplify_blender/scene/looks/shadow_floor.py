# pyright: basic
"""A floor that shows nothing but the shadows that fall on it, in Cycles and in EEVEE."""

from __future__ import annotations

import math
from typing import Any, cast

import bpy

from ..created import Created
from ..figure.material import give_nodes

HALF_SIDE = 6.0  # in heights of the figures: longer than the shadow of a low sun
ALBEDO = 0.5
UNSHADOWED = (
    0.96  # of the light on the open floor: what is above that is open, so that the photo stays as it is there
)


def new_shadow_floor(
    middle: tuple[float, float, float],
    height: float,
    sun: bpy.types.Object,
    world: bpy.types.World,
    created: Created,
) -> bpy.types.Object:
    """Make a level square of floor about `middle` (units of the scene), not yet in any collection."""
    mesh = created.add(bpy.data.meshes.new("Shadow floor"))
    side = HALF_SIDE * height
    mesh.from_pydata(
        [(-side, -side, 0), (side, -side, 0), (side, side, 0), (-side, side, 0)], [], [(0, 1, 2, 3)]
    )
    mesh.materials.append(_material(sun, world, created))
    floor = created.add(bpy.data.objects.new("Shadow floor", mesh))
    floor.location = middle
    floor.is_shadow_catcher = True
    floor.display_type = "BOUNDS"  # the photo stays in sight
    return floor


def _material(sun: bpy.types.Object, world: bpy.types.World, created: Created) -> bpy.types.Material:
    """Plain grey for Cycles, which knows catchers of shadows; for EEVEE black, as opaque as light is missing."""
    material: Any = created.add(bpy.data.materials.new("Shadow floor"))
    give_nodes(material)
    material.surface_render_method = "BLENDED"
    tree = material.node_tree
    tree.nodes.clear()
    new, link = tree.nodes.new, tree.links.new
    grey = new("ShaderNodeBsdfDiffuse")
    grey.inputs["Color"].default_value = (ALBEDO, ALBEDO, ALBEDO, 1.0)
    cycles, eevee = new("ShaderNodeOutputMaterial"), new("ShaderNodeOutputMaterial")
    cycles.target, eevee.target = "CYCLES", "EEVEE"
    link(grey.outputs["BSDF"], cycles.inputs["Surface"])
    light, luminance = new("ShaderNodeShaderToRGB"), new("ShaderNodeRGBToBW")
    link(grey.outputs["BSDF"], light.inputs["Shader"])
    link(light.outputs["Color"], luminance.inputs["Color"])
    open_light = new("ShaderNodeValue")
    open_light.name = open_light.label = "Light on the open floor"
    share = _maths(tree, "DIVIDE", luminance.outputs["Val"], open_light.outputs["Value"])
    lit = _maths(tree, "DIVIDE", share, UNSHADOWED)
    lit.node.use_clamp = True
    shade, clear, mixed = (
        new("ShaderNodeEmission"),
        new("ShaderNodeBsdfTransparent"),
        new("ShaderNodeMixShader"),
    )
    shade.inputs["Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    link(lit, mixed.inputs["Fac"])
    link(shade.outputs["Emission"], mixed.inputs[1])
    link(clear.outputs["BSDF"], mixed.inputs[2])
    link(mixed.outputs["Shader"], eevee.inputs["Surface"])
    _drive_open_light(tree, open_light, sun, world)
    return material


def _maths(tree: Any, operation: str, first: Any, second: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    tree.links.new(first, node.inputs[0])
    if isinstance(second, float):
        node.inputs[1].default_value = second
    else:
        tree.links.new(second, node.inputs[1])
    return node.outputs["Value"]


def _drive_open_light(tree: Any, value: Any, sun: bpy.types.Object, world: bpy.types.World) -> None:
    """Let a value follow sun and world: the luminance of the floor where nothing stands in the light.

    The expression is one of Blender's simple ones: no script runs.
    """
    driver = tree.driver_add(f'nodes["{value.name}"].outputs[0].default_value').driver
    driver.type = "SCRIPTED"
    background = 'node_tree.nodes["Background"].inputs'
    light = cast("bpy.types.ID", sun.data)
    _follow_colour(driver, "s", light, "color")
    _follow_colour(driver, "w", world, f"{background}[0].default_value")
    _follow(driver, "energy", light, "energy")
    _follow(driver, "strength", world, f"{background}[1].default_value")
    for name, axis in (("x", "ROT_X"), ("y", "ROT_Y")):
        variable = driver.variables.new()
        variable.name, variable.type = name, "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.transform_type, target.transform_space = sun, axis, "WORLD_SPACE"
        target.rotation_mode = "XYZ"
    weighted = "(0.2126*{0}0+0.7152*{0}1+0.0722*{0}2)"
    from_sun = f"energy/{math.pi:.6f}*max(cos(x)*cos(y),0)*{weighted.format('s')}"
    driver.expression = f"max({ALBEDO}*({from_sun}+strength*{weighted.format('w')}),0.0001)"


def _follow_colour(driver: Any, name: str, owner: bpy.types.ID, path: str) -> None:
    for channel in range(3):
        _follow(driver, f"{name}{channel}", owner, f"{path}[{channel}]")


def _follow(driver: Any, name: str, owner: bpy.types.ID, path: str) -> None:
    variable = driver.variables.new()
    variable.name, variable.type = name, "SINGLE_PROP"
    target = variable.targets[0]
    target.id_type, target.id, target.data_path = owner.id_type, owner, path
