"""Judges a tracked motion in a word, with its reasons, and every frame of it in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.fitting.subject import Subject

from ..motion.tracked_motion import HELD, TrackedMotion

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

# Mean errors of the body's points in thousandths of the person's size, and shares of frames that nobody saw.
_ERROR_CHECK, _ERROR_POOR = 15.0, 30.0
_HELD_CHECK, _HELD_POOR = 0.1, 0.4


# The judgement of one frame as it is written: GOOD, CHECK and POOR by the same limits, and HELD where nobody was seen.
FRAME_WORDS = ("good", "check", "poor", "held")


def frame_words(
    motion: TrackedMotion, subjects: Sequence[Subject], stature_m: float
) -> UInt8[NumpyArray, " frames"]:
    """Judge every frame: the places of its words in `FRAME_WORDS`."""
    errors = _errors(motion, subjects, stature_m)
    words = np.digitize(np.nan_to_num(errors), (_ERROR_CHECK, _ERROR_POOR), right=True)
    return np.where(np.isnan(errors), FRAME_WORDS.index("held"), words).astype(np.uint8)


def _errors(
    motion: TrackedMotion, subjects: Sequence[Subject], stature_m: float
) -> Float[NumpyArray, " frames"]:
    """Return the mean error of each frame's points in thousandths of the person's size; NaN where nobody was seen."""
    return motion.error_px / np.array([subject.permille_px(stature_m) for subject in subjects])


def judged(
    motion: TrackedMotion, subjects: Sequence[Subject], stature_m: float, camera_moves: bool
) -> tuple[str, tuple[str, ...]]:
    """Return `good`, `check` or `poor`, and the reasons for not being good."""
    error = float(np.nanmedian(_errors(motion, subjects, stature_m)))
    held = float((motion.states == HELD).mean())
    reasons: list[str] = []
    if error > _ERROR_CHECK:
        reasons.append(
            f"the figure lies {error:.0f} thousandths of the person's size from the keypoints on average"
        )
    if held > _HELD_CHECK:
        reasons.append(f"no keypoints in {100 * held:.0f} % of the frames: the motion there is a bridge")
    if camera_moves:
        reasons.append("the camera moves, and the motion is that before a still one")
    if error > _ERROR_POOR or held > _HELD_POOR:
        return "poor", tuple(reasons)
    return ("check" if reasons else "good"), tuple(reasons)
