"""Raw outputs of a single-shot detector to the boxes and points that it found, overlapping ones merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float

LEAST_SCORE = 0.5
MOST_OVERLAP = 0.3  # intersection over union from which two boxes are of the same thing


def anchor_centres(side: int, strides: Sequence[int]) -> Float[NumpyArray, "anchors 2"]:
    """Return where each anchor's values are measured from, 0 to 1: two at the middle of each cell, a layer a stride.

    Layers of the same stride share a grid, cell by cell.
    """
    centres: list[NumpyArray] = []
    for stride in dict.fromkeys(strides):
        count = side // stride
        middles = (np.arange(count) + 0.5) / count
        grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, 2 * sum(other == stride for other in strides), axis=0))
    return np.concatenate(centres)


def found_things(
    raw: Float[NumpyArray, "anchors values"],
    logits: Float[NumpyArray, "anchors"],
    anchors: Float[NumpyArray, "anchors 2"],
    side: int,
    least_score: float = LEAST_SCORE,
) -> tuple[Float[NumpyArray, "things points 2"], Float[NumpyArray, "things"]]:
    """Return the points of each thing (0 to 1 of the region), the box's two corners first, and its score, best first.

    `raw` has the box's centre and size, then x and y of each point, in pixels of the network's input from the anchor.
    """
    scores = 0.5 * (np.tanh(0.5 * logits.astype(np.float64)) + 1.0)
    kept = np.flatnonzero(scores >= least_score)
    values = raw[kept].reshape(len(kept), raw.shape[1] // 2, 2).astype(np.float64) / side
    centre, half = values[:, 0] + anchors[kept], values[:, 1] / 2.0
    points = values[:, 2:] + anchors[kept, None]
    corners = np.stack([centre - half, centre + half], axis=1)
    return _merged(np.concatenate([corners, points], axis=1), scores[kept])


def _merged(things: NumpyArray, scores: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """Weighted non-maximum suppression: what overlaps the best one is averaged with it, by score."""
    order = np.argsort(-scores, kind="stable")
    things, scores = things[order], scores[order]
    merged: list[NumpyArray] = []
    kept: list[float] = []
    while len(scores):
        same = overlaps(things[0, :2], things[:, :2]) > MOST_OVERLAP
        same[0] = True
        merged.append(np.average(things[same], axis=0, weights=scores[same]))
        kept.append(float(scores[0]))
        things, scores = things[~same], scores[~same]
    return np.array(merged).reshape(-1, *things.shape[1:]), np.array(kept)


def overlaps(
    box: Float[NumpyArray, "2 2"], others: Float[NumpyArray, "boxes 2 2"]
) -> Float[NumpyArray, "boxes"]:
    """Return intersection over union of a box with each of the others, all as (corner, opposite corner)."""
    sides = np.minimum(box[1], others[:, 1]) - np.maximum(box[0], others[:, 0])
    common = sides.clip(min=0.0).prod(axis=1)
    union = (box[1] - box[0]).prod() + (others[:, 1] - others[:, 0]).prod(axis=1) - common
    return common / np.maximum(union, 1e-12)
