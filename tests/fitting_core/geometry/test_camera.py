"""The pinhole camera against its formula and its own finite differences."""

from __future__ import annotations

import numpy as np

from fitting_core.geometry.camera import NEAREST_DEPTH_M, project, projection_jacobian

_FOCAL = np.array([1000.0, 1500.0])
_CENTRE = np.array([[400.0, 500.0], [640.0, 360.0]])


def test_known_point() -> None:
    points = np.array([[[0.1, -0.2, 2.0]], [[0.0, 0.0, 3.0]]])
    np.testing.assert_allclose(project(points, _FOCAL, _CENTRE), [[[450.0, 400.0]], [[640.0, 360.0]]])


def test_jacobian_is_the_derivative() -> None:
    points = np.random.default_rng(1).normal(size=(2, 5, 3)) + np.array([0, 0, 4])
    jacobian = projection_jacobian(points, _FOCAL)
    step = 1e-6
    for axis in range(3):
        change = step * np.eye(3)[axis]
        numeric = (project(points + change, _FOCAL, _CENTRE) - project(points - change, _FOCAL, _CENTRE)) / (
            2 * step
        )
        np.testing.assert_allclose(jacobian[..., axis], np.swapaxes(numeric, 1, 2), rtol=1e-6, atol=1e-4)


def test_points_behind_the_camera_stay_finite() -> None:
    points = np.array([[[0.1, 0.1, -1.0]], [[0.1, 0.1, 0.0]]])
    assert np.isfinite(project(points, _FOCAL, _CENTRE)).all()
    assert NEAREST_DEPTH_M > 0
