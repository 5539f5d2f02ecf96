"""The judgement of a whole motion, and the frames that are worth a look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rotations import Array

FEWEST_SECONDS_APART = (
    0.4  # of two frames that are shown as bad: their neighbours are as bad, and say nothing new
)
SHOWN_FRAMES = 5


@dataclass(frozen=True)
class Verdict:
    """The word on one person's motion, good, check or poor, and the reasons for not being good."""

    word: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class MotionVerdict:
    """The word on a motion with its reasons, how many frames are good, to check, poor and unseen, and the worst ones.

    `worst` are frames of the scene, the worst first.
    """

    word: str
    reasons: tuple[str, ...]
    counts: tuple[int, int, int, int]
    worst: tuple[int, ...]


def worst_frames(words: Array, errors: Array, frames: Array, fps: float) -> tuple[int, ...]:
    """Return the frames (of `frames`, (N,)) that are to be checked or poor and have the largest errors (N,), a while apart.

    `words` (N,) are 0 for good frames and 3 for those in which nobody was seen.
    """
    candidates = np.flatnonzero((words == 1) | (words == 2))
    apart = FEWEST_SECONDS_APART * fps
    found: list[int] = []
    for row in candidates[np.argsort(-errors[candidates], kind="stable")]:
        frame = round(float(frames[row]))
        if all(abs(frame - other) > apart for other in found):
            found.append(frame)
        if len(found) == SHOWN_FRAMES:
            break
    return tuple(found)
