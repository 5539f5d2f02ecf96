# pyright: basic
"""The things that a figure is to meet in, the scene file for the core out (docs/scene.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ...result.contacts import ContactChoice
from ...result.errors import ResultError
from ...result.rotations import Array
from ..figure.lookup import body_of
from ..placing.floor import Floor
from ..units import units_per_metre
from .distance_grid import DistanceGrid, Region, grid_of, ground_grid
from .surface import deepened, surface_of
from .things import is_ground, others_before, thing_of

SCENE_VERSION = 1
STANDING = ("stand", "left_sole", "right_sole")
MOST_PEOPLE = 8  # others that one person is kept out of
# By how much a figure may come nearer or go farther when it meets its things, and the room around it (metres).
_NEAREST, _FARTHEST = 0.6, 1.7
_AROUND_M = 0.5


def write_scene(
    path: Path,
    scene: bpy.types.Scene,
    armature: bpy.types.Object,
    contacts: Sequence[ContactChoice],
    world_from_camera: Array,
    floor: Floor | None,
) -> None:
    """Write the things of `contacts`, the floor, and who else stands before the figure's camera, for it to be fitted among them.

    `world_from_camera` is the frame of a result in units of the scene. `floor` None is the plane z = 0. Raises `ResultError` in
    words for a thing that is gone or has no surface.
    """
    units = units_per_metre(scene)
    placed = world_from_camera.copy()
    placed[:3, 3] /= units
    grids = _grids(scene, armature, contacts, placed, floor, units)
    entries: dict[str, Any] = {
        "scene_version": np.int64(SCENE_VERSION),
        "names": np.array([grid.name for grid in grids]),
        "origins": np.stack([grid.origin for grid in grids]),
        "spacings": np.stack([grid.spacing for grid in grids]),
        "sizes": np.array([grid.distances.shape for grid in grids], dtype=np.int64),
        "distances": np.concatenate([grid.distances.ravel() for grid in grids]).astype(np.float32),
        "camera_from_scene": np.linalg.inv(placed),
        "people": np.array([grid.is_person for grid in grids]),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **entries)
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error


def _grids(
    scene: bpy.types.Scene,
    armature: bpy.types.Object,
    contacts: Sequence[ContactChoice],
    placed: Array,
    floor: Floor | None,
    units: float,
) -> list[DistanceGrid]:
    camera = placed[:3, 3]
    region = _region(armature, camera, units)
    things = {
        contact.label: thing_of(scene, armature, contact)
        for contact in contacts
        if not is_ground(scene, contact)
    }
    stood_on = {contact.label for contact in contacts if contact.part in STANDING and contact.is_on}
    if floor is not None and floor.kind == "OBJECT" and floor.thing is not None:
        things.setdefault(floor.thing.name, floor.thing)
        stood_on.add(floor.thing.name)
    surfaces = {name: surface_of(thing, camera, units) for name, thing in things.items()}
    grids = [
        grid_of(name, deepened(surface) if name in stood_on else surface, region)
        for name, surface in surfaces.items()
    ]
    for other in _nearest_people(scene, armature, units * camera):
        body = body_of(other)
        if body is not None and body not in things.values():
            grids.append(grid_of(other.name, surface_of(body, camera, units), region, is_person=True))
    has_ground = floor is None or floor.kind == "GROUND" or any(is_ground(scene, one) for one in contacts)
    return [*grids, ground_grid()] if has_ground else grids


def _nearest_people(
    scene: bpy.types.Scene, armature: bpy.types.Object, camera: Array
) -> list[bpy.types.Object]:
    """Return the people before a figure's camera (at `camera`, units of the scene) who are next to it in the picture."""

    def ray(figure: bpy.types.Object) -> Vector:
        thing = body_of(figure) or figure
        corners = [thing.matrix_world @ Vector(corner) for corner in thing.bound_box]
        return sum(corners, Vector()) / len(corners) - Vector(camera.tolist())

    own = ray(armature)
    return sorted(others_before(scene, armature), key=lambda other: own.angle(ray(other), 0.0))[:MOST_PEOPLE]


def _region(armature: bpy.types.Object, camera: Array, units: float) -> Region:
    """Return the box that a figure can come to stand in along the camera's rays, to half a metre."""
    thing = body_of(armature) or armature
    corners = np.array([thing.matrix_world @ Vector(corner) for corner in thing.bound_box]) / units
    reach = np.concatenate([camera + share * (corners - camera) for share in (_NEAREST, 1.0, _FARTHEST)])
    low, high = reach.min(axis=0) - _AROUND_M, reach.max(axis=0) + _AROUND_M
    return Region(
        tuple((np.floor(2 * low) / 2).tolist()),
        tuple((np.ceil(2 * high) / 2).tolist()),
    )
