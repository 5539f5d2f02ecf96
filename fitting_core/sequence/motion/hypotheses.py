"""Several poses for every frame, and the likeliest path through them.

Each frame is fitted by itself, as a photo is, and keeps a few different solutions. The path takes one of them from every frame
so that the sum of their losses and of the cost of getting from each to the next is least (dynamic programming, Viterbi).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray, to_numpy
from fitting_core.fitting.fit_batch import Report, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.starts.initial_guess import pelvis_aligned_points
from fitting_core.fitting.subject import Subject

if TYPE_CHECKING:
    from jaxtyping import Float, Int

KEPT = 4  # solutions of a frame
# A joint that moves this fast, m/s against the pelvis, costs ½; the cost of a joint ends near that of the speed below.
_SPEED_MS = 1.0
_FASTEST_MS = 6.0
_POSED_AT_ONCE = 2000  # so that memory does not grow with the clip


def frame_hypotheses(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None = None
) -> tuple[Float[NumpyArray, "frames kept columns"], Float[NumpyArray, "frames kept"]]:
    """Fit every frame by itself, as far as the mirrored limbs; return its different solutions and their losses."""
    stages = tuple(
        replace(stage, keep=KEPT) if stage.keep_different else stage
        for stage in setup.stages
        if not stage.hands_and_face
    )
    fit = fit_batch(replace(setup, stages=stages), subjects, make, report)
    return fit.x, fit.loss


def likeliest_path(
    losses: Float[NumpyArray, "frames kept"],
    points: Float[NumpyArray, "frames kept points 3"],
    seconds: Float[NumpyArray, " frames-1"],
) -> Int[NumpyArray, " frames"]:
    """Return which solution of every frame the cheapest path takes; `points` are aligned at the pelvis, in the camera's frame.

    `seconds` lie between a frame and the next.
    """
    costs = losses[0].copy()
    came_from = np.zeros(losses.shape, dtype=np.int64)
    for frame in range(1, len(losses)):
        apart = points[frame, None] - points[frame - 1, :, None]  # (before, now, points, 3)
        through = costs[:, None] + _transition(apart, float(seconds[frame - 1]))
        came_from[frame] = through.argmin(axis=0)
        costs = through.min(axis=0) + losses[frame]
    path = np.zeros(len(losses), dtype=np.int64)
    path[-1] = int(costs.argmin())
    for frame in range(len(losses) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def _transition(apart: Float[NumpyArray, "before now points 3"], seconds: float) -> NumpyArray:
    """Return ½ Σ v² V² / (v² + V²) over the joints, v the speed and V the fastest, both in deviations."""
    squared = (apart * apart).sum(axis=-1) / (_SPEED_MS * seconds) ** 2
    limit = (_FASTEST_MS / _SPEED_MS) ** 2
    return 0.5 * (squared * limit / (squared + limit)).sum(axis=-1)


def path_of(
    setup: FitSetup,
    found: tuple[Float[NumpyArray, "frames kept columns"], Float[NumpyArray, "frames kept"]],
    seconds: Float[NumpyArray, " frames-1"],
    make: ArrayMaker,
) -> Float[NumpyArray, "frames columns"]:
    """Return the solutions of the likeliest path."""
    x, losses = found
    frames, kept, columns = x.shape
    rows = x.reshape(-1, columns)
    posed = [
        to_numpy(
            pelvis_aligned_points(setup.points, setup.layout, rows[first : first + _POSED_AT_ONCE], make)
        )
        for first in range(0, len(rows), _POSED_AT_ONCE)
    ]
    points = np.concatenate(posed).reshape(frames, kept, -1, 3)
    path = likeliest_path(losses, points, seconds)
    return x[np.arange(frames), path]
