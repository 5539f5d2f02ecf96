"""A pinhole camera in pixels → Blender's lens, sensor and shift. Free of bpy."""

from __future__ import annotations

from dataclasses import dataclass

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
