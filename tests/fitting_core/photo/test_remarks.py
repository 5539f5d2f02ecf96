"""Remarks on found people: what may be no person, who is small, upside down or too little to be seen, and too many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.eyes.body import HEAD_POINTS, SeenBody
from fitting_core.eyes.detector import MOST_PEOPLE
from fitting_core.eyes.face import SeenFace
from fitting_core.eyes.hands import SeenHand
from fitting_core.eyes.openpose_points import BODY_POINTS, SeenPerson
from fitting_core.eyes.regions import Region
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.photo.remarks import is_doubtful, remarks
from tests.photos import synthetic_case

_FACE = SeenFace(np.zeros((468, 2)), 1.0)


_HAND = SeenHand(np.zeros((21, 2)), np.zeros((21, 3)), 1.0)


_SIZE = (640, 480)
_HEAD_METRES = np.array(
    [[0.0, 0.0, -0.1], [0.07, 0.0, 0.0], [-0.07, 0.0, 0.0]]
)  # nose and ears of one who faces the camera
_EIGHTH_TURN = np.array([[0.7, 0.0, 0.7], [0.0, 1.0, 0.0], [-0.7, 0.0, 0.7]])


def seen(
    presence: float = 1.0,
    face: SeenFace | None = None,
    hand: SeenHand | None = None,
    head_px: float = 60.0,
    left_px: float = 200.0,
    turns: int = 0,
) -> SeenPerson:
    """A person whose head's points fill a square from `left_px` on, turned by eighths from the camera."""
    pixels, metres = np.full((33, 2), 100.0), np.zeros((33, 3))
    pixels[HEAD_POINTS] = np.linspace((left_px, 100.0), (left_px + head_px, 100.0 + head_px), 11)
    turned = _HEAD_METRES @ np.linalg.matrix_power(_EIGHTH_TURN, turns)
    metres[[BODY_POINTS[name] for name in ("nose", "left_ear", "right_ear")]] = turned
    body = SeenBody(pixels, metres, np.ones(33), presence, Region(0, 0, 500.0), np.zeros((256, 256)))
    return SeenPerson(body, hand, None, face, None)


DOUBTS = {
    "a person": (seen(face=_FACE), False),
    "low presence": (seen(presence=0.8, face=_FACE), True),
    "low presence, a face and a hand": (seen(presence=0.8, face=_FACE, hand=_HAND), False),
    "neither face nor hand": (seen(), True),
    "no face, but a hand": (seen(hand=_HAND), False),
    "too small to have a face": (seen(head_px=20.0), False),
    "turned half to the side": (seen(turns=1), True),
    "from behind": (seen(turns=4), False),
    "the head outside the picture": (seen(left_px=600.0), False),
    "from behind, of low presence": (seen(presence=0.8, turns=4), True),
}


@pytest.mark.parametrize(("person", "doubtful"), DOUBTS.values(), ids=DOUBTS)
def test_what_may_be_no_person(person: SeenPerson, doubtful: bool) -> None:
    assert is_doubtful(person, _SIZE) is doubtful


def standing(scale: float = 1.0, turned: bool = False) -> Keypoints2D:
    keypoints = synthetic_case(0).subject.keypoints
    points = keypoints.body * [1.0, 1.0, 1.0]
    seen = points[:, 2] > 0
    points[seen, :2] = 1000.0 + (points[seen, :2] - points[seen, :2].mean(axis=0)) * (
        -scale if turned else scale
    )
    return replace(keypoints, body=points)


CASES = {
    "nothing odd": ([standing()], [False], ()),
    "doubt": ([standing(), standing()], [False, True], ("person 1: this may be no photo of a person",)),
    "small": ([standing(0.08)], [False], ("pixels tall",)),
    "upside down": ([standing(turned=True)], [False], ("everybody in the photo is upside down",)),
    "one of two upside down": ([standing(turned=True), standing()], [False, False], ()),
    "too little": ([replace(standing(), body=np.zeros((25, 3)))], [False], ("too little of the body",)),
    "a crowd": ([standing()] * MOST_PEOPLE, [False] * MOST_PEOPLE, (f"the {MOST_PEOPLE} largest",)),
    "nobody": ([], [], ()),
}


@pytest.mark.parametrize("name", CASES)
def test_the_words(name: str) -> None:
    people, doubtful, words = CASES[name]
    found = remarks(people, doubtful)
    assert len(found) == len(words)
    assert all(part in remark for part, remark in zip(words, found, strict=True))
