"""A region of a picture to the body points of the person in it, in pixels and in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.find_people import BODY_REACH
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, Region, aligned_region, sample, turned

if TYPE_CHECKING:
    from jaxtyping import Float

POINT_COUNT = 33
HEAD_POINTS = slice(0, 11)  # nose, eyes, ears, mouth
_ALL_POINTS = 39  # with the ends of the body's region, and points that nothing here uses
_ENDS = slice(33, 35)  # the middle of the hips, and the end of the body's reach straight above it
# Cells of the heat map that are averaged around a point, in each direction. MediaPipe's graph says 7; its Python program loses
# that option and uses its calculator's default, with which the points of rendered people err 0.7 % less.
_KERNEL = 9
_LEAST_PEAK = 0.5
LEAST_PRESENCE = 0.5  # of a person in a region
MASK_LIMIT = 4.0  # logits beyond it tell no more, and would spoil the places between pixels


@dataclass(frozen=True, eq=False)
class SeenBody:
    """The body network's 33 points of one person.

    `pixels` are px of the picture; `metres` lie about the middle of the hips, x to the right of the picture, y downwards, z away
    from the camera; `visibility` is the chance that a point is seen; `presence` that a person is there at all.
    """

    pixels: Float[NumpyArray, "33 2"]
    metres: Float[NumpyArray, "33 3"]
    visibility: Float[NumpyArray, "33"]
    presence: float
    region: Region
    mask: Float[
        NumpyArray, "256 256"
    ]  # of the region: logits that a pixel is the person's, cut at ±`MASK_LIMIT`
    following: Region | None = None  # where the network would look in the next picture of a film


def see_body(picture: Picture, region: Region) -> SeenBody:
    """Return what the body network sees in a region."""
    net = network("body")
    outputs = net.evaluate(sample(picture, region, net.side)[None] / 255.0)
    every = outputs["Identity"][0].reshape(_ALL_POINTS, 5).astype(np.float64)
    hip, reach = region.to_picture(every[_ENDS, :2] / net.side)
    values = every[:POINT_COUNT]
    places = _refined(values[:, :2] / net.side, outputs["Identity_3"][0])
    metres = outputs["Identity_4"][0].reshape(_ALL_POINTS, 3)[:POINT_COUNT].astype(np.float64)
    metres[:, :2] = turned(metres[:, :2], region.turn)
    return SeenBody(
        pixels=region.to_picture(places),
        metres=metres,
        visibility=_chance(values[:, 3]),
        presence=float(outputs["Identity_1"].ravel()[0]),
        region=region,
        mask=outputs["Identity_2"][0, :, :, 0].clip(-MASK_LIMIT, MASK_LIMIT),
        following=aligned_region(hip, reach).scaled(BODY_REACH),
    )


def _chance(logits: NumpyArray) -> NumpyArray:
    return 0.5 * (np.tanh(0.5 * logits) + 1.0)


def _refined(
    places: Float[NumpyArray, "points 2"], heat: Float[NumpyArray, "rows columns maps"]
) -> Float[NumpyArray, "points 2"]:
    """Return the points (0 to 1) at the centroid of their heat map near them, where its peak there is high enough."""
    rows, columns = heat.shape[:2]
    refined = places.copy()
    for number, (x, y) in enumerate(places):
        column, row = int(x * columns), int(y * rows)
        if not (0 <= column < columns and 0 <= row < rows):
            continue
        left, top = max(0, column - _KERNEL // 2), max(0, row - _KERNEL // 2)
        near = _chance(
            heat[top : row + _KERNEL // 2 + 1, left : column + _KERNEL // 2 + 1, number].astype(np.float64)
        )
        if near.max() < _LEAST_PEAK:
            continue
        down, across = np.mgrid[: near.shape[0], : near.shape[1]]
        refined[number, 0] = (left + (near * across).sum() / near.sum()) / columns
        refined[number, 1] = (top + (near * down).sum() / near.sum()) / rows
    return refined
