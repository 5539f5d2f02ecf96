"""Who is fitted, and what is said about who is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting_core.errors import NobodyFoundError, RequestError
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.people import choose_people, describe_people
from tests.fitting_core.keypoints.documents import body, face, hand


def _somebody(scale: float = 1.0, confidence: float = 0.8, **parts: np.ndarray) -> Keypoints2D:
    points = body(confidence=confidence)
    points[:, :2] *= scale
    empty = {"left_hand": np.zeros((21, 3)), "right_hand": np.zeros((21, 3)), "face": np.zeros((70, 3))}
    return Keypoints2D(**{"body": points, **empty, **parts})


_GHOST = _somebody(confidence=0.1)
_SMALL, _LARGE, _FAINT = _somebody(0.3), _somebody(0.9), _somebody(1.0, 0.3)


@pytest.mark.parametrize(
    ("people", "person", "chosen"),
    [
        ([_SMALL, _LARGE], None, (1,)),
        ([_LARGE, _FAINT], None, (0,)),
        ([_GHOST, _SMALL], None, (1,)),
        ([_LARGE, _SMALL], 1, (1,)),
        ([_LARGE, _GHOST, _SMALL], "all", (0, 2)),
    ],
    ids=["largest", "confident", "no ghost", "by number", "all"],
)
def test_choice(people: list[Keypoints2D], person: Any, chosen: tuple[int, ...]) -> None:
    assert choose_people(people, person) == chosen


@pytest.mark.parametrize(
    ("people", "person", "error", "words"),
    [
        ([], None, NobodyFoundError, "holds no people"),
        ([], 0, NobodyFoundError, "holds no people"),
        ([_GHOST], None, NobodyFoundError, "the best of 1 person has 0 body points"),
        ([_GHOST, _GHOST], "all", NobodyFoundError, "2 people"),
        ([_LARGE, _GHOST], 1, NobodyFoundError, "Person 1 cannot be fitted"),
        ([_LARGE, _SMALL], 2, RequestError, "holds 2 people, numbered from 0 to 1"),
        ([_LARGE], -1, RequestError, "no person -1"),
    ],
)
def test_refusals(people: list[Keypoints2D], person: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        choose_people(people, person)


def _without_legs() -> Keypoints2D:
    points = body()
    points[[10, 11, 13, 14, 19, 20, 21, 22, 23, 24]] = 0
    return _somebody(body=points)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([], "nobody"),
        ([_LARGE], "1 person · body"),
        ([_without_legs()], "1 person · upper body"),
        ([_somebody(left_hand=hand("left"))], "1 person · body, left hand"),
        ([_somebody(right_hand=hand("right"))], "1 person · body, right hand"),
        (
            [_LARGE, _somebody(face=face(), left_hand=hand("left"), right_hand=hand("right"))],
            "2 people · body, face, both hands",
        ),
        ([_somebody(body=np.zeros((25, 3)), face=face())], "1 person · no body, face"),
    ],
)
def test_description(people: list[Keypoints2D], words: str) -> None:
    assert describe_people(people) == words
