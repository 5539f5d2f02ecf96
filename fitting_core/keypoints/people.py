"""Chooses the people of a keypoint file to fit, and describes the file in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fitting_core.errors import NobodyFoundError, RequestError
from fitting_core.keypoints.checks import (
    CONFIDENT,
    MINIMUM_BODY_POINTS,
    confident_body_points,
    is_usable,
)
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25

_LEG_POINTS = [
    BODY_25.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")
]  # fmt: skip


def choose_people(
    people: Sequence[Keypoints2D], person: int | Literal["all"] | None = None, empty_frame_note: str = ""
) -> tuple[int, ...]:
    """Return the indices of the people to fit: one by number (from 0), all who can be fitted, or (None) the main one.

    The main person has the largest extent of confident body points times their mean confidence. Raises
    RequestError for a number that is not there, NobodyFoundError when those asked for cannot be fitted. `empty_frame_note`
    says of an empty frame which others have people.
    """
    if not people:
        raise NobodyFoundError(
            empty_frame_note
            or "The keypoint file holds no people. Detect again with a lower threshold or on a clearer photo."
        )
    if isinstance(person, int):
        return (_checked_number(people, person),)
    usable = [index for index, candidate in enumerate(people) if is_usable(candidate)]
    if not usable:
        best = max(confident_body_points(candidate) for candidate in people)
        raise NobodyFoundError(
            f"Nobody in the keypoint file can be fitted: the best of {_counted(len(people))} has {best} body "
            f"points of confidence {CONFIDENT:g} or more, and {MINIMUM_BODY_POINTS} are needed. "
            "Detect again on a clearer photo."
        )
    if person == "all":
        return tuple(usable)
    return (max(usable, key=lambda index: _prominence(people[index])),)


def _checked_number(people: Sequence[Keypoints2D], number: int) -> int:
    if not 0 <= number < len(people):
        raise RequestError(
            f"There is no person {number}: the keypoint file holds {_counted(len(people))}, "
            f"numbered from 0 to {len(people) - 1}."
        )
    if not is_usable(people[number]):
        raise NobodyFoundError(
            f"Person {number} cannot be fitted: {confident_body_points(people[number])} body points have a "
            f"confidence of {CONFIDENT:g} or more, and {MINIMUM_BODY_POINTS} are needed. Choose another."
        )
    return number


def _prominence(person: Keypoints2D) -> float:
    """Diagonal of the confident body points in pixels, times their mean confidence."""
    points = person.body[person.body[:, 2] >= CONFIDENT]
    extent = points[:, :2].max(axis=0) - points[:, :2].min(axis=0)
    return float(np.hypot(*extent) * points[:, 2].mean())


def describe_people(people: Sequence[Keypoints2D]) -> str:
    """Describe what was found: "2 people · body, face, both hands"."""
    if not people:
        return "nobody"
    left = any(np.any(person.left_hand[:, 2] > 0) for person in people)
    right = any(np.any(person.right_hand[:, 2] > 0) for person in people)
    parts = [
        _body_in_words(people),
        "face" if any(np.any(person.face[:, 2] > 0) for person in people) else "",
        "both hands" if left and right else "left hand" if left else "right hand" if right else "",
    ]
    return f"{_counted(len(people))} · {', '.join(part for part in parts if part)}"


def _body_in_words(people: Sequence[Keypoints2D]) -> str:
    if not any(np.any(person.body[:, 2] > 0) for person in people):
        return "no body"
    legs = any(np.any(person.body[_LEG_POINTS, 2] >= CONFIDENT) for person in people)
    return "body" if legs else "upper body"


def _counted(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
