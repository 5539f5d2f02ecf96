"""Left and right of other programs' poses: exchanged ones are noticed by elbows and fingers, sound ones are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.joints import LEFT_HAND, RIGHT_HAND, SMPLX_JOINT_NAMES
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.conversion.foreign_pose import ForeignPose

_FRAMES = 10
_WORD = "were exchanged"
_BODY = tuple(
    (left, SMPLX_JOINT_NAMES.index(name.replace("left_", "right_")))
    for left, name in enumerate(SMPLX_JOINT_NAMES[:22])
    if name.startswith("left_")
)
_FINGERS = tuple(
    zip(range(LEFT_HAND.start, LEFT_HAND.stop), range(RIGHT_HAND.start, RIGHT_HAND.stop), strict=True)
)


def _figure(arms_down: float = 1.1, elbows: float = 0.9, curl: float = 0.6) -> np.ndarray:
    """Somebody who walks with bent elbows and half-closed hands, (frames, 55, 3)."""
    rotations = np.zeros((_FRAMES, 55, 3))
    swing = 0.4 * np.sin(np.linspace(0, 6, _FRAMES))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        joint = {
            name: SMPLX_JOINT_NAMES.index(f"{side}_{name}") for name in ("shoulder", "elbow", "hip", "knee")
        }
        rotations[:, joint["shoulder"], 2] = sign * arms_down
        rotations[:, joint["elbow"], 1] = sign * elbows
        rotations[:, joint["hip"], 0] = sign * swing
        rotations[:, joint["knee"], 0] = 0.3
    rotations[:, LEFT_HAND, 2], rotations[:, RIGHT_HAND, 2] = -curl, curl
    return rotations


def _exchanged(rotations: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    found = rotations.copy()
    for left, right in pairs:
        found[:, left], found[:, right] = rotations[:, right], rotations[:, left]
    return found


def _read(folder: Path, rotations: np.ndarray) -> ForeignPose:
    path = folder / "motion.npz"
    np.savez(path, poses=rotations.reshape(len(rotations), -1), trans=np.zeros((len(rotations), 3)))
    return read_pose(read_foreign_file(path))


@pytest.mark.parametrize(
    ("pairs", "words", "elbows"),
    [
        (_BODY, "of the body, but not of its hands, were exchanged: both sides' elbows", 0.9),
        (_FINGERS, "of the hands were exchanged", 0.9),
        ((*_BODY, *_FINGERS), "of the whole figure were exchanged", 0.9),
        ((*_BODY, *_FINGERS), "of the whole figure were exchanged: both sides' fingers", 0.1),
        (_FINGERS, "of the hands were exchanged", 0.1),
    ],
    ids=["body", "hands", "both", "both, straight arms", "hands, straight arms"],
)
@pytest.mark.parametrize("frames", [1, _FRAMES])
def test_exchanged_sides_are_exchanged_back(
    tmp_path: Path, pairs: tuple[tuple[int, int], ...], words: str, elbows: float, frames: int
) -> None:
    sound = _figure(elbows=elbows)[:frames]
    pose = _read(tmp_path, _exchanged(sound, pairs))
    np.testing.assert_allclose(pose.rotations, sound, atol=1e-12)
    assert any(words in word for word in pose.warnings)


@pytest.mark.parametrize(
    "sound",
    [
        _figure(),
        _figure(arms_down=-1.2),
        _figure(arms_down=-1.2, elbows=-0.15, curl=-0.1),
        _figure(arms_down=-1.2, elbows=0.0),
        np.zeros((_FRAMES, 55, 3)),
    ],
    ids=[
        "walks",
        "hands up",
        "hands up with overstretched elbows and fingers",
        "hands up, straight arms",
        "rest pose",
    ],
)
def test_sound_sides_are_left_alone(tmp_path: Path, sound: np.ndarray) -> None:
    pose = _read(tmp_path, sound)
    np.testing.assert_allclose(pose.rotations, sound, atol=1e-12)
    assert not any(_WORD in word for word in pose.warnings)


def test_frames_against_each_other_change_nothing(tmp_path: Path) -> None:
    sound = _figure()
    mixed = np.concatenate([sound, _exchanged(sound, _BODY)])
    assert not any(_WORD in word for word in _read(tmp_path, mixed).warnings)
