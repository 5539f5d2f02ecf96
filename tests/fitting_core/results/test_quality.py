"""The word of a fit: what makes it less than good, and that it never rests on a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting_core.body_model.body_model import Pose, detected_keypoints, points
from fitting_core.body_model.model_file import load_body_model
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.results.person import FittedPerson
from fitting_core.results.quality import Quality, quality_of

_MODEL = load_body_model()
_POSE = Pose(
    np.array([[np.pi, 0.0, 0.0], *np.zeros((54, 3))]),
    np.zeros(_MODEL.beta_count + _MODEL.expression_count),
    np.array([0.0, 0.0, 4.0]),
)
_FOCAL, _CENTRE = 1000.0, np.array([400.0, 500.0])


def _judged(
    off_px: float = 0.0,
    confidence: float = 0.9,
    detector: str = "openpose",
    doubtful: bool = False,
    **terms: float,
) -> Quality:
    """The word of a body that stands 4 m away, whose keypoints are `off_px` beside it and whose fit cost `terms`."""
    placed = points(_MODEL, _POSE)
    where = detected_keypoints(_MODEL, _POSE, placed, "openpose")
    pixels = _FOCAL * where[:, :2] / where[:, 2:] + _CENTRE + [off_px, 0.0]
    table = np.nan_to_num(np.column_stack([pixels, np.full(len(pixels), confidence)]))
    parts: Any = (table[:25], table[25:46], table[46:67], table[67:])
    cues = PhotoCues(is_doubtful=doubtful)
    subject = Subject(replace(Keypoints2D(*parts), detector=detector), _FOCAL, _CENTRE, cues=cues)  # type: ignore[arg-type]
    person = FittedPerson(_MODEL, _POSE, placed, np.full(137, off_px), 50.0, where, dict(terms))
    return quality_of(subject, [person], permille_px=0.4)


def test_a_likely_pose_on_its_keypoints_is_good() -> None:
    assert _judged(off_px=2.0, pose=8.0) == _judged(off_px=2.0, pose=8.0, rest=0.0)
    assert (_judged(off_px=2.0, pose=8.0).word, _judged(off_px=2.0, pose=8.0).reasons) == ("good", ())


_WORSE: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unlikely pose": ({"pose": 30.0}, "check", "look from the side"),
    "a very unlikely pose": ({"pose": 60.0}, "poor", "look from the side"),
    "hidden limbs away from rest": ({"rest": 2.5}, "check", "look from the side"),
    "beside the keypoints": ({"off_px": 8.0}, "check", "only roughly"),
    "far beside the keypoints": ({"off_px": 14.0}, "poor", "does not lie on"),
    "perhaps a painting": ({"doubtful": True}, "check", "photo of a person"),
    "perhaps a painting, and badly fitted": ({"doubtful": True, "off_px": 14.0}, "poor", "does not lie on"),
    "a stick figure that nobody has moved": ({"confidence": 0.3}, "check", "drag"),
}


@pytest.mark.parametrize("name", _WORSE)
def test_what_makes_a_fit_less_than_good(name: str) -> None:
    changes, word, reason = _WORSE[name]
    found = _judged(**{"off_px": 2.0, "pose": 8.0, **changes})
    assert found.word == word
    assert any(reason in said for said in found.reasons)


def test_points_of_the_eyes_are_trusted_less() -> None:
    assert (_judged(pose=18.0, off_px=3.0).word, _judged(pose=18.0, off_px=3.0, detector="eyes").word) == (
        "good",
        "check",
    )
