"""A picture to the people in it: the table of contents of the eyes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import LEAST_PRESENCE, SeenBody, see_body
from fitting_core.eyes.face import see_face
from fitting_core.eyes.find_people import find_people
from fitting_core.eyes.hands import see_hand
from fitting_core.eyes.openpose_points import SeenPerson
from fitting_core.eyes.pupils import see_pupils
from fitting_core.eyes.regions import Picture, Region, whole_picture

MOST_PEOPLE = 30
# A person whose region is smaller than this share of the picture's longer side leaves room for others as small.
LARGE_PERSON = 0.35
# Sides of the tiles that are searched one after the other, as shares of the picture's shorter side.
TILE_SHARES = (0.6, 0.35)
_TILE_STEP = 0.5  # of a tile's side, from one to the next
_LEAST_TILE_PX = 96  # a person in less cannot be told from anything else
_MOST_TILES = 64  # of a size; a panorama that needs more is not searched so closely
# Two bodies are one person when their seen points are on average nearer than this share of the smaller region's side.
_SAME_PERSON = 0.08
_SEEN = 0.5


def see_people(picture: Picture, most: int = MOST_PEOPLE) -> list[SeenPerson]:
    """Return the people of an upright picture, the largest first.

    The whole picture is searched first. Where nobody large is in it, tiles of it are, smaller and smaller ones as long as they
    find small people: the detector was made for one person near the camera.
    """
    bodies = _bodies(picture, [whole_picture(picture)], [])
    for share in TILE_SHARES:
        if any(body.region.side > LARGE_PERSON * max(picture.shape[:2]) for body in bodies):
            break
        bodies = _bodies(picture, _tiles(picture, share), bodies)
    largest = sorted(bodies, key=lambda body: -body.region.side)[:most]
    return [see_person(picture, body) for body in largest]


def see_person(picture: Picture, body: SeenBody) -> SeenPerson:
    """Return a person with hands and face, given the body."""
    face = see_face(picture, body)
    return SeenPerson(
        body=body,
        left_hand=see_hand(picture, body, "left_hand"),
        right_hand=see_hand(picture, body, "right_hand"),
        face=face,
        pupils=see_pupils(picture, face) if face is not None else None,
    )


def _bodies(picture: Picture, regions: Sequence[Region], known: list[SeenBody]) -> list[SeenBody]:
    """Return the known bodies and those that are found in the regions, each once."""
    bodies = list(known)
    for around in regions:
        for region, _ in find_people(picture, around):
            body = see_body(picture, region)
            if body.presence >= LEAST_PRESENCE and not any(_same_person(body, other) for other in bodies):
                bodies.append(body)
    return bodies


def _same_person(first: SeenBody, second: SeenBody) -> bool:
    seen = (first.visibility > _SEEN) & (second.visibility > _SEEN)
    if not seen.any():
        seen[:] = True
    apart: NumpyArray = np.linalg.norm(first.pixels[seen] - second.pixels[seen], axis=1)
    return bool(apart.mean() < _SAME_PERSON * min(first.region.side, second.region.side))


def _tiles(picture: Picture, share: float) -> list[Region]:
    """Return squares that cover the picture, each overlapping the next by half; none where they would be too small or many."""
    height, width = picture.shape[:2]
    side = share * min(height, width)
    if side < _LEAST_TILE_PX:
        return []
    tiles = [Region(x, y, side) for y in _middles(height, side) for x in _middles(width, side)]
    return tiles if len(tiles) <= _MOST_TILES else []


def _middles(length: int, side: float) -> list[float]:
    count = int(np.ceil((length - side) / (_TILE_STEP * side))) + 1
    return [float(middle) for middle in np.linspace(side / 2.0, length - side / 2.0, count)]
