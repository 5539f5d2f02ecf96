"""Loops in made-up joints whose period is known, and their ends joined."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.loop_search import find_loop, joined, joined_rotations

SAME = 0.005


def walking(rows: int, period: float, noise: float = 0.0) -> np.ndarray:
    """Joints (T, 3, 3) of somebody who walks along x: a root, and two that swing."""
    t = np.arange(rows)
    swing = 0.4 * np.sin(2 * np.pi * t / period)
    root = np.column_stack([0.05 * t, 0 * t, 1 + 0.02 * np.cos(4 * np.pi * t / period)])
    left = root + np.column_stack([swing, 0 * t + 0.1, 0 * t - 0.8])
    right = root + np.column_stack([-swing, 0 * t - 0.1, 0 * t - 0.8])
    places = np.stack([root, left, right], axis=1)
    return places + np.random.default_rng(0).normal(0, noise, places.shape)


@pytest.mark.parametrize("noise", [0.0, 0.001], ids=["exact", "noisy"])
@pytest.mark.parametrize(("rows", "period"), [(100, 30), (64, 30), (300, 47)])
def test_one_period(rows: int, period: int, noise: float) -> None:
    loop = find_loop(walking(rows, period, noise), 8, 200, SAME)
    assert loop is not None and loop.last - loop.first == period
    assert loop.difference < 0.001 + 20 * noise


def test_half_a_step_is_no_loop() -> None:
    """Left and right have changed places then: the pose is a mirror of the first one, not the same."""
    loop = find_loop(walking(100, 30), 8, 29, SAME)
    assert loop is None or loop.difference > 0.05


NO_LOOP = {
    "still": np.ones((50, 3, 3)),
    "shorter than the shortest": walking(8, 30),
    "never back": walking(40, 400),
}


@pytest.mark.parametrize("places", NO_LOOP.values(), ids=NO_LOOP)
def test_no_loop(places: np.ndarray) -> None:
    loop = find_loop(places, 8, 200, SAME)
    assert loop is None or loop.difference > 0.02


def test_ends_are_joined() -> None:
    values = np.cumsum(np.random.default_rng(1).normal(0, 1, (20, 3)), axis=0)
    closed = joined(values, np.array([5.0, 0.0, 0.0]))
    np.testing.assert_allclose(closed[-1] - closed[0], [5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(np.diff(closed - values, n=2, axis=0), 0.0, atol=1e-12)  # evenly spread


@pytest.mark.parametrize("turns", [0.0, 1.0], ids=["comes back", "turns once about itself"])
def test_rotations_are_joined(turns: float) -> None:
    angles = np.linspace(0.0, 2 * np.pi * turns + 0.1, 30)
    quaternions = np.column_stack([np.cos(angles / 2), np.sin(angles / 2), 0 * angles, 0 * angles])
    closed = joined_rotations(quaternions)
    assert abs(closed[0] @ closed[-1]) == pytest.approx(1.0)
    np.testing.assert_allclose(np.linalg.norm(closed, axis=1), 1.0)
    assert (np.sum(closed[1:] * closed[:-1], axis=1) > 0.9).all()
