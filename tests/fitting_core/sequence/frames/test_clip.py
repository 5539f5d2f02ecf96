"""Frame rates, regular clocks and spans of a clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fitting_core.errors import ClipError, RequestError
from fitting_core.sequence.frames.clip import (
    MOST_FRAMES,
    FrameTimes,
    checked_rate,
    chosen_frames,
    regular_frames,
    usual_rate,
)

CLIP = Path("clip.mp4")


@pytest.mark.parametrize(
    ("measured", "rate"),
    [
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
        (Fraction(29969, 1000), Fraction(30000, 1001)),
        (Fraction(359, 12), Fraction(359, 12)),
        (Fraction(30), Fraction(30)),
        (Fraction(23976, 1000), Fraction(24000, 1001)),
        (Fraction(25001, 1000), Fraction(25)),
        (Fraction(17), Fraction(17)),
    ],
)
def test_usual_rates(measured: Fraction, rate: Fraction) -> None:
    assert usual_rate(measured) == rate


def test_regular_clip_is_itself() -> None:
    times = np.arange(10) / 24.0 + np.random.default_rng(0).uniform(-0.005, 0.005, 10)
    numbers, ticks, is_regular = regular_frames(times - times[0], Fraction(24))
    assert is_regular and numbers.tolist() == list(range(10))
    np.testing.assert_allclose(ticks, np.arange(10) / 24.0)


def test_varying_rate_shows_the_last_frame_that_has_begun() -> None:
    """A phone drops the frames 3 and 4 of a clip at ten a second: frame 2 is shown instead."""
    times = np.array([0.0, 0.1, 0.2, 0.5, 0.6])
    numbers, ticks, is_regular = regular_frames(times, Fraction(10))
    assert not is_regular
    assert numbers.tolist() == [0, 1, 2, 2, 2, 3, 4]
    np.testing.assert_allclose(ticks, np.arange(7) / 10.0)


def frames_of(count: int) -> FrameTimes:
    return FrameTimes(Fraction(30), 1, np.arange(count), np.arange(count) / 30.0)


@pytest.mark.parametrize(
    ("start", "end", "step", "numbers"),
    [
        (0, None, 1, [0, 1, 2, 3, 4, 5, 6]),
        (2, 4, 1, [2, 3, 4]),
        (1, None, 3, [1, 4]),
        (6, 6, 1, [6]),
    ],
)
def test_spans(start: int, end: int | None, step: int, numbers: list[int]) -> None:
    chosen = chosen_frames(frames_of(7), start, end, step, CLIP)
    assert chosen.numbers.tolist() == numbers
    assert chosen.fps == 30.0 / step


@pytest.mark.parametrize(("start", "end"), [(7, None), (0, 7), (5, 3)])
def test_spans_that_are_not_there(start: int, end: int | None) -> None:
    with pytest.raises(RequestError, match="has the frames 0 to 6"):
        chosen_frames(frames_of(7), start, end, 1, CLIP)


def test_too_many_frames() -> None:
    with pytest.raises(RequestError, match="--step"):
        chosen_frames(frames_of(MOST_FRAMES + 1), 0, None, 1, CLIP)


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-5), Fraction(100_000)])
def test_rates_that_no_clip_has(rate: Fraction) -> None:
    with pytest.raises(ClipError, match="--fps"):
        checked_rate(rate, CLIP)
