"""Coloured lines of a stick figure, from keypoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Colour = tuple[float, float, float, float]
Point = tuple[float, float]

# The person's own left and right, and what is neither; told apart in the commonest forms of colour blindness too.
LEFT: Colour = (0.20, 0.62, 1.00, 1.0)
RIGHT: Colour = (1.00, 0.52, 0.12, 1.0)
MIDDLE: Colour = (0.92, 0.92, 0.92, 1.0)

# Pairs of OpenPose BODY_25's points.
MIDDLE_BONES = ((0, 1), (1, 8))
RIGHT_BONES = (
    (1, 2),
    (2, 3),
    (3, 4),
    (8, 9),
    (9, 10),
    (10, 11),
    (11, 22),
    (22, 23),
    (11, 24),
    (0, 15),
    (15, 17),
)
LEFT_BONES = (
    (1, 5),
    (5, 6),
    (6, 7),
    (8, 12),
    (12, 13),
    (13, 14),
    (14, 19),
    (19, 20),
    (14, 21),
    (0, 16),
    (16, 18),
)
LEFT_HAND, RIGHT_HAND = 25, 46  # first rows of the hands among 137 keypoints
FINGERS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 14, 15, 16), (0, 17, 18, 19, 20))
SEEN = 0.05  # confidence from which on a point is drawn


@dataclass(frozen=True)
class Stick:
    """One line, in px of the upright photo."""

    start: Point
    end: Point
    colour: Colour


def sticks_of_points(points: Sequence[Point]) -> list[Stick]:
    """The 25 body points of a running fit, all of them."""
    return _sticks(_body_bones(), lambda row: points[row] if row < len(points) else None)


def sticks_of_keypoints(
    keypoints: Sequence[tuple[float, float, float]], strength: float = 1.0
) -> list[Stick]:
    """The body and hands of 137 keypoints, as far as they were seen; `strength` is the opacity."""
    bones = [*_body_bones(), *_hand_bones(LEFT_HAND, LEFT), *_hand_bones(RIGHT_HAND, RIGHT)]
    faded = [(first, second, (*colour[:3], strength)) for first, second, colour in bones]

    def seen(row: int) -> Point | None:
        x, y, confidence = keypoints[row]
        return (x, y) if confidence > SEEN else None

    return _sticks(faded, seen)


def _body_bones() -> list[tuple[int, int, Colour]]:
    sides = ((MIDDLE_BONES, MIDDLE), (RIGHT_BONES, RIGHT), (LEFT_BONES, LEFT))
    return [(first, second, colour) for bones, colour in sides for first, second in bones]


def _hand_bones(offset: int, colour: Colour) -> list[tuple[int, int, Colour]]:
    return [
        (offset + first, offset + second, colour) for finger in FINGERS for first, second in pairwise(finger)
    ]


def _sticks(bones: Sequence[tuple[int, int, Colour]], place: Callable[[int], Point | None]) -> list[Stick]:
    found = [(place(first), place(second), colour) for first, second, colour in bones]
    return [
        Stick(start, end, colour) for start, end, colour in found if start is not None and end is not None
    ]
