"""A picture, or a part of it, to the 17 points of every person in it, small ones too.

The network marks the middles of people, and says at each how large the person is and where about its points lie; heat maps of all
people's points then say where exactly. As the published graph does (MoveNet MultiPose), but for more than six people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, Region, picture_within, sample

if TYPE_CHECKING:
    from jaxtyping import Float

# COCO's points, in the network's order.
POINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
LEAST_SCORE = 0.15  # of a person
_LEAST_POINT_SCORE = 0.127  # of a point that counts for the person's score
_CELL = 4  # px of the network's input
_COARSEST = 32  # px of the cells of its coarsest layer
_SPREAD = 0.3  # of the square's side, in cells: the variance about the place where a point is guessed
_NEAREST = 2  # cells between two middles


@dataclass(frozen=True, eq=False)
class FoundPerson:
    """A person's points in px of the picture, the score of each and of the person, 0 to 1."""

    pixels: Float[NumpyArray, "17 2"]
    scores: Float[NumpyArray, "17"]
    score: float


def find_crowd(picture: Picture, around: Region, side: int | None = None) -> list[FoundPerson]:
    """Return the people in a square of the picture, the best first.

    `side` is the size in px that the square is seen in, a multiple of 32; None: the network's own. Of the square the network is
    shown the part in which the picture lies: nobody is in the black beyond it.
    """
    net = network("find_crowd")
    side = side or net.side
    left, top, right, bottom = picture_within(picture, around, side, _COARSEST)
    shown = sample(picture, around, side, fill=0)[top:bottom, left:right]
    outputs = net.evaluate(shown[None] * (2.0 / 255.0) - 1.0)
    maps = {name: values[0].astype(np.float64) for name, values in outputs.items()}
    middles = _chance(maps["centre"][..., 0])
    heat = _chance(maps["point_heat"])
    people: list[FoundPerson] = []
    for row, column in _peaks(middles):
        cells, scores = _points_of(maps, heat, (int(row), int(column)), side)
        seen = scores > _LEAST_POINT_SCORE
        score = float(middles[row, column] * scores[seen].sum() / max(1, seen.sum()))
        if score >= LEAST_SCORE:
            people.append(FoundPerson(around.to_picture((cells * _CELL + (left, top)) / side), scores, score))
    return sorted(people, key=lambda person: -person.score)


def _chance(logits: NumpyArray) -> NumpyArray:
    return 0.5 * (np.tanh(0.5 * logits) + 1.0)


def _peaks(middles: Float[NumpyArray, "rows columns"]) -> NumpyArray:
    """Return row and column of every cell that is the highest within two cells of it, and high enough to matter."""
    padded = np.pad(middles, _NEAREST, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * _NEAREST + 1,) * 2)
    return np.argwhere((middles >= windows.max(axis=(2, 3))) & (middles >= LEAST_SCORE))


def _points_of(
    maps: dict[str, NumpyArray], heat: NumpyArray, cell: tuple[int, int], side: int
) -> tuple[Float[NumpyArray, "17 2"], Float[NumpyArray, "17"]]:
    """Return the points (x, y in cells) of the person about a cell, and their scores: the heat near where each is guessed."""
    size = heat.shape[:2]
    centre, half = maps["box_offset"][cell] + cell, maps["box_size"][cell].clip(min=0.0) / 2.0
    top, left = np.ceil((centre - half).clip(0, size)).astype(int)
    bottom, right = np.ceil((centre + half).clip(0, size)).astype(int)
    if top >= bottom or left >= right:
        return np.zeros((len(POINTS), 2)), np.zeros(len(POINTS))
    guessed = maps["points"][cell].reshape(-1, 2) + cell
    rows, columns = np.mgrid[top:bottom, left:right]
    apart = (rows[..., None] - guessed[:, 0]) ** 2 + (columns[..., None] - guessed[:, 1]) ** 2
    likely = heat[top:bottom, left:right] * np.exp(-apart / (_SPREAD * side / _CELL))
    best = likely.reshape(-1, len(POINTS)).argmax(axis=0)
    at = np.column_stack([rows.ravel()[best], columns.ravel()[best]])
    offsets = maps["point_offset"].reshape(*size, -1, 2)[at[:, 0], at[:, 1], range(len(POINTS))]
    return (at + offsets)[:, ::-1], likely.reshape(-1, len(POINTS)).max(axis=0)
