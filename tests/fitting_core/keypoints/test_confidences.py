"""Confidences in other scales, and sides that were exchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.layouts import BODY_25, MIRROR
from tests.fitting_core.keypoints.documents import SIZE, body, face, hand, person, write

_LOGITS = np.linspace(-4, 6, 25)
_SCORES = np.linspace(0.2, 7.5, 25)


@pytest.mark.parametrize(
    ("written", "read", "words"),
    [
        (np.linspace(3, 90, 25), np.linspace(0.03, 0.9, 25), "percent"),
        (np.full(25, 100.0), np.ones(25), "percent"),
        (_LOGITS, 1 / (1 + np.exp(-_LOGITS)), "logits"),
        (_SCORES, np.minimum(_SCORES, 1.0), "cut to 0–1"),
        (np.linspace(10, 250, 25), np.linspace(10, 250, 25) / 255, "parts of 255"),
        (np.linspace(100, 1000, 25), np.linspace(0.1, 1, 25), "parts of 1000"),
        (np.full(25, 1.04), np.ones(25), None),
    ],
    ids=[
        "percent",
        "all certain, in percent",
        "logits",
        "SimCC scores",
        "of 255",
        "of 1000",
        "a little over 1",
    ],
)
def test_scales(tmp_path: Path, written: np.ndarray, read: np.ndarray, words: str | None) -> None:
    points = body()
    points[:, 2] = written
    found = read_keypoint_file(write(tmp_path, {"people": [person(pose=points)]}), SIZE)
    np.testing.assert_allclose(found.people[0].body[:, 2], read, atol=1e-12)
    assert [words in text for text in found.warnings if words] == ([True] if words else [])


def test_the_scale_is_that_of_the_whole_file(tmp_path: Path) -> None:
    """A hand of at most 15 percent is as sure as it says, since the body is in percent."""
    entry = person(pose=body(confidence=95.0), hand_left=hand("left", 15.0))
    found = read_keypoint_file(write(tmp_path, {"people": [entry]}), SIZE)
    assert found.people[0].left_hand[:, 2].max() == pytest.approx(0.15)


def _exchanged(points: np.ndarray) -> np.ndarray:
    return points[list(MIRROR[:25])]


def test_a_body_whose_sides_were_exchanged_is_exchanged_back(tmp_path: Path) -> None:
    entry = person(pose=_exchanged(body()), hand_left=hand("left"), hand_right=hand("right"))
    found = read_keypoint_file(write(tmp_path, {"people": [entry]}), SIZE)
    np.testing.assert_allclose(found.people[0].body, body())
    np.testing.assert_allclose(found.people[0].left_hand, hand("left"))
    assert "the body was exchanged back" in found.warnings[0]


def test_a_back_with_its_hands_at_the_wrists_stays(tmp_path: Path) -> None:
    """Somebody seen from behind has the left hand on the left of the picture; eyes and nose are not seen."""
    back = _exchanged(body())
    for name in ("nose", "left_eye", "right_eye"):
        back[BODY_25.index(name)] = 0.0
    entry = person(pose=back, hand_left=hand("right"), hand_right=hand("left"))
    found = read_keypoint_file(write(tmp_path, {"people": [entry]}), SIZE)
    np.testing.assert_allclose(found.people[0].body, back)
    assert found.warnings == ()


def test_a_face_tells_that_the_eyes_of_the_body_are_exchanged(tmp_path: Path) -> None:
    points = face()
    points[36:42, :2], points[42:48, :2] = (385, 135), (415, 135)
    exchanged = _exchanged(body())
    exchanged[BODY_25.index("nose")] = 0.0
    entry = person(pose=exchanged, hand_left=hand("left"), hand_right=hand("right"), face=points)
    found = read_keypoint_file(write(tmp_path, {"people": [entry]}), SIZE)
    assert "the body was exchanged back" in found.warnings[0]
