"""A picture to the people in it: the table of contents of the eyes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import LEAST_PRESENCE, SeenBody, see_body
from fitting_core.eyes.face import see_face
from fitting_core.eyes.find_crowd import POINTS, FoundPerson, find_crowd
from fitting_core.eyes.find_people import find_people
from fitting_core.eyes.hands import see_hand
from fitting_core.eyes.openpose_points import BODY_POINTS, SeenPerson
from fitting_core.eyes.pupils import see_pupils
from fitting_core.eyes.regions import Picture, Region, aligned_region, whole_picture

MOST_PEOPLE = 30


@dataclass(frozen=True)
class _Look:
    """A search for small people: the squares that are looked at (a share of the picture's longer side), and in how many px.

    It is left out where somebody is larger than `enough` of the longer side: who stands before a crowd is the one who is wanted.
    """

    share: float
    side_px: int
    enough: float


_CLOSER_LOOKS = (_Look(1.0, 512, 0.6), _Look(0.6, 608, 0.3))
_STEP = 0.85  # of a square's side, at most, from one to the next
_MOST_ENLARGED = 1.5  # times the picture's own size: nothing is to be seen there
# Two bodies are one person when their seen points are on average nearer than this share of the smaller region's side.
_SAME_PERSON = 0.08
_SAME_HIPS = 0.07  # of that side, between the middles of the hips
_SEEN = 0.5
# A body is on the points of a found person when its own are nearer than this share of its region's side, in the median.
_ON_THE_POINTS = 0.1
_FOUND = 0.2  # score of a point from which on it counts
_REACH = 1.4  # of a found person's farthest point from the hips: half the side of the body network's region
# COCO's points and the body network's, by number.
_COMMON = [(POINTS.index(name), BODY_POINTS[name]) for name in POINTS]
_HIPS = [POINTS.index(name) for name in ("left_hip", "right_hip")]
_HIP_POINTS = [BODY_POINTS[name] for name in ("left_hip", "right_hip")]
_SHOULDERS = [POINTS.index(name) for name in ("left_shoulder", "right_shoulder")]
_SURE = 0.75  # presence
_QUARTER_TURNS = (pi, pi / 2.0, -pi / 2.0)


def see_people(picture: Picture) -> list[SeenPerson]:
    """Return the people of a picture with hands and faces, the largest first."""
    return [see_person(picture, body) for body in see_bodies(picture)]


def see_bodies(picture: Picture) -> list[SeenBody]:
    """Return the bodies of a picture, the largest first.

    Where nobody is surely in it, it may stand on its head or lie on its side: the quarter turn with the surest person is taken.
    """
    bodies = _bodies_in(picture, 0.0, _CLOSER_LOOKS)
    for turn in _QUARTER_TURNS:
        if _surest(bodies) >= _SURE:
            break
        turned = _bodies_in(picture, turn, _CLOSER_LOOKS[:1])
        bodies = max(bodies, turned, key=_surest)
    return sorted(bodies, key=lambda body: -body.region.side)[:MOST_PEOPLE]


def follow_bodies(picture: Picture, regions: Sequence[Region]) -> list[SeenBody]:
    """Return the bodies in regions where people were in the picture before, each person once, as far as they are still there."""
    bodies: list[SeenBody] = []
    _add(bodies, (see_body(picture, region) for region in regions))
    return bodies


def with_newcomers(picture: Picture, bodies: Sequence[SeenBody]) -> list[SeenBody]:
    """Return everybody in a picture: those who are found in it, and the followed `bodies` who are not.

    Whoever is found is seen afresh: a region that was followed for long may have slid off the person by then.
    """
    everybody = see_bodies(picture)
    lost = [body for body in bodies if not any(_hips_meet(body, found) for found in everybody)]
    _add(everybody, lost)
    return everybody[:MOST_PEOPLE]


def _hips_meet(first: SeenBody, second: SeenBody) -> bool:
    """True if the hips of two bodies are at one place: it is one person, whatever is seen of the limbs."""
    apart = float(
        np.linalg.norm(first.pixels[_HIP_POINTS].mean(axis=0) - second.pixels[_HIP_POINTS].mean(axis=0))
    )
    return apart < _SAME_HIPS * min(first.region.side, second.region.side)


def _surest(bodies: Sequence[SeenBody]) -> float:
    return max((body.presence for body in bodies), default=0.0)


def _bodies_in(picture: Picture, turn: float, closer_looks: Sequence[_Look]) -> list[SeenBody]:
    """Return the bodies in the picture, turned by an angle, each once.

    One network finds people near the camera, in any pose; another people of any size, small ones in a larger picture.
    """
    around = whole_picture(picture).turned(turn)
    bodies: list[SeenBody] = []
    _add(bodies, (see_body(picture, region) for region, _ in find_people(picture, around)))
    _add(bodies, _bodies_on(picture, find_crowd(picture, around), bodies))
    for look in closer_looks:
        enough = any(body.region.side > look.enough * around.side for body in bodies)
        if enough or look.side_px > _MOST_ENLARGED * look.share * around.side:
            break
        for square in _squares(picture, look.share):
            _add(bodies, _bodies_on(picture, find_crowd(picture, square.turned(turn), look.side_px), bodies))
    return bodies


def _squares(picture: Picture, share: float) -> list[Region]:
    """Return squares that cover the picture, overlapping a little, with sides of a share of its longer side."""
    height, width = picture.shape[:2]
    side = share * max(height, width)
    return [Region(x, y, side) for y in _middles(height, side) for x in _middles(width, side)]


def _middles(length: int, side: float) -> list[float]:
    if side >= length:
        return [length / 2.0]
    count = int(np.ceil((length - side) / (_STEP * side))) + 1
    return [float(middle) for middle in np.linspace(side / 2.0, length - side / 2.0, count)]


def _add(bodies: list[SeenBody], others: Iterable[SeenBody]) -> None:
    """Append those of the others in whose region a person is, and who are not yet there."""
    for body in others:
        if body.presence >= LEAST_PRESENCE and not any(_same_person(body, known) for known in bodies):
            bodies.append(body)


def _bodies_on(picture: Picture, people: Iterable[FoundPerson], known: list[SeenBody]) -> Iterator[SeenBody]:
    """Yield what the body network sees of found people who are not among the known bodies, where it sees them, not another."""
    for person in people:
        if not any(_is_on(body, person) for body in known):
            body = see_body(picture, _region_of(person))
            if _is_on(body, person):
                yield body


def _region_of(person: FoundPerson) -> Region:
    """Return the square that the body network takes for a found person: about the hips, upright along the trunk."""
    hips, shoulders = (person.pixels[sides].mean(axis=0) for sides in (_HIPS, _SHOULDERS))
    counted = person.scores >= min(_FOUND, float(person.scores.max()))
    reach = float(np.linalg.norm(person.pixels[counted] - hips, axis=1).max())
    trunk = aligned_region(hips, shoulders)
    return Region(trunk.x, trunk.y, 2.0 * _REACH * max(reach, 1.0), trunk.turn)


def _is_on(body: SeenBody, person: FoundPerson) -> bool:
    common = [(coco, ours) for coco, ours in _COMMON if person.scores[coco] >= _FOUND]
    if not common:
        return False
    coco, ours = (list(numbers) for numbers in zip(*common, strict=True))
    apart: NumpyArray = np.linalg.norm(body.pixels[ours] - person.pixels[coco], axis=1)
    return float(np.median(apart)) < _ON_THE_POINTS * body.region.side


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


def _same_person(first: SeenBody, second: SeenBody) -> bool:
    seen = (first.visibility > _SEEN) & (second.visibility > _SEEN)
    if not seen.any():
        seen[:] = True
    apart: NumpyArray = np.linalg.norm(first.pixels[seen] - second.pixels[seen], axis=1)
    return bool(apart.mean() < _SAME_PERSON * min(first.region.side, second.region.side))
