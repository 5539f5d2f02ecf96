# pyright: basic
"""Shirt and shorts of a figure: meshes with the body's weights and shape keys, which follow its shape and pose."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import bpy
import numpy as np

from ...result.result_folder import Array, Body
from ..created import Created, all_or_nothing
from ..figure.figure_body import FigureAsMade, figure_as_made, figure_body
from ..figure.lookup import GARMENT_MARK, garments_of, remove_garments
from ..figure.material import marked_material, new_plain_material
from ..figure.mesh import coordinates, group_weights
from .garment_cut import GARMENTS, GarmentCut, GarmentName, can_wear, cut_garment
from .worn import follow_key, new_worn, renew_mesh, weigh

COLOURS: dict[GarmentName, tuple[float, float, float]] = {
    "shirt": (0.13, 0.25, 0.33),
    "shorts": (0.045, 0.05, 0.065),
}
ROUGHNESS = 0.9
HEM_METRES = 0.003  # thickness of the cloth itself
LEAST_MOVE = 1e-4  # of a garment's vertices by a shape key of the body's, metres; below, the key is left out


def reason_against_clothes(armature: bpy.types.Object | None) -> str:
    """Return why a figure cannot be given clothes; empty if it can."""
    if armature is None:
        return "There is no figure: fit a photo first"
    return "The figure wears clothes already" if clothes_of(armature) else ""


def clothes_of(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the shirt and the shorts that a figure was given."""
    return [worn for worn in garments_of(armature) if cast("Any", worn.data)[GARMENT_MARK] in GARMENTS]


def add_clothes(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> list[bpy.types.Object]:
    """Give a figure a shirt and shorts, all or nothing. Raises `FigureChangedError` where its body was changed too much."""
    view_layer.update()
    made = figure_as_made(armature, view_layer)
    body = figure_body(made)
    with all_or_nothing(view_layer) as created:
        return [_new_garment(made, cut, name, created) for name, cut in _cuts(body)]


def remake_clothes(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Cut the clothes that a figure wears anew, for another body; objects, materials and modifiers stay."""
    worn = clothes_of(armature)
    if not worn:
        return
    view_layer.update()
    made = figure_as_made(armature, view_layer)
    cuts = dict(_cuts(figure_body(made)))
    for garment in worn:
        name = cast("Any", garment.data)[GARMENT_MARK]
        if name in cuts:
            renew_mesh(garment, partial(_fill, garment, made, cuts[name], name))


def take_off_clothes(armature: bpy.types.Object) -> None:
    """Remove the clothes that a figure was given."""
    remove_garments(clothes_of(armature))


def _cuts(body: Body) -> list[tuple[GarmentName, GarmentCut]]:
    if not can_wear(body):
        return []
    found: list[tuple[GarmentName, GarmentCut]] = []
    for name in GARMENTS:
        cut = cut_garment(body, name)
        if cut is not None:
            found.append((name, cut))
    return found


def _new_garment(
    made: FigureAsMade, cut: GarmentCut, name: GarmentName, created: Created
) -> bpy.types.Object:
    mesh = created.add(bpy.data.meshes.new(f"{made.armature.name} {name}"))
    mesh.materials.append(_material(name, created))
    garment = new_worn(made, mesh, created)
    _fill(garment, made, cut, name)
    hem = cast("bpy.types.SolidifyModifier", garment.modifiers.new("Cloth", "SOLIDIFY"))
    hem.thickness, hem.offset = HEM_METRES * made.placement.scale, -1.0
    return garment


def _fill(garment: bpy.types.Object, made: FigureAsMade, cut: GarmentCut, name: GarmentName) -> None:
    """Give an object with an empty mesh the faces, weights and shape keys of a garment."""
    mesh = cast("bpy.types.Mesh", garment.data)
    body = cast("Any", made.mesh.data)
    triangles = _triangles(body)
    scale = made.placement.scale
    keys = body.shape_keys.key_blocks if body.shape_keys is not None else []
    basis = coordinates(keys[0].points if keys else body.vertices)
    own = _over(cut, basis, triangles, scale)
    mesh[GARMENT_MARK] = name
    mesh.vertices.add(cut.count)
    mesh.vertices.foreach_set("co", own.astype(np.float32).ravel())
    mesh.loops.add(len(cut.corners))
    mesh.loops.foreach_set("vertex_index", cut.corners)
    mesh.polygons.add(len(cut.sizes))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(cut.sizes) - cut.sizes).astype(np.int32))
    mesh.update(calc_edges=True)
    mesh.shade_smooth()
    weigh(garment, cut.mean(group_weights(made.mesh)), [group.name for group in made.mesh.vertex_groups])
    for key in keys[1:]:
        shift = coordinates(key.points) - coordinates(key.relative_key.points)
        if np.abs(cut.mean(shift)).max() > LEAST_MOVE * scale:
            follow_key(garment, key, body.shape_keys, _over(cut, basis + shift, triangles, scale))


def _over(cut: GarmentCut, points: Array, triangles: Array, scale: float) -> Array:
    """Return the garment over a body of another size than its own: `scale` is that of the mesh, in units a metre."""
    return scale * cut.surface(points / scale, _normals(points, triangles))


def _triangles(mesh: Any) -> Array:
    mesh.calc_loop_triangles()
    flat = np.empty(len(mesh.loop_triangles) * 3, dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", flat)
    return flat.reshape(-1, 3)


def _normals(points: Array, triangles: Array) -> Array:
    corners = points[triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], areas)
    unit: Array = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return unit


def _material(name: GarmentName, created: Created) -> bpy.types.Material:
    colour = (*COLOURS[name], 1.0)
    return marked_material(name) or new_plain_material(name, f"SMPLify {name}", colour, ROUGHNESS, created)
