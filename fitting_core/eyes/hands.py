"""A person's body points to the 21 points of each hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import SeenBody
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, Region, aligned_region, sample, turned

if TYPE_CHECKING:
    from jaxtyping import Float

# Wrist, knuckle of the little finger and of the index finger among the body network's points.
BODY_POINTS = {"left_hand": (15, 17, 19), "right_hand": (16, 18, 20)}
LEAST_VISIBILITY = 0.1  # of the wrist
LEAST_PRESENCE = 0.5
_SEARCH = 2.7  # times the reach from the wrist to the middle knuckle, in which the hand is looked for
_TOWARDS_FINGERS = -0.1  # of a region's side


@dataclass(frozen=True, eq=False)
class SeenHand:
    """One hand in OpenPose's order: px of the picture, metres about the hand's own middle (axes as `SeenBody`), presence."""

    pixels: Float[NumpyArray, "21 2"]
    metres: Float[NumpyArray, "21 3"]
    presence: float


def see_hand(picture: Picture, body: SeenBody, side: str) -> SeenHand | None:
    """Return a hand ("left_hand" or "right_hand" of the person); None if it is not to be seen."""
    wrist = BODY_POINTS[side][0]
    if body.visibility[wrist] <= LEAST_VISIBILITY:
        return None
    region = hand_region(picture, body, side)
    net = network("hand")
    outputs = net.evaluate(sample(picture, region, net.side)[None] / 255.0)
    presence = float(outputs["Identity_1"].ravel()[0])
    if presence <= LEAST_PRESENCE:
        return None
    places = outputs["Identity"].reshape(21, 3)[:, :2].astype(np.float64) / net.side
    metres = outputs["Identity_3"].reshape(21, 3).astype(np.float64)
    metres[:, :2] = turned(metres[:, :2], region.turn)
    return SeenHand(region.to_picture(places), metres, presence)


def hand_region(picture: Picture, body: SeenBody, side: str) -> Region:
    """Return the square of a person's hand, from the centre and the point below it that a small network finds."""
    search = _search_region(body, side)
    net = network("find_hand")
    output = net.evaluate(sample(picture, search, net.side)[None] / 255.0)["output_crop"]
    centre, below = search.to_picture(output.reshape(2, 2).astype(np.float64) / net.side)
    return aligned_region(centre, below, up=False).scaled(1.0, _TOWARDS_FINGERS)


def _search_region(body: SeenBody, side: str) -> Region:
    """Return the square in which a hand lies by the body's points, about the middle knuckle, turned with the fingers up."""
    wrist, little, index = (body.pixels[number] for number in BODY_POINTS[side])
    middle = (2.0 * index + little) / 3.0
    around_wrist = aligned_region(wrist, middle)
    around = Region(float(middle[0]), float(middle[1]), around_wrist.side, around_wrist.turn)
    return around.scaled(_SEARCH, _TOWARDS_FINGERS)
