# pyright: basic
"""The camera before which earlier figures stand, as the place where they are fitted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import bpy
import numpy as np

from ...result.camera_match import BlenderLens, match_camera
from ...result.result_folder import ResultFolder
from ...result.rotations import Array
from ..figure.figure_body import FigureAsMade
from ..figure.lookup import camera_of, stored_group
from ..figure.solutions import stored_camera
from ..photo.camera import MARK as CAMERA_MARK
from ..photo.camera import has_lens, world_from_camera_of
from ..photo.camera_site import CAMERA_PROPERTY, CameraSite
from .floor import NO_FLOOR, floor_of

PLACED_TOLERANCE = 1e-4  # of a camera's rotation and, units of the scene, its place


def site_of_earlier(earlier: Sequence[FigureAsMade], result: ResultFolder, makes_camera: bool) -> CameraSite:
    """Return the place of figures that are fitted again.

    Their photo's camera moves and takes another lens only where it is as it was made, for these figures alone. Where it was
    deleted, they stand where it was, and `makes_camera` says if there is to be a new one.
    """
    first = earlier[0]
    armatures = [made.armature for made in earlier]
    camera, floor, group = camera_of(first.armature), floor_of(first.armature), stored_group(first.armature)
    site = CameraSite(
        camera=camera,
        collection=photo_collection_of(first.armature),
        world_from_camera=frame_before(first.armature),
        shows_photo=camera is None and makes_camera,
        is_users_own=floor is not None,
        floor=floor or NO_FLOOR,
        shares_floor=group.flag("shares_floor") or len(result.people) > 1,
        stands_at=tuple(first.placement.location.tolist()),
        makes_camera=makes_camera,
    )
    if floor is not None or camera is None:
        return site
    lens = match_camera(result.camera)
    if _may_move_for(armatures, camera, site.world_from_camera):
        return _with_lens(replace(site, may_move=True), camera, armatures, lens)
    return _with_lens(site, camera, armatures, lens)


def photo_collection_of(armature: bpy.types.Object) -> bpy.types.Collection | None:
    """Return the collection of a photo, in which a figure's own is."""
    return next(
        (
            parent
            for parent in bpy.data.collections
            for collection in armature.users_collection
            if collection in list(parent.children) and parent.library is None
        ),
        None,
    )


def frame_before(armature: bpy.types.Object) -> Array:
    """Return the camera frame (4, 4) of a result that a figure was placed with, in units of the scene."""
    stored, camera = stored_group(armature).numbers("world_from_camera", 16), camera_of(armature)
    if stored:
        return np.array(stored).reshape(4, 4)
    return world_from_camera_of(camera) if camera is not None else np.eye(4)


def _stand_with(camera: bpy.types.Object, armatures: Sequence[bpy.types.Object]) -> bool:
    """Return True if anybody else stands before a camera."""
    return any(thing.get(CAMERA_PROPERTY) == camera and thing not in armatures for thing in bpy.data.objects)


def _may_move_for(armatures: Sequence[bpy.types.Object], camera: bpy.types.Object, put: Array) -> bool:
    """Return True if the photo's camera is where it was put, for these figures alone.

    It then moves so that another solution, too, stands on the floor.
    """
    if camera.library is not None or camera.parent is not None or camera.animation_data or camera.constraints:
        return False
    if not cast("bpy.types.Camera", camera.data).get(CAMERA_MARK) or _stand_with(camera, armatures):
        return False
    return bool(np.allclose(world_from_camera_of(camera), put, atol=PLACED_TOLERANCE))


def _with_lens(
    site: CameraSite, camera: bpy.types.Object, armatures: Sequence[bpy.types.Object], lens: BlenderLens
) -> CameraSite:
    """Return the site with the lens of a new fit: taken where the user has not changed it, and by a new camera where others
    stand before it with theirs.
    """
    data = cast("bpy.types.Camera", camera.data)
    before = stored_camera(armatures[0])
    if has_lens(data, lens) or (before is not None and not has_lens(data, match_camera(before))):
        return site
    if _stand_with(camera, armatures) or data.users > 1 or data.library is not None:
        return replace(site, camera=None, shows_photo=True, may_move=False, makes_camera=True)
    return replace(site, takes_lens=True)
