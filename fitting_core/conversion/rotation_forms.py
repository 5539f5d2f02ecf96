"""Rotations in any form that programs write, rows or flat, as rotation vectors.

A joint is 3 numbers (a rotation vector), 4 (a quaternion), 6 (two axes) or 9 (a matrix). Frames come first. One pose without an
axis of frames is one frame.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.border import RefusedError
from fitting_core.geometry.rotations import vector_from_matrix

_SIZES = (3, 6, 9, 4)
_MATRIX_TOLERANCE = 0.05
_AXES_TOLERANCE = 0.05
_BLOCK_FRAMES = 4096
_LEAST_LENGTH = 1e-6


def rotation_vectors(rows: NumpyArray) -> NumpyArray:
    """Return 3 · J rotation vectors a frame from (frames, J joints, numbers of each), which are finite.

    Raises RefusedError where such numbers are no rotations.
    """
    count, joints, size = rows.shape
    if size == 3:
        return rows.reshape(count, -1)
    vectors = np.empty((count, joints * 3))
    for start in range(0, count, _BLOCK_FRAMES):
        block = rows[start : start + _BLOCK_FRAMES]
        matrices = _matrices(block.astype(np.float64), size, rows)
        vectors[start : start + len(block)] = vector_from_matrix(matrices).reshape(len(block), -1)
    return vectors


def joints_and_size(shape: tuple[int, ...], joint_counts: Collection[int]) -> tuple[int, int] | None:
    """Return the number of joints, one of these, and of the numbers of each; None for other shapes."""
    if shape[-2:] == (3, 3) and len(shape) > 2:
        joints = shape[-3] if len(shape) > 3 or shape[-3] in joint_counts else 1
        joints = 1 if len(shape) == 3 and 1 in joint_counts else joints
        return (joints, 9) if joints in joint_counts else None
    if (
        len(shape) >= 2
        and shape[-2] in joint_counts
        and shape[-1] in _SIZES
        and (len(shape) > 2 or shape[-2] > 1)
    ):
        return shape[-2], shape[-1]
    width = shape[-1] if shape else 0
    flat = width if len(shape) <= 2 else int(np.prod(shape[1:]))
    for size in _SIZES:
        if flat % size == 0 and flat // size in joint_counts:
            return flat // size, size
    return None


def _matrices(rows: NumpyArray, size: int, whole: NumpyArray) -> NumpyArray:
    """Return (N, J, 3, 3) from matrices, pairs of axes or quaternions."""
    if size == 9:
        return _checked(rows.reshape(*rows.shape[:2], 3, 3))
    return _from_axes(rows) if size == 6 else _from_quaternions(rows, whole)


def _checked(matrices: NumpyArray) -> NumpyArray:
    errors = np.abs(matrices @ np.swapaxes(matrices, -1, -2) - np.eye(3)).max(initial=0.0)
    if not errors <= _MATRIX_TOLERANCE or np.linalg.det(matrices).min(initial=1.0) < 0:
        raise RefusedError("matrices of 3 × 3 that are no rotations")
    left, _, right = np.linalg.svd(matrices)
    return left @ right


def _from_axes(rows: NumpyArray) -> NumpyArray:
    """Return matrices from six numbers a joint.

    They are two columns written row by row (SPIN, HMR, 4D-Humans), or two rows one behind the other (PyTorch3D, MDM): told apart
    by which of them are perpendicular and of length one.
    """
    interleaved = (rows[..., 0::2], rows[..., 1::2])
    behind = (rows[..., :3], rows[..., 3:])
    by_columns = _distance_from_axes(*interleaved) < _distance_from_axes(*behind) - _AXES_TOLERANCE
    first, second = interleaved if by_columns else behind
    length = np.linalg.norm(first, axis=-1, keepdims=True)
    if not length.min(initial=1.0) > _LEAST_LENGTH:
        raise RefusedError("six numbers a joint that are no axes")
    x = first / length
    rest = second - (x * second).sum(axis=-1, keepdims=True) * x
    y = rest / np.maximum(np.linalg.norm(rest, axis=-1, keepdims=True), _LEAST_LENGTH)
    return np.stack([x, y, np.cross(x, y)], axis=-1 if by_columns else -2)


def _distance_from_axes(first: NumpyArray, second: NumpyArray) -> float:
    lengths = [np.abs(np.linalg.norm(axis, axis=-1) - 1.0).mean() for axis in (first, second)]
    return float(max(*lengths, np.abs((first * second).sum(axis=-1)).mean()))


def _from_quaternions(rows: NumpyArray, whole: NumpyArray) -> NumpyArray:
    """Return matrices from quaternions; the real part is first or last, wherever it is the larger on the whole."""
    table = np.abs(whole.reshape(-1, 4)[:100_000])
    last = float(table[:, 3].mean()) > float(table[:, 0].mean())
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    if not length.min(initial=1.0) > _LEAST_LENGTH:
        raise RefusedError("quaternions of no length")
    unit = rows / length
    x, y, z, w = (unit[..., index] for index in ((0, 1, 2, 3) if last else (1, 2, 3, 0)))
    return np.stack(
        [
            1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
            2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
            2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
        ],
        axis=-1,
    ).reshape(*rows.shape[:2], 3, 3)  # fmt: skip
