"""A person's body points to the 468 points of the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import HEAD_POINTS, SeenBody
from fitting_core.eyes.boxes import anchor_centres, found_things
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, Region, box_region, sample

if TYPE_CHECKING:
    from jaxtyping import Float

_RIGHT_EYE, _LEFT_EYE = 5, 2
_SEARCH = 3.0  # times the box of those points
_STRIDES = (8, 16, 16, 16)
_REACH = 2.0  # times the box of the face detector's points
_UP = -0.1  # of the height of that box, before it is made a square
LEAST_PRESENCE = 0.5


@dataclass(frozen=True, eq=False)
class SeenFace:
    """The face network's 468 points in px of the picture, and the chance that a face is there."""

    pixels: Float[NumpyArray, "468 2"]
    presence: float


def see_face(picture: Picture, body: SeenBody) -> SeenFace | None:
    """Return the face of a person; None if it is not to be seen."""
    region = face_region(picture, body)
    if region is None:
        return None
    net = network("face")
    outputs = net.evaluate(sample(picture, region, net.side)[None] / 255.0)
    presence = float(0.5 * (np.tanh(0.5 * outputs["conv2d_31"].ravel()[0]) + 1.0))
    if presence <= LEAST_PRESENCE:
        return None
    places = outputs["conv2d_21"].reshape(468, 3)[:, :2].astype(np.float64) / net.side
    return SeenFace(region.to_picture(places), presence)


def face_region(picture: Picture, body: SeenBody) -> Region | None:
    """Return the square that the face network takes, from the face detector near the body's face points."""
    points = body.pixels[HEAD_POINTS]
    search = box_region(points, points[_RIGHT_EYE], points[_LEFT_EYE]).scaled(_SEARCH)
    net = network("find_face")
    pixels = sample(picture, search, net.side, fill=0) * (2.0 / 255.0) - 1.0
    outputs = net.evaluate(pixels[None])
    things, _ = found_things(
        outputs["regressors"][0],
        outputs["classificators"][0, :, 0],
        anchor_centres(net.side, _STRIDES),
        net.side,
    )
    if not len(things):
        return None
    found = search.to_picture(np.asarray(things[0][2:]))  # the eyes first
    region = box_region(found, found[0], found[1])
    return region.scaled(_REACH, _UP * float(np.ptp(found[:, 1])) / region.side)
