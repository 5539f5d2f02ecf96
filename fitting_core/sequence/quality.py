"""Judges a tracked motion in a word, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitting_core.fitting.subject import Subject

from .tracked_motion import HELD, TrackedMotion

# Mean errors of the body's points in thousandths of the person's size, and shares of frames that nobody saw.
_ERROR_CHECK, _ERROR_POOR = 15.0, 30.0
_HELD_CHECK, _HELD_POOR = 0.1, 0.4


def judged(
    motion: TrackedMotion, subjects: Sequence[Subject], stature_m: float, camera_moves: bool
) -> tuple[str, tuple[str, ...]]:
    """Return `good`, `check` or `poor`, and the reasons for not being good."""
    units = np.array([subject.permille_px(stature_m) for subject in subjects])
    error = float(np.nanmedian(motion.error_px / units))
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
