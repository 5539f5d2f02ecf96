"""Tells in which frames of a track a detector has taken left for right.

Of two kinds of frames, as seen and exchanged, the row is chosen under which the points jump least from frame to frame, at a price
for every frame that is not taken as seen (dynamic programming). So a moment of exchanged sides is put right, while a person
who is seen one way for long is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.layouts import BODY_25, MIRROR

OTHER_SIDE = list(MIRROR[: BODY_25.count])
# In mean distances of the points as shares of the person's size: the price of a frame, and the most that a jump counts.
_PRICE = 0.02
_LARGEST_JUMP = 0.3


def exchanged_frames(bodies: Sequence[Float[NumpyArray, "25 3"]], size_px: float) -> list[bool]:
    """Return for every frame of a track whether its sides are exchanged; `size_px` is the person's size in the picture."""
    costs = np.array([0.0, _PRICE])
    came_from: list[NumpyArray] = []
    for before, now in pairwise(bodies):
        same, other = _jump(before, now, size_px), _jump(before, now[OTHER_SIDE], size_px)
        through = costs[:, None] + np.array([[same, other], [other, same]])
        came_from.append(through.argmin(axis=0))
        costs = through.min(axis=0) + np.array([0.0, _PRICE])
    kind = int(costs.argmin())
    kinds = [kind]
    for sources in reversed(came_from):
        kind = int(sources[kind])
        kinds.append(kind)
    return [kind == 1 for kind in reversed(kinds)]


def _jump(before: Float[NumpyArray, "25 3"], now: Float[NumpyArray, "25 3"], size_px: float) -> float:
    both = (before[:, 2] >= CONFIDENT) & (now[:, 2] >= CONFIDENT)
    if not both.any():
        return 0.0
    apart: NumpyArray = np.linalg.norm(now[both, :2] - before[both, :2], axis=1)
    return min(float(apart.mean()) / max(size_px, 1.0), _LARGEST_JUMP)
