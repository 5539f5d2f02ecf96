"""A camera as the map from points of the world to pixels of its photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rotations import Array

LEAST_DEPTH = 1e-9


@dataclass(frozen=True)
class PhotoProjection:
    """A camera before a photo of `size` (width, height) px.

    `pixels_from_world` (3, 4) takes homogeneous points of the world to homogeneous pixels, (0, 0) the photo's upper left corner;
    `eye` (3,) is the camera's place and `back` (3,) its unit vector away from what it sees.
    """

    size: tuple[int, int]
    pixels_from_world: Array
    eye: Array
    back: Array

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return the pixels (N, 2) of points (N, 3), and their depths (N,) before the camera, negative behind it."""
        seen = points @ self.pixels_from_world[:, :3].T + self.pixels_from_world[:, 3]
        share = np.where(np.abs(seen[:, 2:]) > LEAST_DEPTH, seen[:, 2:], LEAST_DEPTH)
        return seen[:, :2] / share, (self.eye - points) @ self.back

    def rays(self, points: Array) -> Array:
        """Return the unit vectors (N, 3) from points (N, 3) to the camera."""
        rays = self.eye - points
        return rays / np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), LEAST_DEPTH)


def projection_from_clip(
    clip_from_camera: Array, world_from_camera: Array, size: tuple[int, int]
) -> PhotoProjection:
    """Return the projection of a camera with a clip matrix (4, 4) as OpenGL has it, at a rigid place (4, 4) in the world."""
    width, height = size
    pixels_from_clip = np.array(
        [[width / 2, 0, 0, width / 2], [0, -height / 2, 0, height / 2], [0, 0, 0, 1.0]]
    )
    pixels = pixels_from_clip @ clip_from_camera @ np.linalg.inv(world_from_camera)
    return PhotoProjection(size, pixels, world_from_camera[:3, 3], world_from_camera[:3, 2])
