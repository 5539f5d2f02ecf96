"""Oddities in sound keypoints: another body order, exchanged hands, ghosts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitting_core.keypoints.keypoints2d import HAND_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, HAND_WRIST, BodyLayout
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


def looks_like_body_25b(points: Points) -> bool:
    """Return True if 25 points make shorter bones when read as BODY_25B than as BODY_25."""
    as_25, as_25b = _mean_bone_length(points, BODY_25), _mean_bone_length(points, BODY_25B)
    return as_25 is not None and as_25b is not None and as_25 > _WRONG_ORDER_RATIO * as_25b


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
