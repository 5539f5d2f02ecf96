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
    """Unit quaternion (w, x, y, z), w ≥ 0, of a rotation matrix.

    The eigenvector of the largest eigenvalue of Bar-Itzhack's symmetric 4 × 4 matrix (Journal of Guidance
    23(6), 2000): as exact for half turns as for small ones, with no cases.
    """
    m = np.asarray(matrix, dtype=np.float64)
    symmetric = (
        np.array(
            [
                [m[0, 0] + m[1, 1] + m[2, 2], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
                [m[2, 1] - m[1, 2], m[0, 0] - m[1, 1] - m[2, 2], m[1, 0] + m[0, 1], m[0, 2] + m[2, 0]],
                [m[0, 2] - m[2, 0], m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], m[2, 1] + m[1, 2]],
                [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1]],
            ]
        )
        / 3.0
    )
    quaternion: Array = np.linalg.eigh(symmetric)[1][:, -1]
    return -quaternion if quaternion[0] < 0 else quaternion
