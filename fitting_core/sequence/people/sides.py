"""Tells in which frames of a track a detector has taken left for right, of the arms and head or of the legs.

Of two kinds of frames, as seen and exchanged, the row is chosen under which the points jump least from frame to frame, at a price
for every frame that is not taken as seen (dynamic programming). So a moment of exchanged sides is put right. Arms and legs are
told apart: in the frames between two kinds a detector exchanges the one and not the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, MIRROR

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

OTHER_SIDE = np.array(MIRROR[: BODY_25.count])
_LEG_PARTS = ("hip", "knee", "ankle", "toe", "heel")
_LEGS = np.array([number for number, name in enumerate(BODY_25.names) if name.endswith(_LEG_PARTS)])
_REST = np.setdiff1d(np.arange(BODY_25.count), _LEGS)
# In mean distances of the points as shares of the person's size: the price of a second, and the most that a jump counts. Nobody
# turns about in one frame: two jumps of a tenth are undone though two seconds between them were seen so.
_PRICE_PER_SECOND = 0.1
_LARGEST_JUMP = 0.3


def exchanged_frames(
    bodies: Sequence[Float[NumpyArray, "25 3"]], size_px: float, rate: float
) -> Bool[NumpyArray, "frames 2"]:
    """Tell for every frame of a track if the sides of arms and head, and if those of the legs, are exchanged.

    `size_px` is the person's size in the picture.
    """
    price = _PRICE_PER_SECOND / rate
    rows = [_exchanged(bodies, points, size_px, price) for points in (_REST, _LEGS)]
    return np.array(rows, dtype=bool).T


def with_own_sides(person: Keypoints2D, exchanged: Bool[NumpyArray, "2"]) -> Keypoints2D:
    """Return a person with the sides put right; the face stays, which knows its own."""
    rest, legs = (bool(one) for one in exchanged)
    body = person.body.copy()
    for points, is_exchanged in ((_REST, rest), (_LEGS, legs)):
        if is_exchanged:
            body[points] = person.body[OTHER_SIDE[points]]
    if not rest:
        return replace(person, body=body)
    return replace(person, body=body, left_hand=person.right_hand, right_hand=person.left_hand)


def _exchanged(
    bodies: Sequence[NumpyArray], points: Int[NumpyArray, " points"], size_px: float, price: float
) -> list[bool]:
    prices = np.array([0.0, price])
    costs = prices
    came_from: list[NumpyArray] = []
    for before, now in pairwise(bodies):
        same = _jump(before[points], now[points], size_px)
        other = _jump(before[points], now[OTHER_SIDE[points]], size_px)
        through = costs[:, None] + np.array([[same, other], [other, same]])
        came_from.append(through.argmin(axis=0))
        costs = through.min(axis=0) + prices
    kind = int(costs.argmin())
    kinds = [kind]
    for sources in reversed(came_from):
        kind = int(sources[kind])
        kinds.append(kind)
    return [kind == 1 for kind in reversed(kinds)]


def _jump(before: Float[NumpyArray, "points 3"], now: Float[NumpyArray, "points 3"], size_px: float) -> float:
    both = (before[:, 2] >= CONFIDENT) & (now[:, 2] >= CONFIDENT)
    if not both.any():
        return 0.0
    apart: NumpyArray = np.linalg.norm(now[both, :2] - before[both, :2], axis=1)
    return min(float(apart.mean()) / max(size_px, 1.0), _LARGEST_JUMP)
