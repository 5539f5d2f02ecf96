"""Remarks on found people: what may be no person, who is small, upside down or too little to be seen, and too many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.eyes.body import SeenBody
from fitting_core.eyes.detector import MOST_PEOPLE
from fitting_core.eyes.face import SeenFace
from fitting_core.eyes.hands import SeenHand
from fitting_core.eyes.openpose_points import SeenPerson
from fitting_core.eyes.regions import Region
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.photo.remarks import is_doubtful, remarks
from tests.photos import synthetic_case

_FACE = SeenFace(np.zeros((468, 2)), 1.0)


_HAND = SeenHand(np.zeros((21, 2)), np.zeros((21, 3)), 1.0)


def seen(
    presence: float = 1.0, side: float = 500.0, face: SeenFace | None = _FACE, hand: SeenHand | None = None
) -> SeenPerson:
    body = SeenBody(
        np.zeros((33, 2)), np.zeros((33, 3)), np.ones(33), presence, Region(0, 0, side), np.zeros((256, 256))
    )
    return SeenPerson(body, hand, None, face, None)


@pytest.mark.parametrize(
    ("person", "doubtful"),
    [
        (seen(), False),
        (seen(presence=0.8), True),
        (seen(presence=0.8, hand=_HAND), False),
        (seen(face=None), True),
        (seen(face=None, side=150.0), False),
    ],
    ids=[
        "a person",
        "low presence",
        "low presence, a face and a hand",
        "neither face nor hand",
        "too small to have them",
    ],
)
def test_what_may_be_no_person(person: SeenPerson, doubtful: bool) -> None:
    assert is_doubtful(person) is doubtful


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
