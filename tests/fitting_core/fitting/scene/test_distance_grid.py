"""Distances on a grid: exact for what a grid can hold, their derivatives, outside of it, and on either engine."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker, numpy_double, to_numpy
from fitting_core.fitting.scene.distance_grid import DistanceGrid, grid_arrays
from fitting_core.geometry.rotations import matrix_from_vector
from tests.scenes import box, floor


def _turned(thing: DistanceGrid) -> DistanceGrid:
    placed = np.eye(4)
    placed[:3, :3], placed[:3, 3] = matrix_from_vector(np.array([0.3, -0.8, 0.5])), (0.2, -0.1, 3.0)
    return replace(thing, camera_from_grid=placed)


def _around(count: int, spread: float) -> np.ndarray:
    return np.random.default_rng(2).uniform(-spread, spread, (1, count, 3))


def test_a_floor_is_exact_far_beyond_where_people_stand() -> None:
    points = _around(50, 30.0)
    distance, slope = grid_arrays(floor(1.5), numpy_double()).sample(points)
    np.testing.assert_allclose(distance, 1.5 - points[..., 1], atol=1e-9)
    np.testing.assert_allclose(slope, np.broadcast_to([0.0, -1.0, 0.0], points.shape), atol=1e-9)


def test_a_box_is_met_to_a_fraction_of_a_cell() -> None:
    points = _around(400, 0.4)
    distance, _ = grid_arrays(box("box", [-0.2] * 3, [0.2] * 3, 0.02), numpy_double()).sample(points)
    apart = np.abs(points) - 0.2
    true = np.linalg.norm(np.maximum(apart, 0), axis=-1) + np.minimum(apart.max(axis=-1), 0)
    np.testing.assert_allclose(distance, true, atol=0.008)


@pytest.mark.parametrize("spread", [0.6, 4.0], ids=["within the grid", "mostly outside"])
def test_slopes_against_finite_differences(spread: float) -> None:
    points = _around(200, spread) + np.array([0.2, -0.1, 3.0])
    grid = grid_arrays(_turned(box("box", [-0.2] * 3, [0.3] * 3)), numpy_double())
    _, slope = grid.sample(points)
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-7
        change = (grid.sample(points + step)[0] - grid.sample(points - step)[0]) / 2e-7
        assert np.median(np.abs(slope[..., axis] - change)) < 1e-7
        assert (np.abs(slope[..., axis] - change) < 1e-5).mean() > 0.99  # all but points on a border of cells


def test_outside_the_distance_grows_with_the_way_to_the_grid() -> None:
    grid = grid_arrays(box("box", [-0.2] * 3, [0.2] * 3), numpy_double())
    points = np.array([[[0.0, 0.0, z] for z in (0.7, 1.7, 5.7)]])
    np.testing.assert_allclose(grid.sample(points)[0][0], [0.5, 1.5, 5.5], atol=0.03)


def test_engines_agree() -> None:
    torch = pytest.importorskip("torch")
    namespace = pytest.importorskip("array_api_compat.torch")
    points, thing = _around(100, 1.0), box("box", [-0.2] * 3, [0.2] * 3)
    expected = grid_arrays(thing, ArrayMaker(xp, np.float64)).sample(points)
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        make = ArrayMaker(namespace, dtype)
        for found, wanted in zip(grid_arrays(thing, make).sample(make.floats(points)), expected, strict=True):
            np.testing.assert_allclose(to_numpy(found), wanted, atol=tolerance)
