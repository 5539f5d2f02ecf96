# pyright: basic
"""An object or a collection as it is shown, modifiers and instances included, as triangles in metres of the world.

Every object is turned so that the camera stands before its surface: normals of a plane or of a room may point either way.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ...result.errors import ResultError
from ...result.safe_npz import Array
from ..figure.lookup import figure_of

SURFACE_TYPES = ("MESH", "CURVE", "SURFACE", "META", "FONT")
MOST_TRIANGLES = 2_000_000
SLAB_M = 0.3  # a thing that is stood on and not thicker than this ...
DEEPER_M = 0.3  # ... has nothing below: its underside is taken to lie this much lower
_DOWNWARD = -0.5  # height of the normals of an underside
_TIE = 1e-4  # metres: faces that are this much farther than the nearest count as well


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of a thing: `vertices` (V, 3) in metres of the world, `triangles` (F, 3), outside where the camera stands."""

    vertices: Array
    triangles: Array

    @cached_property
    def tree(self) -> BVHTree:
        """The search tree of the triangles."""
        return cast(
            "BVHTree",
            BVHTree.FromPolygons(self.vertices.tolist(), self.triangles.tolist(), all_triangles=True),
        )

    @cached_property
    def fingerprint(self) -> int:
        """A number that changes with the surface."""
        return zlib.crc32(self.triangles.tobytes(), zlib.crc32(self.vertices.tobytes()))

    def signed_distance(self, point: Vector) -> float:
        """Return the distance of a point, negative behind the surface."""
        place, normal, _, distance = cast("Any", self.tree.find_nearest(point))
        if place is None:
            return np.inf
        apart = point - place
        side = apart.dot(normal)
        if abs(side) < 0.999 * distance:  # nearest is an edge or a corner: all its faces have a say
            around = cast("Any", self.tree.find_nearest_range(point, distance + _TIE))
            side = apart.dot(sum((one[1] for one in around), Vector()))
        return distance if side >= 0 else -distance


def surface_of(
    thing: bpy.types.Object | bpy.types.Collection, camera: Array, units_per_metre: float
) -> Surface:
    """Return the surface of a thing before a camera at `camera` (3,), metres; of a collection without its figures.

    Raises `ResultError` for one that has none.
    """
    is_object = isinstance(thing, bpy.types.Object)
    wanted = {thing} if is_object else {one for one in thing.all_objects if figure_of(one) is None}
    parts = [_facing(part, camera) for part in _meshes(wanted, units_per_metre)]
    if not parts:
        raise ResultError(
            f"“{thing.name}” has no faces that are shown: choose another, or show it in the view."
        )
    if sum(len(part.triangles) for part in parts) > MOST_TRIANGLES:
        raise ResultError(
            f"“{thing.name}” has more than {MOST_TRIANGLES:,} triangles: choose a simpler stand-in for it."
        )
    return _joined(parts)


def deepened(surface: Surface) -> Surface:
    """Return a slab that is stood on with its underside far below, so that no foot comes to lie under it; others as they are."""
    if np.ptp(surface.vertices[:, 2]) > SLAB_M:
        return surface
    first, second, third = np.moveaxis(surface.vertices[surface.triangles], 1, 0)
    normals = np.cross(second - first, third - first)
    downward = normals[:, 2] < _DOWNWARD * np.linalg.norm(normals, axis=1)
    vertices = surface.vertices.copy()
    vertices[np.unique(surface.triangles[downward]), 2] -= DEEPER_M
    return Surface(vertices, surface.triangles)


def _meshes(wanted: Iterable[bpy.types.Object], units_per_metre: float) -> Iterator[Surface]:
    """Make the mesh of each object, and of everything that is instanced on it."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    sources = set(wanted)
    for instance in depsgraph.object_instances:
        shown = cast("bpy.types.Object", instance.object)
        owner = instance.parent if instance.is_instance else shown
        if owner is None or owner.original not in sources or shown.type not in SURFACE_TYPES:
            continue
        place = np.array(instance.matrix_world)
        mesh = shown.to_mesh()
        try:
            if mesh is not None and mesh.vertices:
                yield _surface(mesh, place, units_per_metre)
        finally:
            shown.to_mesh_clear()


def _surface(mesh: bpy.types.Mesh, place: Array, units_per_metre: float) -> Surface:
    mesh.calc_loop_triangles()
    vertices = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", vertices)
    triangles = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    world = vertices.reshape(-1, 3).astype(np.float64) @ place[:3, :3].T + place[:3, 3]
    return Surface(world / units_per_metre, triangles.reshape(-1, 3))


def _facing(part: Surface, camera: Array) -> Surface:
    """Return a surface turned to the camera."""
    if not len(part.triangles) or part.signed_distance(Vector(camera.tolist())) >= 0:
        return part
    return Surface(part.vertices, np.ascontiguousarray(part.triangles[:, ::-1]))


def _joined(parts: list[Surface]) -> Surface:
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    triangles = [part.triangles + start for part, start in zip(parts, starts[:-1], strict=True)]
    return Surface(np.concatenate([part.vertices for part in parts]), np.concatenate(triangles))
