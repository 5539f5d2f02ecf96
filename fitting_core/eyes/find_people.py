"""A picture to the regions of the people in it."""

from __future__ import annotations

import numpy as np

from fitting_core.eyes.boxes import anchor_centres, found_things
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, Region, aligned_region, sample, whole_picture

_STRIDES = (8, 16, 32, 32, 32)
_MID_HIP, _SIZE_POINT = (
    2,
    3,
)  # after the box's corners; the second lies above the head, at the end of the body's reach
BODY_REACH = 1.25  # of that reach: the half side of the body network's region


def find_people(picture: Picture, region: Region | None = None) -> list[tuple[Region, float]]:
    """Return the region of each person's body, turned upright, and the detector's score, the best first."""
    around = whole_picture(picture) if region is None else region
    net = network("find_people")
    pixels = sample(picture, around, net.side, fill=0) * (2.0 / 255.0) - 1.0
    outputs = net.evaluate(pixels[None])
    things, scores = found_things(
        outputs["Identity"][0], outputs["Identity_1"][0, :, 0], anchor_centres(net.side, _STRIDES), net.side
    )
    people: list[tuple[Region, float]] = []
    for thing, score in zip(things, scores, strict=True):
        hip, reach = around.to_picture(np.asarray(thing[[_MID_HIP, _SIZE_POINT]]))
        people.append((aligned_region(hip, reach).scaled(BODY_REACH), float(score)))
    return people
