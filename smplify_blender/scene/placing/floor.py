# pyright: basic
"""The floor that figures stand on before the user's own camera: none, the plane z = 0, or a mesh of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import bmesh
import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ...result.result_folder import Person
from ...result.rotations import Array
from ...result.standing import (
    BodyHeights,
    FloorHits,
    LowerRays,
    Standing,
    ground_hits,
    is_floor_from_above,
    left_where_photo_says,
    lower_rays,
    standing_on,
)

FloorKind = Literal["NONE", "GROUND", "OBJECT"]
KIND_PROPERTY = "smplify_floor"  # on the armature object of a figure before the user's own camera
THING_PROPERTY = "smplify_floor_object"
GROUND_NAME = "the ground"
UNSEEN_LEGS = "The photo does not show the legs, so that it tells nothing of the floor."
MOST_LAYERS = 32  # walls, ceilings and undersides that a ray passes before it gives up
STEP_SHARE = 1e-5  # of the distance: how far behind a surface the search goes on


@dataclass(frozen=True)
class Floor:
    """The ground that figures are to stand on; `thing` is the mesh object of the kind OBJECT.

    `height_given` is true if the user knows how tall they are.
    """

    kind: FloorKind = "NONE"
    thing: bpy.types.Object | None = None
    height_given: bool = False


NO_FLOOR = Floor()


def floor_problem(floor: Floor, scene: bpy.types.Scene) -> str:
    """Explain in a sentence why nobody can stand on this floor; empty where nothing does. Cheap enough for a panel."""
    if floor.kind != "OBJECT":
        return ""
    thing = floor.thing
    if thing is None:
        return "No floor object is chosen."
    if thing.type != "MESH":
        return f"“{thing.name}” is not a mesh: choose one as the floor."
    if scene not in thing.users_scene:
        return f"“{thing.name}” is not in this scene any more: choose another floor."
    if thing.hide_viewport:
        return f"“{thing.name}” is disabled in viewports: enable it to stand on it."
    return ""


def remember_floor(armature: bpy.types.Object, floor: Floor) -> None:
    """Keep on a figure before the user's own camera what it stands on, for its other takes."""
    forget_floor(armature)
    armature[KIND_PROPERTY] = floor.kind
    if floor.kind == "OBJECT" and floor.thing is not None:
        armature[THING_PROPERTY] = floor.thing


def forget_floor(armature: bpy.types.Object) -> None:
    """Take away what a figure stood on: it goes before its photo's camera."""
    for key in (KIND_PROPERTY, THING_PROPERTY):
        if key in armature:
            del armature[key]


def floor_of(armature: bpy.types.Object) -> Floor | None:
    """Return the floor that a figure was stood on; None for one that stands before its photo's camera."""
    kind, thing = armature.get(KIND_PROPERTY), armature.get(THING_PROPERTY)
    if not isinstance(kind, str) or kind not in get_args(FloorKind):
        return None
    return Floor(cast("FloorKind", kind), thing if isinstance(thing, bpy.types.Object) else None)


def standing_of(
    person: Person,
    height: BodyHeights,
    world_from_camera: Array,
    floor: Floor,
    scene: bpy.types.Scene,
    units_per_metre: float,
) -> Standing:
    """Return the place of one person; on no floor at the distance that the fit found, at so many units a metre."""
    if floor.kind == "NONE":
        return Standing(units_per_metre)
    problem = floor_problem(floor, scene)
    if problem:
        return left_where_photo_says(problem, units_per_metre)
    if not person.legs_seen:
        return left_where_photo_says(UNSEEN_LEGS, units_per_metre, doubtful=False)
    rays = lower_rays(person.vertices, world_from_camera)
    if floor.thing is None or floor.kind == "GROUND":
        return standing_on(GROUND_NAME, rays, ground_hits(rays), height, units_per_metre)
    surface = _surface(floor.thing)
    if isinstance(surface, str):
        return left_where_photo_says(surface, units_per_metre)
    return standing_on(f"“{floor.thing.name}”", rays, _hits(surface, rays), height, units_per_metre)


def _surface(thing: bpy.types.Object) -> BVHTree | str:
    """The mesh as it is shown, modifiers applied, in the world; in words why there is none."""
    evaluated: Any = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    if not evaluated.is_evaluated:
        return f"“{thing.name}” is hidden with its collection: show it to stand on it."
    mesh = evaluated.to_mesh()
    edited = bmesh.new()
    try:
        edited.from_mesh(mesh)
        if not edited.faces:
            return f"“{thing.name}” has no faces: choose another floor."
        edited.transform(evaluated.matrix_world)  # no inverse is needed: a floor may be flattened to nothing
        return cast("BVHTree", BVHTree.FromBMesh(edited))
    finally:
        edited.free()
        evaluated.to_mesh_clear()


def _hits(surface: BVHTree, rays: LowerRays) -> FloorHits:
    found = [_hit(surface, rays.origin, direction) for direction in rays.directions]
    table: Array = np.array(found, dtype=np.float64).reshape(-1, 2)
    return FloorHits(table[:, 0], table[:, 1])


def _hit(surface: BVHTree, origin: Array, direction: Array) -> tuple[float, float]:
    """The first floor on the way: t, and the sine of the angle there. (∞, 0): there is none."""
    length = float(np.linalg.norm(direction))
    unit, start = Vector((direction / length).tolist()), Vector(origin.tolist())
    travelled = 0.0
    for _ in range(MOST_LAYERS):
        place, normal, _, distance = _cast(surface, start + unit * travelled, unit)
        if place is None:
            break
        travelled += distance
        if is_floor_from_above(direction, np.array(normal)):
            return travelled / length, abs(float(unit.dot(normal)))
        travelled += max(travelled, 1.0) * STEP_SHARE
    return np.inf, 0.0


def _cast(surface: BVHTree, start: Vector, unit: Vector) -> Any:
    return surface.ray_cast(start, unit)
