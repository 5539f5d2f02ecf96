"""Texts and reasons of the Keypoints panel, from the points and choices."""

from __future__ import annotations

from dataclasses import dataclass

from ..keypoints.edited import EditedKeypoints
from ..keypoints.facts import KeypointsFacts
from ..keypoints.names import PARTS, Part

PART_LABELS: dict[Part, str] = {
    "body": "Body",
    "face": "Face",
    "left_hand": "Left Hand",
    "right_hand": "Right Hand",
}


@dataclass(frozen=True)
class KeypointsState:
    """The panel: which buttons there are, why they are grey, and what is said of the points."""

    title: str = ""
    facts: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    editing: bool = False
    has_points: bool = False
    has_figure: bool = False
    edit_reason: str = ""
    new_reason: str = ""
    selection_reason: str = ""
    restore_reason: str = ""
    fit_label: str = "Fit These Points"
    fit_reason: str = ""
    missing_parts: tuple[Part, ...] = ()


def keypoints_state(facts: KeypointsFacts) -> KeypointsState:
    """Choose the texts and buttons for these facts."""
    wrong_mode = "" if facts.mode == "OBJECT" else "Leave the current mode for Object Mode first"
    blocked = facts.photo_problem or wrong_mode
    no_points = (
        ""
        if facts.people_found != 0 or facts.has_figure
        else "No keypoints were found: start with a new stick figure"
    )
    keypoints = facts.keypoints
    if keypoints is None:
        return KeypointsState(
            error=facts.damaged,
            hint="" if blocked or facts.damaged else no_points,
            has_points=bool(facts.damaged),
            edit_reason=blocked or facts.damaged or no_points,
            new_reason=blocked,
        )
    return KeypointsState(
        title=f"Person {facts.number + 1}" if facts.people > 1 else "",
        facts=(_counts(keypoints), *_lonely(keypoints)),
        editing=facts.editing,
        has_points=True,
        has_figure=facts.has_figure,
        edit_reason=blocked,
        new_reason=blocked,
        selection_reason="" if facts.selected else "Select points in the view first",
        restore_reason="" if keypoints.deleted_rows() else "Nothing was deleted",
        fit_label=_fit_label(facts),
        fit_reason=_fit_reason(facts, keypoints),
        missing_parts=tuple(part for part, rows in PARTS.items() if not keypoints.present[rows].all()),
    )


def _fit_label(facts: KeypointsFacts) -> str:
    if facts.frame is not None:
        return f"Refit Around Frame {facts.frame}"
    return "Refit" if facts.has_figure else "Fit These Points"


FEWEST_BODY_POINTS = 4  # the core's own limit, below which no figure can be placed
CONFIDENT = 0.2  # the core's, too
LEAST_MEAN_CONFIDENCE = 0.05  # the core takes a hand or face with less for one that was not found


def _fit_reason(facts: KeypointsFacts, keypoints: EditedKeypoints) -> str:
    confident = int((keypoints.effective_confidence()[PARTS["body"]] >= CONFIDENT).sum())
    if facts.running:
        return "A fit runs already: wait, or cancel it with Esc"
    if confident < FEWEST_BODY_POINTS:
        return f"At least {FEWEST_BODY_POINTS} points of the body are needed"
    if not facts.editing and facts.mode != "OBJECT":
        return "Leave the current mode for Object Mode first"
    return facts.fit_problem


def _counts(keypoints: EditedKeypoints) -> str:
    counts = (
        (int(keypoints.present.sum()), "points"),
        (len(keypoints.moved_rows()), "moved"),
        (len(keypoints.deleted_rows()), "deleted"),
        (len(keypoints.pinned_names()), "pinned"),
    )
    return " · ".join(f"{count} {word}" for count, word in counts if count)


def _lonely(keypoints: EditedKeypoints) -> tuple[str, ...]:
    """Hands and faces with so few points that the core leaves them out."""
    sure = keypoints.effective_confidence()
    return tuple(
        f"{PART_LABELS[part]}: too few points, they will be left out"
        for part, rows in PARTS.items()
        if part != "body" and sure[rows].any() and float(sure[rows].mean()) < LEAST_MEAN_CONFIDENCE
    )
