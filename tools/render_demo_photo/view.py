"""The camera of the demo picture: where it stands, and where it sees a point of the studio."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector

WIDTH_PX, HEIGHT_PX = 900, 1200
LENS_MM = 50.0
FULL_FRAME_LONG_SIDE_MM = 36.0
FOCAL_PX = LENS_MM * max(WIDTH_PX, HEIGHT_PX) / FULL_FRAME_LONG_SIDE_MM
PRINCIPAL_POINT = np.array([WIDTH_PX / 2.0, HEIGHT_PX / 2.0])

POSITION = np.array([-0.07, 1.25, 3.15])  # metres, studio frame: chest height, a little over 3 m away
PITCH_DOWN = np.radians(7.0)

# Rows: right, down and forward in the studio frame (y up, z towards the camera) of a level camera.
_LEVEL_FROM_STUDIO = np.diag([1.0, -1.0, -1.0])


def camera_from_studio() -> NumpyArray:
    """Return the rotation (3, 3) from the studio frame to the camera frame (x right, y down, z forward)."""
    return matrix_from_vector(np.array([PITCH_DOWN, 0.0, 0.0])) @ _LEVEL_FROM_STUDIO


def pixels(points: NumpyArray) -> NumpyArray:
    """Pixels (N, 2) of points (N, 3) given in metres in the camera frame."""
    return FOCAL_PX * points[:, :2] / points[:, 2:] + PRINCIPAL_POINT
