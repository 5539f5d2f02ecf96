"""Whittaker's smoother: known answers, straight motion, weights, and the dense system solved by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.motion_smoothing import cutoff_hz, smoothed

FPS = 30.0


def test_is_the_minimum_of_its_cost() -> None:
    random = np.random.default_rng(0)
    values, weights = random.normal(size=(40, 3)), random.uniform(0.1, 1.0, 40)
    second = np.diff(np.eye(40), 2, axis=0)
    stiffness = (FPS / (2 * np.pi * cutoff_hz(0.6))) ** 4
    wanted = np.linalg.solve(np.diag(weights) + stiffness * second.T @ second, weights[:, None] * values)
    np.testing.assert_allclose(smoothed(values, weights, FPS, 0.6), wanted, atol=1e-9)


def test_straight_motion_stays() -> None:
    line = np.linspace(0.0, 5.0, 50)[:, None] * [1.0, -2.0]
    np.testing.assert_allclose(smoothed(line, np.ones(50), FPS, 1.0), line, atol=1e-9)


@pytest.mark.parametrize("smoothness", [0.5, 0.8, 1.0])
def test_half_is_left_of_its_own_frequency(smoothness: float) -> None:
    phase = 2 * np.pi * cutoff_hz(smoothness) * np.arange(600) / 120.0
    found = smoothed(np.sin(phase)[:, None], np.ones(600), 120.0, smoothness)[200:400, 0]
    assert np.abs(found).max() == pytest.approx(0.5, abs=0.02)


def test_a_frame_that_is_not_trusted_follows_its_neighbours() -> None:
    values, weights = np.zeros((31, 1)), np.ones(31)
    values[15] = 1.0
    weights[15] = 1e-3
    assert abs(smoothed(values, weights, FPS, 0.3)[15, 0]) < 0.02
    assert smoothed(values, np.ones(31), FPS, 0.3)[15, 0] > 0.3


@pytest.mark.parametrize(("count", "smoothness"), [(1, 1.0), (2, 1.0), (10, 0.0)])
def test_nothing_changes(count: int, smoothness: float) -> None:
    values = np.random.default_rng(1).normal(size=(count, 2))
    np.testing.assert_array_equal(smoothed(values, np.ones(count), FPS, smoothness), values)
