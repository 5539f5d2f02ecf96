"""The pinhole camera: the projection of camera-frame points to pixels, and its derivative.

Camera frame: metres, x right, y down, z forward. Pixels: origin top left, y down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, at_least

if TYPE_CHECKING:
    from jaxtyping import Float

# A point nearer than this is treated as if it lay at this depth, so that a wild step never divides by zero.
NEAREST_DEPTH_M = 0.05


def project(
    points: Float[Array, "batch points 3"],
    focal_px: Float[Array, " batch"],
    principal_point: Float[Array, "batch 2"],
) -> Float[Array, "batch points 2"]:
    """Project camera-frame points to pixels: u = f·x/z + c_x, v = f·y/z + c_y.

    Depths under NEAREST_DEPTH_M count as that.
    """
    depth = at_least(points[..., 2:], NEAREST_DEPTH_M)
    return focal_px[:, None, None] * points[..., :2] / depth + principal_point[:, None, :]


def projection_jacobian(
    points: Float[Array, "batch points 3"], focal_px: Float[Array, " batch"]
) -> Float[Array, "batch 2 points 3"]:
    """Derive `project` by the points, ∂(u, v)/∂(x, y, z), where no depth was limited."""
    xp = array_namespace(points)
    depth = at_least(points[..., 2], NEAREST_DEPTH_M)
    scale = focal_px[:, None] / depth
    zero = xp.zeros_like(scale)
    row_u = xp.stack([scale, zero, -scale * points[..., 0] / depth], axis=-1)
    row_v = xp.stack([zero, scale, -scale * points[..., 1] / depth], axis=-1)
    return xp.stack([row_u, row_v], axis=1)
