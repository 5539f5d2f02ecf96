"""Windows of a long trajectory: their spans, work that grows like the frames, and the solution of one large system."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fitting_core.arrays import numpy_double
from fitting_core.optimisers.banded_least_squares import BandedQuadratic, minimise_banded
from fitting_core.sequence.motion.couplings import (
    added_to_steps,
    second_differences,
    uncoupled,
    with_held_frames,
)
from fitting_core.sequence.motion.windows import OVERLAP, WINDOW, Rule, solve_in_windows, windows
from fitting_core.sequence.steps_kept import KeptSteps


@pytest.mark.parametrize("count", [1, 2, WINDOW - 1, WINDOW, WINDOW + 1, 5 * WINDOW + 7])
def test_every_frame_is_in_a_window(count: int) -> None:
    spans = list(windows(count))
    assert spans[0][0] == 0 and spans[-1][1] == count
    for (_, stop, _), (first, _, held) in pairwise(spans):
        assert first + held == stop - OVERLAP
        assert held == 2
    assert all(stop - first <= WINDOW + 2 for first, stop, _ in spans)


def test_windows_of_another_size() -> None:
    assert list(windows(250, 100, 20)) == [(0, 100, 0), (78, 180, 2), (158, 250, 2)]


def test_work_grows_like_the_frames() -> None:
    work = [sum(stop - first for first, stop, _ in windows(count)) for count in (2000, 4000, 8000)]
    assert work[1] < 2.1 * work[0] and work[2] < 2.1 * work[1]


@dataclass(frozen=True, eq=False)
class _Smoothed:
    """½ Σ (x_t − y_t)² + ½ w Σ (x_{t−1} − 2 x_t + x_{t+1})²: a noisy row of numbers made smooth."""

    y: np.ndarray
    held: int

    def quadratic(self, x: np.ndarray) -> BandedQuadratic:
        apart = x - self.y
        alone = uncoupled(apart.copy(), np.ones((len(x), 1, 1)), 0.5 * float((apart**2).sum()))
        coupled = second_differences(x, np.full_like(x[2:], 30.0))
        return with_held_frames(added_to_steps(alone, coupled, slice(None)), self.held)

    def retract(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        return x + step


def solved(y: np.ndarray, folder: Path) -> np.ndarray:
    steps = KeptSteps(folder, [], [])
    return solve_in_windows(
        y,
        lambda window, _, held: _Smoothed(y[window], held),
        Rule(20, 1e-9),
        numpy_double(),
        (steps, "row"),
        lambda *_: None,
    )


def test_windows_meet_the_solution_of_one_system(tmp_path: Path) -> None:
    y = np.cumsum(np.random.default_rng(0).normal(size=(3 * WINDOW, 1)), axis=0)
    whole = minimise_banded(_Smoothed(y, 0), y, 50, 1e-12)
    np.testing.assert_allclose(solved(y, tmp_path), whole, atol=1e-3)


def test_progress_comes_after_every_window(tmp_path: Path) -> None:
    heard: list[int] = []
    y = np.zeros((2 * WINDOW, 1))
    solve_in_windows(
        y,
        lambda window, _, held: _Smoothed(y[window], held),
        Rule(2, 1e-3),
        numpy_double(),
        (KeptSteps(tmp_path, [], []), "row"),
        lambda done, _: heard.append(done),
    )
    assert heard == [stop for _, stop, _ in windows(len(y))]
