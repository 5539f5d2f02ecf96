# pyright: basic
"""Body → mesh object with faces, UVs and vertex groups named like the joints."""

from __future__ import annotations

import bpy
import numpy as np

from ..result.figure_pose import FigurePlacement
from ..result.result_folder import Body
from .created import Created

MIN_WEIGHT = 1e-6  # below, a share moves nothing visible: the largest motion of a joint is metres
UV_NAME = "UVMap"
MARK = "smplify_body"  # tells a figure's own mesh from what a user has parented to it


def new_body_mesh(
    body: Body, placement: FigurePlacement, material: bpy.types.Material, name: str, created: Created
) -> bpy.types.Object:
    """The mean shape as a smooth-shaded mesh object in the armature's frame, not yet in any collection."""
    mesh = created.add(bpy.data.meshes.new(name))
    mesh[MARK] = True
    vertices = placement.armature_points(body.v_template.astype(np.float64))
    mesh.from_pydata(vertices.tolist(), [], [list(face) for face in body.faces])
    mesh.shade_smooth()
    mesh.materials.append(material)
    if body.uv is not None:
        corners = np.fromiter((corner for face in body.uv_faces for corner in face), dtype=np.int64)
        layer = mesh.uv_layers.new(name=UV_NAME)
        layer.data.foreach_set("uv", np.ascontiguousarray(body.uv[corners], dtype=np.float32).ravel())
    mesh.update()
    mesh_object = created.add(bpy.data.objects.new(name, mesh))
    _add_vertex_groups(mesh_object, body)
    return mesh_object


def _add_vertex_groups(mesh_object: bpy.types.Object, body: Body) -> None:
    for joint, joint_name in enumerate(body.joint_names):
        group = mesh_object.vertex_groups.new(name=joint_name)
        column = body.weights[:, joint]
        for vertex in np.flatnonzero(column > MIN_WEIGHT).tolist():
            group.add((vertex,), float(column[vertex]), "REPLACE")
