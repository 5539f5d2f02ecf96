"""Rotations from the result's frames to Blender's.

Body frame (y up, z forward, x to the body's left) to Blender's (z up, the figure looks along −Y): (x, y, z) becomes
(x, −z, y). Camera frame (x right, y down, z forward) to the level Blender frame (camera at the origin, looks along
+Y): (x, y, z) becomes (x, z, −y).
"""

from __future__ import annotations

import numpy as np

from .rotations import Array

BLENDER_FROM_BODY: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
BLENDER_FROM_CAMERA: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])

# A Blender camera looks along its own −Z with Y up; the result's camera looks along +Z with Y down.
CAMERA_FROM_BLENDER_CAMERA: Array = np.diag([1.0, -1.0, -1.0])

# By the axis that points up in the world of a camera file: the least turn about x to Blender's, z up.
BLENDER_FROM_WORLD: dict[str, Array] = {
    "z": np.eye(3),
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "-y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "-z": np.diag([1.0, -1.0, -1.0]),
}
