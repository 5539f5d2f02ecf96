"""Rotation vectors, matrices and their derivatives against SciPy and finite differences."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fitting_core.geometry.rotations import (
    compose_vectors,
    matrix_from_vector,
    right_jacobian,
    skew,
    vector_from_matrix,
)

_ANGLES = (0.0, 1e-9, 1e-4, 0.0999, 0.1001, 1.0, 3.0, np.pi - 1e-7, np.pi)


def _vectors(angle: float) -> np.ndarray:
    axes = np.random.default_rng(0).normal(size=(20, 3))
    return angle * axes / np.linalg.norm(axes, axis=1, keepdims=True)


@pytest.mark.parametrize("angle", _ANGLES)
def test_matrix_agrees_with_scipy(angle: float) -> None:
    vectors = _vectors(angle)
    np.testing.assert_allclose(
        matrix_from_vector(vectors), Rotation.from_rotvec(vectors).as_matrix(), atol=1e-12
    )


@pytest.mark.parametrize("angle", _ANGLES)
def test_log_inverts_exp(angle: float) -> None:
    matrices = matrix_from_vector(_vectors(angle))
    again = vector_from_matrix(matrices)
    assert np.linalg.norm(again, axis=1).max() <= np.pi + 1e-9
    np.testing.assert_allclose(matrix_from_vector(again), matrices, atol=1e-9)


@pytest.mark.parametrize("angle", (1e-9, 1e-3, 0.0999, 0.1001, 1.0, 3.0))
def test_right_jacobian_is_the_derivative_of_exp(angle: float) -> None:
    theta = _vectors(angle)
    jacobian = right_jacobian(theta)
    step = 1e-6
    for axis in range(3):
        change = step * np.eye(3)[axis]
        ahead, behind = matrix_from_vector(theta + change), matrix_from_vector(theta - change)
        turned = np.swapaxes(matrix_from_vector(theta), 1, 2) @ (ahead - behind) / (2 * step)
        np.testing.assert_allclose(turned, skew(jacobian[:, :, axis]), atol=1e-8)


def test_float32_stays_accurate_at_small_angles() -> None:
    theta = _vectors(1e-3).astype(np.float32)
    exact = Rotation.from_rotvec(theta.astype(np.float64)).as_matrix()
    assert np.abs(matrix_from_vector(theta) - exact).max() < 2e-7


def test_composition_multiplies_rotations() -> None:
    first, second = _vectors(1.2), _vectors(0.7)[::-1].copy()
    expected = (Rotation.from_rotvec(first) * Rotation.from_rotvec(second)).as_matrix()
    np.testing.assert_allclose(matrix_from_vector(compose_vectors(first, second)), expected, atol=1e-12)
    assert xp.asarray(first).shape == (20, 3)
