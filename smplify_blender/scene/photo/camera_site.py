# pyright: basic
"""The camera that a photo's figures stand before, so that a second fit makes no second one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...result.axes import BLENDER_FROM_CAMERA
from ...result.camera_match import match_camera
from ...result.result_folder import PhotoCamera, ResultFolder
from ...result.rotations import Array
from ..collection import new_collection
from ..created import Created
from ..placing.floor import NO_FLOOR, Floor
from ..stored_values import finite_numbers
from ..units import units_per_metre
from .camera import cameras_showing, new_camera, photo_cameras, set_scene_camera, world_from_camera_of
from .plate import find_plate, photo_plate

CAMERA_PROPERTY = "smplify_camera"  # on an armature object: the camera it was fitted for
WAITING = (
    "smplify_waiting"  # on a camera object: set up before any fit; where it was put, 16 numbers row by row
)
EYE_HEIGHT = 1.6  # metres, of somebody who holds a camera
PERSON_METRES = 1.7
PERSON_SHARE = 0.8  # of the photo's height that a person is taken to fill until a fit knows better


@dataclass(frozen=True)
class CameraSite:
    """The place of a photo's camera, which is there already or (None) is to be made.

    `may_move`: nobody stands before it yet and nobody has moved it; `takes_lens`: it is this figure's alone, which a refit has
    given another lens.

    `collection` is the photo's own, where figures go; None: a new one. `shows_photo`: the photo is (to be) its background.
    `is_users_own`: not made for the photo; figures before it stand on `floor`. `shares_floor`: each of several people is stood on
    z = 0. `stands_at` (x, y, z) is where the figures stood before. `makes_camera`: where there is none, one is made.
    """

    camera: bpy.types.Object | None
    collection: bpy.types.Collection | None
    world_from_camera: Array
    may_move: bool = False
    shows_photo: bool = True
    takes_lens: bool = False
    is_users_own: bool = False
    floor: Floor = NO_FLOOR
    shares_floor: bool = False
    stands_at: tuple[float, ...] | None = None
    makes_camera: bool = True


def scene_camera_site(
    camera: bpy.types.Object, floor: Floor, collection: bpy.types.Collection | None = None
) -> CameraSite:
    """Return the site of the user's own camera, where it stands; it is left as it is."""
    return CameraSite(
        camera, collection, world_from_camera_of(camera), shows_photo=False, is_users_own=True, floor=floor
    )


def find_site(scene: bpy.types.Scene, result: ResultFolder) -> CameraSite | None:
    """Return the site of the camera that an earlier fit or *Set up camera* made for this photo and lens; None: there is none."""
    if result.photo is None:
        return None
    plate = find_plate(result.photo, result.camera.photo_orientation)
    if plate is None:
        return None
    sites = [
        _site(scene, result, camera) for camera in photo_cameras(scene, match_camera(result.camera), plate)
    ]
    return next(iter(sites), None) or _waiting_site(scene, result, plate)


def _waiting_site(scene: bpy.types.Scene, result: ResultFolder, plate: bpy.types.Image) -> CameraSite | None:
    """Return the site of a camera that was set up for this photo before anybody knew its lens."""
    sites = [_site(scene, result, camera) for camera in cameras_showing(scene, plate)]
    return next((site for site in sites if site.may_move), None)


def _site(scene: bpy.types.Scene, result: ResultFolder, camera: bpy.types.Object) -> CameraSite:
    own = [collection for collection in camera.users_collection if collection != scene.collection]
    taken = any(thing.get(CAMERA_PROPERTY) == camera for thing in bpy.data.objects)
    may_move = not taken and _stands_as_put(camera)
    return CameraSite(
        camera=camera,
        collection=own[0] if own and own[0].library is None else None,
        world_from_camera=world_from_camera_of(camera),
        may_move=may_move,
        takes_lens=may_move,
        shares_floor=len(result.people) > 1,
    )


def _stands_as_put(camera: bpy.types.Object) -> bool:
    put = finite_numbers(camera.get(WAITING), 16)
    if not put or camera.parent is not None or camera.animation_data is not None or camera.constraints:
        return False
    return bool(np.allclose(np.array(camera.matrix_world).ravel(), np.array(put), atol=1e-5))


def set_up_camera(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, photo: PhotoFile, created: Created
) -> bpy.types.Object:
    """Set up the photo's camera and plate without a figure; those of an earlier time are used again.

    The camera looks level from eye height until a fit knows where it stood. The scene renders through it afterwards.
    """
    lens = match_camera(photo.camera)
    plate = photo_plate(photo.path, photo.camera.photo_orientation, photo.camera.image_size, created)
    earlier = photo_cameras(scene, lens, plate)
    camera = earlier[0] if earlier else None
    if camera is None:
        collection = new_collection(scene.collection, photo.path.stem, created)
        units = units_per_metre(scene)
        camera = new_camera(lens, _eye_level(photo.camera, units), plate, collection, created, units)
        view_layer.update()
        camera[WAITING] = [float(value) for value in np.array(camera.matrix_world).ravel()]
    set_scene_camera(scene, camera, lens.resolution)
    return camera


@dataclass(frozen=True)
class PhotoFile:
    """A photo on disk and the camera that took it."""

    path: Path
    camera: PhotoCamera


def _eye_level(camera: PhotoCamera, units: float) -> Array:
    placed = np.eye(4)
    placed[:3, :3] = BLENDER_FROM_CAMERA
    distance = PERSON_METRES * camera.focal_px / (PERSON_SHARE * camera.image_size[1])
    placed[:3, 3] = (0.0, -distance * units, EYE_HEIGHT * units)
    return placed
