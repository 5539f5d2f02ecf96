# pyright: basic
"""The handles of a control rig, which Blender draws in its views alone, as tubes that a render shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
from mathutils import Matrix, Vector

TUBE_METRES = 0.005
# Blender's default theme, as linear colours, by the palette of a bone.
COLOURS = {
    "THEME01": (0.60, 0.02, 0.02),
    "THEME04": (0.02, 0.08, 0.55),
    "THEME09": (0.80, 0.50, 0.02),
}
DARK = (0.05, 0.05, 0.05)


def draw_handles(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Add a curve object for each visible bone of a figure that has a shape of its own; return them."""
    scene: Any = bpy.context.scene
    drawn: list[bpy.types.Object] = []
    for bone in cast("Any", armature.pose).bones:
        if bone.custom_shape is None or bone.bone.hide or not _is_in_sight(bone):
            continue
        curve = _curve(bone.name, _lines(armature, bone), _colour(bone))
        scene.collection.objects.link(curve)
        drawn.append(curve)
    return drawn


def remove_handles(drawn: Sequence[bpy.types.Object]) -> None:
    """Remove the curves again."""
    for thing in drawn:
        bpy.data.objects.remove(thing)


def _is_in_sight(bone: Any) -> bool:
    collections = bone.bone.collections
    return not len(collections) or any(collection.is_visible for collection in collections)


def _colour(bone: Any) -> tuple[float, float, float]:
    """Return the colour of a bone, its pose's before its armature's."""
    chosen = bone.color if bone.color.palette != "DEFAULT" else bone.bone.color
    if chosen.palette == "CUSTOM":
        return tuple(chosen.custom.normal)
    return COLOURS.get(chosen.palette, DARK)


def _lines(armature: bpy.types.Object, bone: Any) -> list[tuple[Vector, Vector]]:
    """Return the edges of a bone's shape in the world."""
    size = bone.bone.length if bone.use_custom_shape_bone_size else 1.0
    local = Matrix.LocRotScale(
        tuple(bone.custom_shape_translation),
        bone.custom_shape_rotation_euler,
        tuple(size * share for share in bone.custom_shape_scale_xyz),
    )
    shown = bone.custom_shape_transform or bone
    matrix = armature.matrix_world @ shown.matrix @ local
    mesh = bone.custom_shape.data
    points = [matrix @ vertex.co for vertex in mesh.vertices]
    return [(points[edge.vertices[0]], points[edge.vertices[1]]) for edge in mesh.edges]


def _curve(
    name: str, lines: Sequence[tuple[Vector, Vector]], colour: tuple[float, float, float]
) -> bpy.types.Object:
    data: Any = bpy.data.curves.new(f"{name} drawn", "CURVE")
    data.dimensions, data.bevel_depth = "3D", TUBE_METRES
    for line in lines:
        spline = data.splines.new("POLY")
        spline.points.add(1)
        for point, place in zip(spline.points, line, strict=True):
            point.co = (*place, 1.0)
    data.materials.append(_glow(colour))
    return bpy.data.objects.new(f"{name} drawn", data)


def _glow(colour: tuple[float, float, float]) -> Any:
    """Return a material that looks the same in every light."""
    name = f"Handle {colour}"
    material: Any = bpy.data.materials.get(name)
    if material is None:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        nodes, links = material.node_tree.nodes, material.node_tree.links
        nodes.clear()
        shader, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
        shader.inputs["Color"].default_value = (*colour, 1.0)
        links.new(shader.outputs["Emission"], output.inputs["Surface"])
    return material
