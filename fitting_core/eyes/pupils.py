"""The face's points to the two pupils."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.face import SeenFace
from fitting_core.eyes.networks import network
from fitting_core.eyes.regions import Picture, box_region, sample

if TYPE_CHECKING:
    from jaxtyping import Float

# Corners of the right and the left eye among the face network's points, each from the picture's left to its right.
_CORNERS = ((33, 133), (362, 263))
_SEARCH = 2.3  # times the box of the corners
_CENTRE = 0  # of the iris network's five points


def see_pupils(picture: Picture, face: SeenFace) -> Float[NumpyArray, "2 2"]:
    """Return the right and the left pupil in px of the picture. The network knows right eyes: left ones are shown mirrored."""
    net = network("iris")
    regions = [
        box_region(face.pixels[list(corners)], face.pixels[corners[0]], face.pixels[corners[1]]).scaled(
            _SEARCH
        )
        for corners in _CORNERS
    ]
    right, left = (sample(picture, region, net.side) for region in regions)
    outputs = net.evaluate(np.stack([right, left[:, ::-1]]) / 255.0)
    places = outputs["output_iris"].reshape(2, 5, 3)[:, _CENTRE, :2].astype(np.float64) / net.side
    places[1, 0] = 1.0 - places[1, 0]
    return np.concatenate(
        [region.to_picture(place[None]) for region, place in zip(regions, places, strict=True)]
    )
