"""The split into clips that train, validate and test, with second recordings of held-out clips taken out of training.

Several performances stand in the mocap twice, processed by two hands, under two names (`cmu_14_12` and
`cmu_test_washwindow_washwindow_1`). The split by name would put one copy in training and the other in the
test.
"""

from dataclasses import dataclass

import numpy as np

from tools.train_pose_prior.mocap import (
    HELD_OUT_GROUP,
    VALIDATION_GROUP,
    Array,
    MocapPoses,
    groups_of,
)

TWIN_CORRELATION = 0.75
"""Two clips of nearly the same length that correlate more than this frame by frame show one performance.
Measured: the twins lie at 0.80–0.95, other pairs of equal length below 0.7 except walks in step, which are no loss."""
TWIN_LENGTH_DIFFERENCE = 3
"""Frames at 10 per second by which two copies may differ at their ends."""


@dataclass(frozen=True)
class Split:
    """Poses to train on, to compare settings on, and to test on; names of the clips left out as twins."""

    train: MocapPoses
    validation: MocapPoses
    held_out: MocapPoses
    twins: tuple[str, ...]

    @property
    def all_training(self) -> MocapPoses:
        """Everything but the held-out clips and their twins: what the shipped prior is trained on."""
        parts = (self.train, self.validation)
        return MocapPoses(
            np.concatenate([part.pelvis for part in parts]),
            np.concatenate([part.body for part in parts]),
            np.concatenate([part.clip for part in parts]),
        )


def split_clips(poses: MocapPoses) -> Split:
    """Split by clip name; remove twins of held-out clips everywhere and of validation clips from training."""
    group = groups_of(poses)
    held_out = poses.where(group == HELD_OUT_GROUP)
    validation = poses.where(group == VALIDATION_GROUP)
    train = poses.where((group != HELD_OUT_GROUP) & (group != VALIDATION_GROUP))
    twins = twin_clips(poses.where(group != HELD_OUT_GROUP), held_out)
    validation = validation.where(~np.isin(validation.clip, twins))
    unwanted = twins + twin_clips(train, validation)
    return Split(train.where(~np.isin(train.clip, unwanted)), validation, held_out, tuple(twins))


def twin_clips(poses: MocapPoses, others: MocapPoses) -> list[str]:
    """Return the names of the clips in `poses` that show the performance of a clip in `others`."""
    other_clips = [others.body[others.clip == name] for name in np.unique(others.clip)]
    found: list[str] = []
    for name in np.unique(poses.clip):
        clip = poses.body[poses.clip == name]
        if any(_are_twins(clip, other) for other in other_clips):
            found.append(str(name))
    return found


def _are_twins(clip: Array, other: Array) -> bool:
    """Tell whether two clips (n,63) of nearly one length agree frame by frame, each less its mean pose."""
    if abs(len(clip) - len(other)) > TWIN_LENGTH_DIFFERENCE:
        return False
    length = min(len(clip), len(other))
    pairs = [(clip[s : s + length], other[:length]) for s in range(len(clip) - length + 1)]
    pairs += [(clip[:length], other[s : s + length]) for s in range(len(other) - length + 1)]
    return any(_correlation(first, second) > TWIN_CORRELATION for first, second in pairs)


def _correlation(first: Array, second: Array) -> float:
    """Return the correlation of two clips (n,63), each less its mean pose."""
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    return float((first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum()))
