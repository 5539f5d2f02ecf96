"""The look of edited points on the plate: colours, sizes and labels.

The sides' colours are those of the stick figure elsewhere; they are told apart in the commonest forms of colour blindness too.
"""

from __future__ import annotations

from dataclasses import dataclass

from .edited import EditedKeypoints
from .names import BODY_COUNT, BONES, SIDES, Side, spoken

Colour = tuple[float, float, float, float]

SIDE_COLOURS: dict[Side, tuple[float, float, float]] = {
    "left": (0.20, 0.62, 1.00),
    "right": (1.00, 0.52, 0.12),
    "middle": (0.92, 0.92, 0.92),
}
PIN_COLOUR: Colour = (1.0, 0.92, 0.2, 1.0)
SELECTED_OUTLINE: Colour = (1.0, 1.0, 1.0, 1.0)
OUTLINE: Colour = (0.0, 0.0, 0.0, 0.85)
PALEST = 0.35  # opacity at confidence 0
BODY_RADIUS, SMALL_RADIUS = 6.0, 3.0  # px at a UI scale of 1
HOVERED_FACTOR = 1.5


@dataclass(frozen=True)
class Dot:
    """One point: its row, colour, radius, and whether it is ringed."""

    row: int
    colour: Colour
    radius: float
    pinned: bool


def opacity(confidence: float) -> float:
    """Return the opacity of a confidence: the surer, the stronger."""
    return PALEST + (1.0 - PALEST) * min(1.0, max(0.0, confidence))


def dots_of(keypoints: EditedKeypoints) -> list[Dot]:
    """Return the points that are there, the body's last, so that they lie over hands and face."""
    sure = keypoints.effective_confidence()
    rows = [row for row in range(len(sure)) if keypoints.present[row]]
    rows.sort(key=lambda row: row < BODY_COUNT)
    return [
        Dot(
            row=row,
            colour=(*SIDE_COLOURS[SIDES[row]], opacity(float(sure[row]))),
            radius=BODY_RADIUS if row < BODY_COUNT else SMALL_RADIUS,
            pinned=bool(keypoints.pinned[row]),
        )
        for row in rows
    ]


def bones_of(keypoints: EditedKeypoints) -> list[tuple[int, int, Colour]]:
    """Bones whose ends are both there, in the colour of their side, as pale as the less certain end."""
    sure = keypoints.effective_confidence()
    return [
        (
            first,
            second,
            (*SIDE_COLOURS[_side(first, second)], 0.85 * opacity(float(min(sure[first], sure[second])))),
        )
        for first, second in BONES
        if keypoints.present[first] and keypoints.present[second]
    ]


def _side(first: int, second: int) -> Side:
    return SIDES[first] if SIDES[first] != "middle" else SIDES[second]


def label_of(keypoints: EditedKeypoints, row: int) -> str:
    """Return the label of the point under the mouse: "Left wrist · confidence 0.42 · pinned"."""
    confidence = f"confidence {float(keypoints.effective_confidence()[row]):.2f}"
    words = [spoken(row), "placed by hand" if row in keypoints.moved_rows() else confidence]
    return " · ".join([*words, *(["pinned"] if keypoints.pinned[row] else [])])
