# pyright: basic
"""A body in, a mesh object out with faces, UVs and vertex groups named like the bones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import bmesh
import bpy
import numpy as np

from ...result.bone_names import bone_name
from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body
from ..created import Created

MIN_WEIGHT = 1e-6  # below, a share moves nothing visible: the largest motion of a joint is metres
UV_NAME = "UVMap"
NO_PARTS: Mapping[str, str] = MappingProxyType({})
MARK = "smplify_body"  # tells a figure's own mesh from what a user has parented to it


def new_body_mesh(body: Body, placement: FigurePlacement, name: str, created: Created) -> bpy.types.Object:
    """The mean shape as a smooth-shaded mesh object in the armature's frame, not yet in any collection."""
    mesh = created.add(bpy.data.meshes.new(name))
    mesh_object = created.add(bpy.data.objects.new(name, mesh))
    fill_body_mesh(mesh_object, body, placement)
    return mesh_object


def fill_body_mesh(mesh_object: bpy.types.Object, body: Body, placement: FigurePlacement) -> None:
    """Give an object whose mesh is empty the mean shape and the vertex groups."""
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    mesh[MARK] = True
    _add_surface(mesh, body, placement)
    _add_vertex_groups(mesh_object, body)


def coordinates(points: Any) -> Array:
    """(V, 3) of a mesh's vertices or a shape key's points."""
    flat = np.empty(len(points) * 3, dtype=np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def group_weights(mesh_object: bpy.types.Object) -> Array:
    """(V, groups), rows sum to 1 where anything is weighted."""
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    weights = np.zeros((len(mesh.vertices), len(mesh_object.vertex_groups)))
    for vertex in mesh.vertices:
        for element in vertex.groups:
            weights[vertex.index, element.group] = element.weight
    shares: Array = weights / np.maximum(weights.sum(axis=1, keepdims=True), MIN_WEIGHT)
    return shares


def joint_weights(
    mesh_object: bpy.types.Object, names: Sequence[str], parts: Mapping[str, str] = NO_PARTS
) -> Array:
    """Return the shares (V, J) of the vertex groups of these names, whatever other groups there are.

    `parts` are groups that count as another one, by name. Rows sum to 1 where any has a weight; a group that is gone has none.
    """
    weights = np.zeros((len(cast("bpy.types.Mesh", mesh_object.data).vertices), len(names)))
    places = {name: number for number, name in enumerate(names)}
    columns = {
        group.index: places[parts.get(group.name, group.name)]
        for group in mesh_object.vertex_groups
        if parts.get(group.name, group.name) in places
    }
    for vertex in cast("bpy.types.Mesh", mesh_object.data).vertices:
        for element in vertex.groups:
            column = columns.get(element.group)
            if column is not None:
                weights[vertex.index, column] += element.weight
    shares: Array = weights / np.maximum(weights.sum(axis=1, keepdims=True), MIN_WEIGHT)
    return shares


def _add_surface(mesh: bpy.types.Mesh, body: Body, placement: FigurePlacement) -> None:
    faces = body.faces
    mesh.vertices.add(len(body.v_template))
    vertices = placement.armature_points(body.v_template.astype(np.float64))
    mesh.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    mesh.loops.add(len(faces.corners))
    mesh.loops.foreach_set("vertex_index", faces.corners)
    mesh.polygons.add(len(faces.sizes))
    mesh.polygons.foreach_set("loop_start", faces.starts)
    if body.uv is not None and faces.uv_corners is not None:
        layer = cast("bpy.types.MeshUVLoopLayer", mesh.uv_layers.new(name=UV_NAME))
        layer.uv.foreach_set(
            "vector", np.ascontiguousarray(body.uv[faces.uv_corners], dtype=np.float32).ravel()
        )
    mesh.update(calc_edges=True)
    mesh.shade_smooth()


def _add_vertex_groups(mesh_object: bpy.types.Object, body: Body) -> None:
    """Through a bmesh, vertex by vertex: three times as fast as `VertexGroup.add`."""
    for joint_name in body.joint_names:
        mesh_object.vertex_groups.new(name=bone_name(joint_name))
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    editable = bmesh.new()
    try:
        editable.from_mesh(mesh)
        layer = editable.verts.layers.deform.verify()
        editable.verts.ensure_lookup_table()
        vertices, joints = np.nonzero(body.weights > MIN_WEIGHT)
        shares = body.weights[vertices, joints].tolist()
        for vertex, joint, share in zip(vertices.tolist(), joints.tolist(), shares, strict=True):
            editable.verts[vertex][layer][joint] = share
        editable.to_mesh(mesh)
    finally:
        editable.free()
