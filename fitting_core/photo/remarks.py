"""Remarks on the people whom the eyes have found: what a user should know before a fit is trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.eyes.body import HEAD_POINTS, SeenBody
from fitting_core.eyes.detector import MOST_PEOPLE
from fitting_core.eyes.openpose_points import BODY_POINTS, SeenPerson
from fitting_core.keypoints.checks import CONFIDENT, is_usable
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25

# People in plain sight are surer than this, a drawing was not; people who overlap may not be either.
_SURE_PRESENCE = 0.9
# The box of the head's points from which on a face or a hand should be made out. Of 300 rendered people and 51 in real photos 3
# and 1 have neither under a larger head that is not turned away; of 9 things that are none (paintings, apes, a drawing) 6.
_CLEAR_HEAD_PX = 26.0
_SMALL_PX = 120.0  # of the box about a person: hands and face are a few pixels then
_MID_HIP, _NECK = BODY_25.index("mid_hip"), BODY_25.index("neck")
_UPSIDE_DOWN = -0.7  # cosine of the trunk's lean from upright: within 45° of standing on the head

DOUBT = "this may be no photo of a person (a painting, a statue, a toy, an animal?)"


def is_doubtful(person: SeenPerson, size: tuple[int, int]) -> bool:
    """Return True if no network but the body's makes out a person whose face should be seen, or one where it is not sure.

    Paintings, statues and apes look like people to the body network, and seldom to those of face and hands. Of somebody who looks
    away, is small, or whose head is outside the picture (width and height `size`, px), no photo shows a face either.
    """
    details = sum(part is not None for part in (person.face, person.left_hand, person.right_hand))
    if person.body.presence < _SURE_PRESENCE:
        return details < 2
    return details == 0 and _shows_its_face(person.body, size)


def _shows_its_face(body: SeenBody, size: tuple[int, int]) -> bool:
    """Return True if a head is in the picture, large enough and not turned away, as far as the body network sees."""
    nose, *ears = (body.metres[BODY_POINTS[name]] for name in ("nose", "left_ear", "right_ear"))
    is_turned_away = nose[2] >= np.mean([ear[2] for ear in ears])
    points = body.pixels[HEAD_POINTS]
    is_inside = np.all((points >= 0) & (points <= size))
    return bool(not is_turned_away and is_inside and np.ptp(points, axis=0).max() >= _CLEAR_HEAD_PX)


def remarks(people: Sequence[Keypoints2D], doubtful: Sequence[bool]) -> tuple[str, ...]:
    """Return what is odd about found people, in words."""
    found: list[str] = []
    for number, (person, doubt) in enumerate(zip(people, doubtful, strict=True)):
        if not is_usable(person):
            found.append(f"person {number}: too little of the body is seen to fit")
        if doubt:
            found.append(f"person {number}: {DOUBT}; look at the overlay before you trust the fit")
        height = _height_px(person)
        if 0.0 < height < _SMALL_PX:
            found.append(
                f"person {number} is only {height:.0f} pixels tall in the photo: give a larger photo or a crop if you have one"
            )
    if people and all(_is_upside_down(person) for person in people):
        found.append("everybody in the photo is upside down: turn the photo if that is not so")
    if len(people) >= MOST_PEOPLE:
        found.append(f"the {MOST_PEOPLE} largest people are kept: crop the photo if somebody is missing")
    return tuple(found)


def _height_px(person: Keypoints2D) -> float:
    points = person.body[person.body[:, 2] >= CONFIDENT, :2]
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def _is_upside_down(person: Keypoints2D) -> bool:
    neck, hip = person.body[_NECK], person.body[_MID_HIP]
    if min(neck[2], hip[2]) < CONFIDENT:
        return False
    up = hip[1] - neck[1]
    return bool(up < _UPSIDE_DOWN * np.hypot(*(hip - neck)[:2]))
