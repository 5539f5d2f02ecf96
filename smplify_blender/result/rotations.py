"""Rotation vectors, matrices and quaternions (w, x, y, z)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def matrix_from_rotation_vector(vector: Any) -> Array:
    """Rodrigues' formula: exp([v]ₓ) = I + sin φ [n]ₓ + (1 − cos φ) [n]ₓ², φ = |v| radians, n = v / φ."""
    rotation_vector = np.asarray(vector, dtype=np.float64)
    angle = float(np.linalg.norm(rotation_vector))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = rotation_vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


def quaternion_from_matrix(matrix: Any) -> Array:
    """Return the unit quaternion (w, x, y, z), w ≥ 0, of a rotation matrix."""
    return quaternions_from_matrices(np.asarray(matrix, dtype=np.float64)[None])[0]


def quaternions_from_matrices(m: Array) -> Array:
    """Return unit quaternions (N, 4), w ≥ 0, of rotation matrices (N, 3, 3).

    The eigenvector of the largest eigenvalue of Bar-Itzhack's symmetric 4 × 4 matrix (Journal of Guidance
    23(6), 2000): as exact for half turns as for small ones, with no cases.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = np.moveaxis(m, 0, -1)
    rows = [
        [xx + yy + zz, zy - yz, xz - zx, yx - xy],
        [zy - yz, xx - yy - zz, yx + xy, xz + zx],
        [xz - zx, yx + xy, yy - xx - zz, zy + yz],
        [yx - xy, xz + zx, zy + yz, zz - xx - yy],
    ]
    symmetric = np.moveaxis(np.array(rows), -1, 0) / 3.0
    quaternions: Array = np.linalg.eigh(symmetric)[1][:, :, -1]
    return np.where(quaternions[:, :1] < 0, -quaternions, quaternions)
