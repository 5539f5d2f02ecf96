"""Conversion of a pinhole camera in pixels to Blender's lens, sensor and shift, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .errors import ResultError
from .result_folder import PhotoCamera

SENSOR_MM = 36.0  # full frame, Blender's own default: lens lengths then mean what photographers expect


@dataclass(frozen=True)
class BlenderLens:
    """Settings of a Blender camera and of the scene that renders through it at 100 %, square pixels.

    `lens_mm` for a sensor of `sensor_width_mm` × `sensor_height_mm`; shifts in parts of the fitted picture
    side.
    """

    lens_mm: float
    sensor_fit: str
    sensor_width_mm: float
    sensor_height_mm: float
    shift_x: float
    shift_y: float
    resolution: tuple[int, int]


def match_camera(camera: PhotoCamera) -> BlenderLens:
    """Settings under which Blender projects as `camera` does.

    With D the longer side in pixels and S = 36 mm along it: lens = f S / D, shift_x = (W/2 − cx) / D, shift_y
    = (cy − H/2) / D. `sensor_fit` is named so that another render size cannot change which side counts.
    """
    width, height = camera.image_size
    side = max(width, height)
    centre_x, centre_y = camera.principal_point
    return BlenderLens(
        lens_mm=camera.focal_px * SENSOR_MM / side,
        sensor_fit="HORIZONTAL" if width >= height else "VERTICAL",
        sensor_width_mm=SENSOR_MM * width / side,
        sensor_height_mm=SENSOR_MM * height / side,
        shift_x=(width / 2 - centre_x) / side,
        shift_y=(centre_y - height / 2) / side,
        resolution=camera.image_size,
    )


def camera_at_size(camera: PhotoCamera, size: tuple[int, int]) -> PhotoCamera:
    """Return the camera of the same picture at another size, px, of the same shape but for rounding."""
    scale = (size[0] / camera.image_size[0], size[1] / camera.image_size[1])
    centre_x, centre_y = camera.principal_point
    return replace(
        camera,
        focal_px=camera.focal_px * (scale[0] + scale[1]) / 2,
        principal_point=(centre_x * scale[0], centre_y * scale[1]),
        image_size=size,
    )


class SceneCameraError(ResultError):
    """A camera of the scene cannot have taken the photo; the text says why and what to do."""


@dataclass(frozen=True)
class SceneCamera:
    """A camera of the user's as Blender stores it, with the render settings that it is used under."""

    name: str
    projection: str  # PERSP, ORTHO, PANO
    lens: BlenderLens
    pixel_aspect: float  # x / y


# Of the two pictures' width ÷ height; a crop of one row in 200 is still taken for the same picture.
MAX_ASPECT_DIFFERENCE = 0.005


def unmatch_camera(camera: SceneCamera, image_size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """Focal length and principal point, px of a photo of `image_size`, of a camera in the scene: `match_camera` backwards.

    With D the fitted side in pixels of the photo (the longer one for AUTO) and S the sensor along it: f = lens D / S, cx =
    W/2 − shift_x D, cy = H/2 + shift_y D. Raises `SceneCameraError` where the camera is no perspective one with square
    pixels, or the render is of another shape than the photo.
    """
    (width, height), lens = image_size, camera.lens
    if camera.projection != "PERSP":
        raise SceneCameraError(f"“{camera.name}” is not a perspective camera. Choose one that is.")
    if abs(camera.pixel_aspect - 1.0) > MAX_ASPECT_DIFFERENCE:
        raise SceneCameraError("The scene renders pixels that are not square. Set their aspect to 1.")
    rendered = lens.resolution[0] / lens.resolution[1]
    if abs(rendered * height / width - 1.0) > MAX_ASPECT_DIFFERENCE:
        raise SceneCameraError(
            f"The scene renders {lens.resolution[0]} × {lens.resolution[1]}, the photo is {width} × {height}. "
            "Set the render size to the photo's."
        )
    horizontal = lens.sensor_fit == "HORIZONTAL" or (lens.sensor_fit == "AUTO" and width >= height)
    side = width if horizontal else height
    # AUTO takes the sensor's width for the longer side, whichever that is.
    sensor_mm = lens.sensor_height_mm if lens.sensor_fit == "VERTICAL" else lens.sensor_width_mm
    focal_px = lens.lens_mm * side / sensor_mm
    return focal_px, (width / 2 - lens.shift_x * side, height / 2 + lens.shift_y * side)
