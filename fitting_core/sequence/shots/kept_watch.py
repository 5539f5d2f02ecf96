"""What was seen of a clip's shots and clothes as arrays of one kept step, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.keypoints2d import Keypoints2D

from ..steps_kept import KeptSteps
from .camera_motion import CameraMotion
from .clothes import REGIONS
from .watching import Shot, WatchedClip

_NAMES = ("spans", "motions", "clothes")


def kept_watch(
    steps: KeptSteps, people: Sequence[Sequence[Keypoints2D]], watch: Callable[[], WatchedClip]
) -> WatchedClip:
    """Return what `watch` sees of a clip whose people are known, or what a run before this one has seen."""
    return _from_arrays(steps.step("watched", _NAMES, lambda: _as_arrays(watch())), people)


def _as_arrays(watched: WatchedClip) -> dict[str, NumpyArray]:
    motions = [_row(shot.camera_motion) for shot in watched.shots]
    clothes = [one for frame in watched.clothes for one in frame]
    return {
        "spans": np.array([(shot.first_frame, shot.last_frame) for shot in watched.shots], dtype=np.int64),
        "motions": np.array(motions, dtype=np.float64),
        "clothes": np.array(clothes, dtype=np.float64).reshape(-1, len(REGIONS), 3),
    }


def _row(motion: CameraMotion | None) -> tuple[float, float, float]:
    """Return the frames of a motion, −1 for none, and the largest shift, NaN for one that is not known."""
    if motion is None:
        return -1.0, -1.0, np.nan
    shift = np.nan if motion.largest_shift is None else motion.largest_shift
    return float(motion.first_frame), float(motion.last_frame), shift


def _from_arrays(arrays: dict[str, NumpyArray], people: Sequence[Sequence[Keypoints2D]]) -> WatchedClip:
    shots = tuple(
        Shot(int(first), int(last), _motion(row))
        for (first, last), row in zip(arrays["spans"], arrays["motions"], strict=True)
    )
    places = np.cumsum([0, *(len(frame) for frame in people)])
    clothes = tuple(
        tuple(arrays["clothes"][place : place + len(frame)])
        for place, frame in zip(places[:-1], people, strict=True)
    )
    return WatchedClip(shots, clothes)


def _motion(row: NumpyArray) -> CameraMotion | None:
    first, last, shift = (float(value) for value in row)
    return None if first < 0 else CameraMotion(int(first), int(last), None if np.isnan(shift) else shift)
