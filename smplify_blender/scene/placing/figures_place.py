# pyright: basic
"""A result and the camera that is there already in, the places and sizes of its figures in the scene out."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...result.result_folder import Person, ResultFolder
from ...result.rotations import Array
from ...result.shaped_body import ShapedBody
from ...result.standing import BodyHeights, Standing
from ...result.upright import upright_frame
from ..photo.camera_site import CameraSite
from ..units import units_per_metre
from .floor import NO_FLOOR, Floor, standing_of


@dataclass(frozen=True)
class FiguresPlace:
    """The photo's one rigid transform from its camera, metres times `units_per_metre`, to the scene, and what is stood on.

    Armature objects stand at the height `ground`, or (None) each at that of its lowest vertex.
    """

    world_from_camera: Array
    units_per_metre: float
    ground: float | None
    floor: Floor = NO_FLOOR

    def standing(self, person: Person, shaped: ShapedBody, scene: bpy.types.Scene) -> Standing:
        """The size of a person, and the sentences on the floor."""
        height = BodyHeights(float(np.ptp(shaped.vertices[:, 1])), self.floor.height_given)
        return standing_of(person, height, self.world_from_camera, self.floor, scene, self.units_per_metre)


def figures_place(result: ResultFolder, site: CameraSite | None, scene: bpy.types.Scene) -> FiguresPlace:
    """Before the camera that is there; else where the photo's own scene has it; else on z = 0."""
    units = units_per_metre(scene)
    if site is not None and not site.may_move:
        return FiguresPlace(site.world_from_camera, units, None if site.is_users_own else 0.0, site.floor)
    known = result.camera.world_from_camera
    if known is not None:
        return FiguresPlace(_in_units(np.array(known).reshape(4, 4), units), units, None)
    return FiguresPlace(_in_units(upright_frame(result).world_from_camera, units), units, 0.0)


def _in_units(world_from_camera: Array, units: float) -> Array:
    scaled = world_from_camera.copy()
    scaled[:3, 3] *= units
    return scaled
