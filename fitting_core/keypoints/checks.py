"""Oddities in sound keypoints: another body order, exchanged hands, ghosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.keypoints2d import HAND_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, HAND_WRIST, MIRROR, BodyLayout
from fitting_core.keypoints.raw_people import Points

# Chosen between what OpenPose draws (0.05 and up) and its usual 0.4–0.9 for limbs in plain sight.
CONFIDENT = 0.2
# Fewer confident body points than this cannot place a figure.
MINIMUM_BODY_POINTS = 4
# OpenPose writes plausible coordinates with less confidence than this for hands that it did not find.
MISSING_PART_CONFIDENCE = 0.05

# Mean bone length read as BODY_25 over the same read as BODY_25B: measured 0.29–0.63 on 14 people of BODY_25
# files and 2.15–3.34 on 200 people of BODY_25B files.
_WRONG_ORDER_RATIO = 1.25
_MINIMUM_BONES = 6

# A hand is clearly the other one's when its wrist is this much nearer to the other wrist of the body.
_EXCHANGED_RATIO = 0.5
# The eyes' own points among the face's, in the order of iBUG 300-W.
_RIGHT_EYE_OF_FACE, _LEFT_EYE_OF_FACE = slice(36, 42), slice(42, 48)
# For each body point the one on the other side.
_OTHER_SIDE = list(MIRROR[: BODY_25.count])


def confident_body_points(person: Keypoints2D) -> int:
    """Count the body points with a confidence of at least `CONFIDENT`."""
    return int(np.sum(person.body[:, 2] >= CONFIDENT))


def is_usable(person: Keypoints2D) -> bool:
    """Return True if there is enough of a body to fit."""
    return confident_body_points(person) >= MINIMUM_BODY_POINTS


def present(part: Points) -> bool:
    """Return True if a hand or face was found at all, rather than guessed at with a confidence near zero."""
    return float(part[:, 2].mean()) >= MISSING_PART_CONFIDENCE


def _mean_bone_length(points: Points, layout: BodyLayout) -> float | None:
    first, second = np.array(layout.bone_indices).T
    seen = (points[first, 2] > 0) & (points[second, 2] > 0)
    if int(seen.sum()) < _MINIMUM_BONES:
        return None
    lengths = np.linalg.norm(points[first, :2] - points[second, :2], axis=1)
    return float(lengths[seen].mean())


def look_like_body_25b(bodies: Sequence[Points]) -> bool:
    """Return True if most bodies of 25 points make shorter bones when read as BODY_25B than as BODY_25."""
    return sum(_vote_for_body_25b(points) for points in bodies) > 0


def _vote_for_body_25b(points: Points) -> int:
    """Return 1 for BODY_25B, -1 for BODY_25, 0 where too few bones are seen to tell."""
    as_25, as_25b = _mean_bone_length(points, BODY_25), _mean_bone_length(points, BODY_25B)
    if as_25 is None or as_25b is None:
        return 0
    return int(as_25 > _WRONG_ORDER_RATIO * as_25b) - int(as_25b > _WRONG_ORDER_RATIO * as_25)


def with_own_sides(person: Keypoints2D, index: int) -> tuple[Keypoints2D, tuple[str, ...]]:
    """Exchange left and right of the body where hands and face agree that the body alone has them exchanged.

    Each hand lies at the other wrist then, and either the eyes of the body lie at the other eyes of the face, or the face is
    seen while the body is said to be seen from its back.
    """
    if not (
        _hands_are_at_other_wrists(person) and (_eyes_are_exchanged(person) or _faces_from_its_back(person))
    ):
        return person, ()
    body = person.body[_OTHER_SIDE]
    words = f"person {index}: left and right of the body, but not of its hands, were exchanged; the body was exchanged back"
    return replace(person, body=body), (words,)


def _hands_are_at_other_wrists(person: Keypoints2D) -> bool:
    left = _at_other_wrist(person, person.left_hand, "left_wrist", "right_wrist")
    return left and _at_other_wrist(person, person.right_hand, "right_wrist", "left_wrist")


def _places(person: Keypoints2D, *names: str) -> NumpyArray | None:
    """Return these body points (N, 2); None unless all are confident."""
    points = person.body[[BODY_25.index(name) for name in names]]
    return points[:, :2] if np.all(points[:, 2] >= CONFIDENT) else None


def _eyes_are_exchanged(person: Keypoints2D) -> bool:
    eyes = _places(person, "right_eye", "left_eye")
    face = [person.face[points] for points in (_RIGHT_EYE_OF_FACE, _LEFT_EYE_OF_FACE)]
    if eyes is None or any(np.any(eye[:, 2] < CONFIDENT) for eye in face):
        return False
    right, left = (eye[:, :2].mean(axis=0) for eye in face)
    own = np.linalg.norm(eyes[0] - right) + np.linalg.norm(eyes[1] - left)
    other = np.linalg.norm(eyes[0] - left) + np.linalg.norm(eyes[1] - right)
    return bool(other < _EXCHANGED_RATIO * own)


def _faces_from_its_back(person: Keypoints2D) -> bool:
    """True if nose and both eyes are seen, and shoulders, hips and eyes are said to be seen from behind."""
    sides = _places(person, "right_shoulder", "left_shoulder", "right_eye", "left_eye")
    middle = _places(person, "nose", "neck", "mid_hip")
    if sides is None or middle is None:
        return False
    down = middle[2] - middle[1]
    across = (sides[1] - sides[0], sides[3] - sides[2])
    return all(float(side[0] * down[1] - side[1] * down[0]) < 0 for side in across)


def with_own_hands(person: Keypoints2D, index: int) -> tuple[Keypoints2D, tuple[str, ...]]:
    """Exchange the two hands when both are clearly at the other wrist; warn about one alone."""
    left = _at_other_wrist(person, person.left_hand, "left_wrist", "right_wrist")
    right = _at_other_wrist(person, person.right_hand, "right_wrist", "left_wrist")
    if left and right:
        exchanged = replace(person, left_hand=person.right_hand, right_hand=person.left_hand)
        return exchanged, (f"person {index}: each hand lay at the other wrist; they were exchanged",)
    for is_wrong, side, other in ((left, "left", "right"), (right, "right", "left")):
        if is_wrong:
            return person, (f"person {index}: the {side} hand lies at the {other} wrist; it was kept",)
    return person, ()


def _at_other_wrist(person: Keypoints2D, hand: Points, own: str, other: str) -> bool:
    """Return True if a seen hand starts much nearer to the other wrist of the body than to its own."""
    if len(hand) != HAND_COUNT or hand[HAND_WRIST, 2] <= 0:
        return False
    wrists = person.body[[BODY_25.index(own), BODY_25.index(other)]]
    if np.any(wrists[:, 2] < CONFIDENT):
        return False
    to_own, to_other = np.linalg.norm(wrists[:, :2] - hand[HAND_WRIST, :2], axis=1)
    return bool(to_other < _EXCHANGED_RATIO * to_own)
