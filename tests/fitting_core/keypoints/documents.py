"""Made-up keypoint files: one person of known points, in the shapes that detectors write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from fitting_core.keypoints.layouts import BODY_25, HAND_NAMES, BodyLayout
from fitting_core.keypoints.other_layouts import PointLayout

SIZE = (800, 1000)  # the upright photo that the person stands in

# A person seen from the front: the own right is on the left of the picture.
STANDING = {
    "nose": (400, 150), "neck": (400, 230), "right_shoulder": (330, 230), "right_elbow": (300, 340),
    "right_wrist": (290, 440), "left_shoulder": (470, 230), "left_elbow": (500, 340), "left_wrist": (510, 440),
    "mid_hip": (400, 480), "right_hip": (360, 480), "right_knee": (355, 650), "right_ankle": (350, 820),
    "left_hip": (440, 480), "left_knee": (445, 650), "left_ankle": (450, 820), "right_eye": (385, 135),
    "left_eye": (415, 135), "right_ear": (365, 145), "left_ear": (435, 145), "left_big_toe": (460, 860),
    "left_small_toe": (480, 855), "left_heel": (445, 840), "right_big_toe": (340, 860),
    "right_small_toe": (320, 855), "right_heel": (355, 840),
    "upper_neck": (400, 200), "head_top": (400, 80), "chest": (400, 350),
}  # fmt: skip

Person = dict[str, Any]


def body(layout: BodyLayout = BODY_25, confidence: float = 0.8) -> np.ndarray:
    """The standing person's body points in any layout, (N, 3)."""
    return np.array([[*STANDING[name], confidence] for name in layout.names], dtype=float)


def hand(side: str, confidence: float = 0.7) -> np.ndarray:
    """A hand hanging from the wrist of that side, (21, 3)."""
    points = np.zeros((len(HAND_NAMES), 3))
    points[:, 0] = STANDING[f"{side}_wrist"][0] + np.arange(len(HAND_NAMES)) % 4 * 3
    points[:, 1] = STANDING[f"{side}_wrist"][1] + np.arange(len(HAND_NAMES)) * 2
    points[:, 2] = confidence
    return points


def face(count: int = 70, confidence: float = 0.6) -> np.ndarray:
    """A face around the nose, (count, 3)."""
    angle = np.linspace(0, 6, count)
    return np.column_stack([400 + 25 * np.cos(angle), 150 + 30 * np.sin(angle), np.full(count, confidence)])


def person(layout: BodyLayout = BODY_25, **parts: np.ndarray | None) -> Person:
    """A person with `pose`, `face`, `hand_left`, `hand_right` as flat lists; None becomes null."""
    arrays: dict[str, np.ndarray | None] = {"pose": body(layout), **parts}
    return {
        f"{name}_keypoints_2d": None if array is None else array.reshape(-1).tolist()
        for name, array in arrays.items()
    }


def full_person() -> Person:
    """Body, face and both hands."""
    return person(face=face(), hand_left=hand("left"), hand_right=hand("right"))


def whole(layout: PointLayout, confidence: float = 0.8) -> np.ndarray:
    """All points of the standing person in any detector's one array, (N, 3); those that are nobody else's lie at the nose."""
    table = np.zeros((layout.count, 3))
    table[:, :2], table[:, 2] = STANDING["nose"], confidence
    for index, name in enumerate(layout.body.names):
        table[index, :2] = STANDING.get(name, STANDING["nose"])
    for places, part in (
        (layout.left_hand, hand("left")), (layout.right_hand, hand("right")), (layout.face, face(len(layout.face))),
    ):  # fmt: skip
        if places:
            table[list(places), :2] = part[:, :2]
    return table


def write(folder: Path, document: object, name: str = "photo_keypoints.json") -> Path:
    """Write a document as JSON (NaN and Infinity included, as Python's own writer does)."""
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
