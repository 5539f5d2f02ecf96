"""The curves between kept keys: within the bound at every row, few, and the work no more than the length times its logarithm."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.key_reduction import (
    curve_between,
    kept_rows,
    location_error,
    rotation_error,
    smooth_track,
)
from smplify_blender.result.rotations import quaternion_from_matrix
from tests.blender.synthetic_result import rotation_matrix

_T = np.arange(200.0)
VALUES: dict[str, tuple[np.ndarray, int]] = {
    "a line": (np.outer(_T, [0.1, 0.2, -0.3]), 2),
    "still": (np.tile([1.0, 2.0, 3.0], (200, 1)), 2),
    "a slow wave": (np.sin(_T[:, None] / 20 + np.arange(3)), 20),
    "a step": ((_T[:, None] >= 100) * np.ones(3), 8),
    "noise": (np.random.default_rng(0).normal(0, 1, (200, 3)), 200),
}


@pytest.mark.parametrize(("values", "most"), VALUES.values(), ids=VALUES)
def test_within_the_bound_at_every_row(values: np.ndarray, most: int) -> None:
    track = smooth_track(_T, values)
    rows = kept_rows(track, location_error, 0.02)
    assert rows[0] == 0 and rows[-1] == len(_T) - 1 and len(rows) <= most
    for first, end in pairwise(rows.tolist()):
        between = curve_between(track, first, end)
        assert np.linalg.norm(between - values[first + 1 : end], axis=1).max(initial=0.0) <= 0.02


def test_a_cubic_is_met_exactly() -> None:
    frames = np.array([0.0, 1.0, 2.5, 4.0, 7.0])
    values = (frames**3 - 4 * frames**2 + frames)[:, None]
    track = smooth_track(frames, values)
    exact = type(track)(frames, values, (3 * frames**2 - 8 * frames + 1)[:, None])
    np.testing.assert_allclose(curve_between(exact, 0, 4), values[1:4], atol=1e-12)


def test_the_ends_of_a_cycle_have_one_slope() -> None:
    frames = np.arange(25.0)
    values = np.column_stack(
        [np.sin(2 * np.pi * frames / 24 + 1), 0.5 * frames]
    )  # one comes again, one goes on
    slopes = smooth_track(frames, values, cycles=True).slopes
    np.testing.assert_allclose(slopes[0], slopes[-1], atol=1e-12)
    np.testing.assert_allclose(slopes[0], [2 * np.pi / 24 * np.cos(1), 0.5], atol=0.01)


def test_a_track_of_one_or_two_rows() -> None:
    for count in (1, 2):
        track = smooth_track(np.arange(float(count)), np.ones((count, 3)))
        assert kept_rows(track, location_error, 1.0).tolist() == list(range(count))


@pytest.mark.parametrize("angle", [1e-6, 0.01, 0.5, 3.0])
def test_the_error_of_quaternions_is_the_angle(angle: float) -> None:
    start = rotation_matrix(np.array([0.3, -1.0, 0.4]))
    axis = np.array([0.6, 0.0, 0.8])
    turned = [quaternion_from_matrix(m) for m in (start, start @ rotation_matrix(angle * axis))]
    first, second = (np.array([turn]) for turn in turned)
    if (first @ second.T).item() < 0:
        second = -second
    assert rotation_error("QUATERNION")(first, 3.0 * second)[0] == pytest.approx(angle, rel=1e-4)


@pytest.mark.parametrize("mode", ["XYZ", "ZXY", "AXIS_ANGLE"])
def test_the_error_of_other_modes_is_no_less_than_the_angle(mode: str) -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(0, 1, (50, 4 if mode == "AXIS_ANGLE" else 3))
    others = values + generator.normal(0, 0.1, values.shape)
    errors = rotation_error(mode)(values, others)
    for value, other, error in zip(values, others, errors, strict=True):
        turn = _matrix(mode, value).T @ _matrix(mode, other)
        angle = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
        assert error >= angle - 1e-9


def _matrix(mode: str, value: np.ndarray) -> np.ndarray:
    if mode == "AXIS_ANGLE":
        return rotation_matrix(value[0] * value[1:] / np.linalg.norm(value[1:]))
    axes = {
        axis: rotation_matrix(angle * np.eye(3)[i])
        for i, (axis, angle) in enumerate(zip("XYZ", value, strict=True))
    }
    return axes[mode[2]] @ axes[mode[1]] @ axes[mode[0]]


def test_the_work_grows_with_the_length_times_its_logarithm() -> None:
    """Spikes at every power of two split a span near its end each time, which is the most work there can be."""

    def rows_looked_at(count: int) -> int:
        looked = 0

        def counting(values: Any, others: Any) -> Any:
            nonlocal looked
            looked += len(values)
            return location_error(values, others)

        frames = np.arange(float(count))
        values = np.exp(-frames / 3)[:, None] * np.ones(3)
        kept_rows(smooth_track(frames, values), counting, 1e-6)
        return looked

    assert rows_looked_at(16000) < 2.6 * rows_looked_at(8000)
