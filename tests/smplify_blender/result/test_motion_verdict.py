"""The frames that a user is sent to: the worst ones, a while apart."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.motion_verdict import worst_frames

GOOD, CHECK, POOR, HELD = range(4)


def test_the_worst_frames_are_a_while_apart() -> None:
    words, errors = np.full(100, GOOD), np.ones(100)
    for row, error in ((20, 9.0), (21, 8.0), (35, 7.0), (50, 12.0)):
        words[row], errors[row] = POOR, error
    words[80], errors[80] = CHECK, 5.0
    words[90], errors[90] = HELD, 0.0
    errors[60] = 50.0  # a good frame of a large person
    frames = 101.0 + np.arange(100)
    assert worst_frames(words, errors, frames, 30.0) == (151, 121, 136, 181)


@pytest.mark.parametrize(("fps", "count"), [(10.0, 5), (1000.0, 1)], ids=["five at most", "all too near"])
def test_how_many(fps: float, count: int) -> None:
    rows = np.arange(60)
    found = worst_frames(np.full(60, POOR), rows.astype(float), rows.astype(float), fps)
    assert len(found) == count and found[0] == 59
