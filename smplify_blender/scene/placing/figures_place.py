# pyright: basic
"""A result and the camera that is there already in, the places and sizes of its figures in the scene out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...result.result_folder import Person, ResultFolder
from ...result.rotations import Array
from ...result.shaped_body import ShapedBody, shaped_body
from ...result.standing import BodyHeights, Standing, camera_height, lower_rays, standing_among_others
from ...result.upright import upright_frame
from ..photo.camera_site import CameraSite
from ..units import units_per_metre
from .beside import Footprint, step_beside
from .floor import NO_FLOOR, Floor, standing_of


@dataclass(frozen=True)
class FiguresPlace:
    """The photo's one rigid transform from its camera, metres times `units_per_metre`, to the scene, and what is stood on.

    Armature objects stand at the height `ground`, or (None) each at that of its lowest vertex. `shares_floor`: each of several
    people is stood on z = 0, as far as the picture allows.
    """

    world_from_camera: Array
    units_per_metre: float
    ground: float | None
    floor: Floor = NO_FLOOR
    shares_floor: bool = False

    def standing(self, person: Person, shaped: ShapedBody, scene: bpy.types.Scene) -> Standing:
        """Return the size of a person, and the sentences on the floor."""
        if self.shares_floor:
            rays = lower_rays(person.vertices, self.world_from_camera)
            return standing_among_others(rays, person.legs_seen, self.units_per_metre)
        height = BodyHeights(float(np.ptp(shaped.vertices[:, 1])), self.floor.height_given)
        return standing_of(person, height, self.world_from_camera, self.floor, scene, self.units_per_metre)


def figures_place(
    result: ResultFolder,
    site: CameraSite | None,
    scene: bpy.types.Scene,
    occupied: Sequence[Footprint] = (),
) -> FiguresPlace:
    """Place figures before the camera that is there; else where the photo's own scene has it; else on z = 0.

    On z = 0 they stand where the site's earlier figures stood, or beside what is `occupied`.
    """
    units = units_per_metre(scene)
    if site is not None and not site.may_move:
        ground = None if site.is_users_own else 0.0
        shares = not site.is_users_own and site.shares_floor
        return FiguresPlace(site.world_from_camera, units, ground, site.floor, shares)
    known = result.camera.world_from_camera
    if known is not None:
        return FiguresPlace(_in_units(np.array(known).reshape(4, 4), units), units, None)
    placed = _in_units(_on_common_floor(upright_frame(result).world_from_camera, result), units)
    if site is not None and site.stands_at is not None:
        person = result.people[0]
        pelvis = shaped_body(result.body_of(person), person).joints[0] + person.transl
        placed[:2, 3] = np.array(site.stands_at[:2]) - units * (placed[:2, :3] @ pelvis)
    else:
        placed[0, 3] += step_beside(_footprint(result, placed, units), occupied, units)
    return FiguresPlace(placed, units, 0.0, shares_floor=len(result.people) > 1)


def _on_common_floor(upright: Array, result: ResultFolder) -> Array:
    """Raise or lower a photo of several people so that the most of them can stand on z = 0."""
    if len(result.people) < 2:
        return upright
    drops = np.array([-(person.vertices @ upright[2, :3]).min() for person in result.people])
    seen = np.array([person.legs_seen for person in result.people])
    placed = upright.copy()
    placed[2, 3] = camera_height(drops[seen] if seen.any() else drops)
    return placed


def _footprint(result: ResultFolder, placed: Array, units: float) -> Footprint:
    """Return the ground that all people of a photo cover."""
    points = (
        np.vstack([units * person.vertices @ placed[:2, :3].T for person in result.people]) + placed[:2, 3]
    )
    least, most = points.min(axis=0), points.max(axis=0)
    return Footprint(float(least[0]), float(least[1]), float(most[0]), float(most[1]))


def _in_units(world_from_camera: Array, units: float) -> Array:
    scaled = world_from_camera.copy()
    scaled[:3, 3] *= units
    return scaled
