"""The pinhole camera: camera-frame points → pixels, and the derivative. Free of bpy.

Camera frame: metres, x right, y down, z forward. Pixels: origin top left, y down.
"""

from __future__ import annotations

from fitting_core.arrays import Array, array_namespace, at_least

# A point nearer than this is treated as if it lay at this depth, so that a wild step never divides by zero.
NEAREST_DEPTH_M = 0.05


def project(points: Array, focal_px: Array, principal_point: Array) -> Array:
    """Pixels (B, P, 2) of camera-frame points (B, P, 3): u = f·x/z + c_x, v = f·y/z + c_y.

    `focal_px` has shape (B,), `principal_point` (B, 2). Depths under NEAREST_DEPTH_M count as that.
    """
    depth = at_least(points[..., 2:], NEAREST_DEPTH_M)
    return focal_px[:, None, None] * points[..., :2] / depth + principal_point[:, None, :]


def projection_jacobian(points: Array, focal_px: Array) -> Array:
    """∂(u, v)/∂(x, y, z), shape (B, 2, P, 3), of `project` where no depth was limited."""
    xp = array_namespace(points)
    depth = at_least(points[..., 2], NEAREST_DEPTH_M)
    scale = focal_px[:, None] / depth
    zero = xp.zeros_like(scale)
    row_u = xp.stack([scale, zero, -scale * points[..., 0] / depth], axis=-1)
    row_v = xp.stack([zero, scale, -scale * points[..., 1] / depth], axis=-1)
    return xp.stack([row_u, row_v], axis=1)
