# pyright: basic
"""The plain materials of a file, of which figures share those of a mark; the skin's."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..created import Created

MARK = "smplify_material"  # custom property that tells a material from a user's own of the same name
SKIN = True  # its value on the skin; on other parts of a body, their names
NAME = "SMPLify skin"
COLOUR = (0.62, 0.45, 0.36, 1.0)  # linear sRGB; a middle between light and dark skin, readable in any light
ROUGHNESS = 0.6


def skin_material(created: Created) -> bpy.types.Material:
    """The file's skin material; made by the first import, used again by the next ones."""
    return marked_material(SKIN) or new_plain_material(SKIN, NAME, COLOUR, ROUGHNESS, created)


def marked_material(mark: object) -> bpy.types.Material | None:
    """Return the file's own material of a mark."""
    materials = (material for material in bpy.data.materials if material.library is None)
    return next((material for material in materials if material.get(MARK) == mark), None)


def new_plain_material(
    mark: str | bool, name: str, colour: tuple[float, float, float, float], roughness: float, created: Created
) -> bpy.types.Material:
    """Make a Principled material of one colour (linear sRGB), for the renderers and for Solid view."""
    material = created.add(bpy.data.materials.new(name))
    material[MARK] = mark
    cast("Any", material).diffuse_color = colour
    material.roughness = roughness
    give_nodes(material)
    shader = shader_node(material, "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = roughness
    return material


def give_nodes(owner: bpy.types.Material | bpy.types.World) -> None:
    """A node tree, where Blender (before 5.0) has not made one; asking for it again is deprecated there."""
    if owner.node_tree is None:
        owner.use_nodes = True


def shader_node(owner: bpy.types.Material | bpy.types.World, node_type: str) -> Any:
    """The node of that type that Blender makes with the tree; Any, as the sockets' types have nothing in common."""
    assert owner.node_tree is not None, "give_nodes makes the tree"
    return next(node for node in owner.node_tree.nodes if node.type == node_type)
