"""Faults of keypoints that a fit obeys and that its loss does not show: each in words, with the limb that it is about.

All limits were set on 134 rendered photos and on the same with the fault put in: `python -m benchmarks.rendered.faults`.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import joint_index
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.results.person import FittedPerson

# A forearm is too short in the picture under this share of what its bone could show there, where the other one shows this many
# times more, unless the photo's depths give it at least this share of the depth that the fit had to give it.
SHORT_FOREARM = 0.45
LONGER_OTHER = 1.5
SEEN_DEPTH_SHARE = 0.5
_CONFIDENT = 0.15
_DEPTH_CONFIDENT = 0.2
# Degrees between the line of the eyes and that of the shoulders: nobody's neck turns so far.
FARTHEST_HEAD_TURN = 60.0
# Nats of the photo's depths: the figure's are the other way round.
MOST_DEPTH_NATS = 8.0
# Nats by which a fit with the legs exchanged is the cheaper one.
EXCHANGED_LEGS_NATS = 3.0
OUTSIDE_PERMILLE = 20.0  # of the person's size, beyond the edge of the picture
EXCHANGED_LEGS = "the legs fit better with left and right exchanged"
ANOTHER_SIZE = "the keypoints may be those of a smaller or larger copy of the photo"
_SIDES = {"left": "right", "right": "left"}
_LIMBS = {"arm": ("elbow", "wrist"), "leg": ("knee", "ankle")}


def keypoint_faults(
    subject: Subject, person: FittedPerson, permille_px: float, picture: tuple[int, int] | None
) -> tuple[str, ...]:
    """Return what is wrong with a person's keypoints in words; `picture` is its width and height in px."""
    return (
        *_short_forearms(subject, person),
        *_turned_head(person),
        *([] if picture is None else _outside(subject, person, permille_px, picture)),
    )


def _short_forearms(subject: Subject, person: FittedPerson) -> list[str]:
    shown = {side: _shown_share(subject, person, side) for side in _SIDES}
    return [
        f"the {side} forearm looks far too short: is the wrist's keypoint on the forearm?"
        for side, other in _SIDES.items()
        if shown[side] < SHORT_FOREARM
        and not shown[other] < LONGER_OTHER * shown[side]
        and not _depth_is_seen(subject, shown[side], person, side)
    ]


def _shown_share(subject: Subject, person: FittedPerson, side: str) -> float:
    """Return the length of a forearm in the picture over that of its bone held square to the view; NaN where it is unseen."""
    elbow, wrist = (subject.keypoints.body[BODY_25.index(f"{side}_{name}")] for name in ("elbow", "wrist"))
    if min(elbow[2], wrist[2]) < _CONFIDENT:
        return float("nan")
    ends = _forearm(person, side)
    longest = subject.focal_px * np.linalg.norm(ends[1] - ends[0]) / ends[:, 2].mean()
    return float(np.hypot(*(wrist[:2] - elbow[:2])) / longest)


def _depth_is_seen(subject: Subject, shown: float, person: FittedPerson, side: str) -> bool:
    """Return True if the photo itself shows a forearm that points along the view as the fit says."""
    depths = subject.cues.body_depths
    if depths is None:
        return False
    elbow, wrist = (depths[BODY_25.index(f"{side}_{name}")] for name in ("elbow", "wrist"))
    if min(elbow[1], wrist[1]) < _DEPTH_CONFIDENT:
        return False
    ends = _forearm(person, side)
    along = float(np.linalg.norm(ends[1] - ends[0])) * sqrt(1.0 - shown**2)
    return bool(abs(wrist[0] - elbow[0]) > SEEN_DEPTH_SHARE * along)


def _forearm(person: FittedPerson, side: str) -> NumpyArray:
    return person.points[[joint_index(f"{side}_elbow"), joint_index(f"{side}_wrist")]]


def _turned_head(person: FittedPerson) -> list[str]:
    """Return whether left and right seem exchanged: the head is turned too far, or the depths are those of the other side."""
    if person.loss_terms.get("depth", 0.0) > MOST_DEPTH_NATS:
        return ["the depths that the photo shows are not the figure's: left and right may be exchanged"]
    if _head_turn_degrees(person) > FARTHEST_HEAD_TURN:
        return ["the face is turned too far against the shoulders: left and right may be exchanged"]
    return []


def _head_turn_degrees(person: FittedPerson) -> float:
    eyes, shoulders = (
        person.points[joint_index(f"left_{name}")] - person.points[joint_index(f"right_{name}")]
        for name in ("eye", "shoulder")
    )
    cosine = eyes @ shoulders / (np.linalg.norm(eyes) * np.linalg.norm(shoulders))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _outside(
    subject: Subject, person: FittedPerson, permille_px: float, picture: tuple[int, int]
) -> list[str]:
    """Return the limbs that are cut off by the edge of the picture; those of which nothing was seen are guessed anyway."""
    found: list[str] = []
    for limb, (middle, end) in _LIMBS.items():
        for side in _SIDES:
            if subject.keypoints.body[BODY_25.index(f"{side}_{middle}"), 2] < _CONFIDENT:
                continue
            where = person.points[joint_index(f"{side}_{end}")]
            pixel = subject.focal_px * where[:2] / where[2] + subject.principal_point
            beyond = max(float(np.max(-pixel)), float(np.max(pixel - np.array(picture))))
            if beyond > OUTSIDE_PERMILLE * permille_px:
                found.append(f"the {side} {limb} leaves the picture: what is outside is a guess")
    return found
