"""Frames of a motion whose values are no finite numbers, filled between their neighbours.

A reader marks them by NaN. They hold the values of a frame beside them until the units are known, and are filled then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import compose_vectors

from .foreign_pose import ForeignPose

MOST_GAPS = 0.5  # of the frames: beyond, nothing tells how the figure moved
_BLOCK_FRAMES = 4096


@dataclass(frozen=True, eq=False)
class _Gap:
    """Frames without values, the frames with values before and behind each, and how far each is on the way (0–1).

    Before the first value and behind the last one both are the nearest.
    """

    frames: NumpyArray
    before: NumpyArray
    behind: NumpyArray
    way: NumpyArray


@dataclass(frozen=True, eq=False)
class Gaps:
    """The gaps of each joint's rotations, and of the rows of the other parts of a pose by their names."""

    joints: dict[int, _Gap] = field(default_factory=dict[int, _Gap])
    rows: dict[str, _Gap] = field(default_factory=dict[str, _Gap])

    def in_words(self, frame_count: int) -> tuple[str, ...]:
        """Return a word that counts the frames; none where there is no gap."""
        gaps = (*self.joints.values(), *self.rows.values())
        if not gaps:
            return ()
        frames = np.unique(np.concatenate([gap.frames for gap in gaps]))
        runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
        longest = max(len(run) for run in runs)
        return (
            f"{len(frames)} of its {frame_count} frames hold no values, or such that are not finite numbers (NaN or infinite), "
            f"{longest} in a row at most. They were filled between their neighbours.",
        )


def hold(pose: ForeignPose) -> Gaps:
    """Put a neighbour's values into the gaps of a pose, whose joints and parts all have values in some frame; return the gaps."""
    gaps = Gaps()
    missing = np.isnan(pose.rotations[:, :, 0])
    for joint in np.flatnonzero(missing.any(axis=0)):
        gap = gaps.joints[int(joint)] = _gap(missing[:, joint])
        pose.rotations[gap.frames, joint] = pose.rotations[gap.before, joint]
    for name, rows in _rows_of(pose).items():
        unseen = np.isnan(rows[:, 0])
        if unseen.any():
            gap = gaps.rows[name] = _gap(unseen)
            rows[gap.frames] = rows[gap.before]
    return gaps


def fill(pose: ForeignPose, gaps: Gaps) -> None:
    """Fill the gaps of a pose in radians: rotations turn evenly from one neighbour to the other, places go straight."""
    for joint, gap in gaps.joints.items():
        _turn_through(pose.rotations[:, joint], gap)
    parts = _rows_of(pose)
    for name, gap in gaps.rows.items():
        rows, way = parts[name], gap.way[:, None]
        rows[gap.frames] = (1.0 - way) * rows[gap.before] + way * rows[gap.behind]


def _gap(missing: NumpyArray) -> _Gap:
    there, frames = np.flatnonzero(~missing), np.flatnonzero(missing)
    place = np.searchsorted(there, frames)
    before = there[np.maximum(place - 1, 0)]
    behind = there[np.minimum(place, len(there) - 1)]
    way = (frames - before) / np.maximum(behind - before, 1)
    return _Gap(frames, before, behind, way)


def _turn_through(vectors: NumpyArray, gap: _Gap) -> None:
    """Fill the gap of one joint's rotation vectors (N, 3): R = R₀ exp(s log(R₀⁻¹ R₁)), s the share of the way."""
    for start in range(0, len(gap.frames), _BLOCK_FRAMES):
        block = slice(start, start + _BLOCK_FRAMES)
        first, last = vectors[gap.before[block]], vectors[gap.behind[block]]
        turn = gap.way[block, None] * compose_vectors(-first, last)
        vectors[gap.frames[block]] = compose_vectors(first, turn)


def _rows_of(pose: ForeignPose) -> dict[str, NumpyArray]:
    """Return the parts that have a row a frame beside the rotations, by name."""
    parts = {"translation": pose.translation, "latent": pose.latent, **pose.hands}
    return {name: rows for name, rows in parts.items() if rows is not None}
