"""The camera of a photo: from the user's options or a camera file, else from EXIF or a stated assumption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.request import CameraRequest, FocalRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import RequestError
from fitting_core.photo.camera_file import read_camera_file
from fitting_core.photo.focal import FocalLength, checked_px, focal_length
from fitting_core.photo.header import PhotoHeader

if TYPE_CHECKING:
    from jaxtyping import Float64

# The principal point of a photo cut out of another one may lie outside, but hardly by more than its size (in sizes).
_FARTHEST_OUTSIDE = 1.0


@dataclass(frozen=True, eq=False)
class PhotoCamera:
    """A pinhole camera in pixels of the upright photo and, where it is known, its pose in a scene.

    `world_from_camera` turns points of the camera frame (metres; x right, y down, z forward) into those of the scene that the
    camera file speaks of; its axis `world_up` ("z", "y", "-y", "-z") points up.
    """

    focal: FocalLength
    principal_point: Float64[NumpyArray, "2"]
    world_from_camera: Float64[NumpyArray, "4 4"] | None = None
    world_up: str = "z"


def photo_camera(header: PhotoHeader, focal: FocalRequest, camera: CameraRequest) -> PhotoCamera:
    """Return the camera that a request names; the principal point is the middle of the photo unless it is given.

    Raises RequestError for a value that no lens has, CameraFileError for a camera file that is wrong or not of this photo.
    """
    if camera.file is not None:
        known = read_camera_file(camera.file, header.size, camera.entry)
        px = checked_px(known.focal_px, header)
        return PhotoCamera(
            FocalLength(px, f"{px:g} px, from {camera.file.name}"),
            checked_principal_point(known.principal_point, header, str(camera.file)),
            known.world_from_camera,
            known.world_up,
        )
    length = focal_length(header, focal)
    if camera.principal_point is None:
        return PhotoCamera(length, np.array(header.size, dtype=np.float64) / 2.0)
    point = np.array(camera.principal_point, dtype=np.float64)
    return PhotoCamera(length, checked_principal_point(point, header, "--principal-point"))


def checked_principal_point(
    point: Float64[NumpyArray, "2"], header: PhotoHeader, source: str
) -> Float64[NumpyArray, "2"]:
    """Return the point itself; RequestError naming `source` if it lies more than the photo's size outside the photo."""
    size = np.array(header.size, dtype=np.float64)
    if not (np.all(point >= -_FARTHEST_OUTSIDE * size) and np.all(point <= (1.0 + _FARTHEST_OUTSIDE) * size)):
        raise RequestError(
            f"{source}: a principal point of {point[0]:g}, {point[1]:g} is far outside the photo of {header.size[0]} × "
            f"{header.size[1]} px. Give pixels from the top left corner of the upright photo."
        )
    return point
