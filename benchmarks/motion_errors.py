"""The errors of a motion against a known one, as the field defines them, and how they are printed.

acceleration error  second differences times rate² of pelvis-aligned joints, mean distance from the truth's, m/s²
jitter              third differences times rate³ over ten, mean length, in the camera's frame
skating             how far heels and toes move in a frame while the true ones move under a centimetre, mm
joints              distance from the truth with the middles of the hips on each other, mm; in the world: after one turn
                    and shift for all frames of a piece of a hundred
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, Pose, detected_keypoints, points
from fitting_core.geometry.rotations import nearest_rotation
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.previous import gender_of_start
from fitting_core.sequence.outcome.stored_motion import read_stored_motion

_SIDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "heel", "big_toe")
NAMES = (*(f"{side}_{part}" for part in _SIDED for side in ("right", "left")), "nose")
ROWS = [BODY_25.index(name) for name in NAMES]
_HIPS = [NAMES.index("right_hip"), NAMES.index("left_hip")]
_FEET = [place for place, name in enumerate(NAMES) if name.endswith(("heel", "toe"))]
_STILL_M = 0.01  # a frame
_PIECE = 100  # frames that are aligned together
HEADER = (
    "| | joints mm | in the world mm | acceleration error m/s² | jitter (truth) | skating mm (truth) | s |\n"
    "|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class MotionErrors:
    """The errors of one motion; `jitter_true` and `skating_true` are the truth's own."""

    joints_mm: float
    world_mm: float
    acceleration: float
    jitter: float
    jitter_true: float
    skating_mm: float
    skating_true_mm: float


def motion_errors(found: NumpyArray, true: NumpyArray, rate: float) -> MotionErrors:
    """Compare two motions of `NAMES`, (N, 17, 3) in metres; see the module's words."""
    mine, theirs = _aligned(found), _aligned(true)
    bent = [np.diff(points, 2, axis=0) * rate**2 for points in (mine, theirs)]
    steps = [np.linalg.norm(np.diff(points[:, _FEET], axis=0), axis=-1) for points in (found, true)]
    still = steps[1] < _STILL_M
    return MotionErrors(
        joints_mm=1000.0 * _mean_length(mine - theirs),
        world_mm=1000.0 * _world_distance(found, true),
        acceleration=_mean_length(bent[0] - bent[1]),
        jitter=_jitter(found, rate),
        jitter_true=_jitter(true, rate),
        skating_mm=1000.0 * float(steps[0][still].mean()) if still.any() else np.nan,
        skating_true_mm=1000.0 * float(steps[1][still].mean()) if still.any() else np.nan,
    )


def _aligned(points: NumpyArray) -> NumpyArray:
    return points - points[:, _HIPS].mean(axis=1, keepdims=True)


def _mean_length(vectors: NumpyArray) -> float:
    return float(np.linalg.norm(vectors, axis=-1).mean())


def _jitter(points: NumpyArray, rate: float) -> float:
    return _mean_length(np.diff(points, 3, axis=0)) * rate**3 / 10.0


def _world_distance(found: NumpyArray, true: NumpyArray) -> float:
    """Mean distance after one rigid motion for each piece of the clip."""
    apart: list[NumpyArray] = []
    for first in range(0, len(found), _PIECE):
        mine, theirs = (points[first : first + _PIECE].reshape(-1, 3) for points in (found, true))
        centred = [points - points.mean(axis=0) for points in (mine, theirs)]
        turn = nearest_rotation(centred[0].T @ centred[1])
        apart.append(np.linalg.norm(centred[0] @ turn - centred[1], axis=-1))
    return float(np.concatenate(apart).mean())


def error_row(name: str, errors: Sequence[MotionErrors], seconds: float) -> str:
    """Return a row of the table under `HEADER`: the means over several motions, and the seconds that they took."""

    def mean(field: str) -> float:
        return float(np.nanmean([getattr(one, field) for one in errors]))

    return (
        f"| {name} | {mean('joints_mm'):.0f} | {mean('world_mm'):.0f} | {mean('acceleration'):.1f} | {mean('jitter'):.0f} "
        f"({mean('jitter_true'):.0f}) | {mean('skating_mm'):.1f} ({mean('skating_true_mm'):.1f}) | {seconds:.0f} |"
    )


@dataclass(frozen=True, eq=False)
class FittedMotion:
    """A motion file of the open body before the camera: the model, a pose a frame, and the clip's frames (N,)."""

    model: BodyModel
    poses: tuple[Pose, ...]
    frames: NumpyArray

    @property
    def points(self) -> NumpyArray:
        """Where the points of `NAMES` are, (N, 17, 3) in metres."""
        model = self.model
        meant = [
            detected_keypoints(model, pose, points(model, pose), "openpose")[ROWS] for pose in self.poses
        ]
        return np.array(meant)


def read_motion(file: Path) -> FittedMotion:
    """Read a motion file, of whichever gender it is."""
    setup, stored = fit_setup(gender=gender_of_start(file)), read_stored_motion(file)
    x, layout = stored.parameters(setup), setup.layout
    rows = zip(layout.rotations(x), layout.shape_coefficients(x), layout.translation(x), strict=True)
    poses = tuple(Pose(turns, shape, place) for turns, shape, place in rows)
    return FittedMotion(setup.points.model, poses, stored.entries["clip_frames"].astype(np.int64))


def print_points(found: NumpyArray, true: NumpyArray) -> None:
    """Print each point's distance from the truth, middles of the hips on each other, and the mean of what it is off."""
    apart = 1000.0 * (_aligned(found) - _aligned(true))
    print("\n| | distance mm | to the right, down, away mm |\n|---|---|---|")
    for name, row in zip(NAMES, apart.transpose(1, 0, 2), strict=True):
        mean = ", ".join(f"{value:.0f}" for value in row.mean(axis=0))
        print(f"| {name} | {np.linalg.norm(row, axis=-1).mean():.0f} | {mean} |")
