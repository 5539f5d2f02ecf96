"""A dozen different poses to start a fit from: medoids of the training poses by where their joints are.

k-medoids (alternating assignment and re-centring) on the 22 joints relative to the pelvis, whose heading and
tilt are not part of the pose.
"""

from dataclasses import dataclass

import numpy as np

from tools.train_pose_prior.mocap import Array
from tools.train_pose_prior.skeleton import posed_joints

MODE_COUNT = 12
LARGEST_SAMPLE = 5000
_ROUNDS = 40


@dataclass(frozen=True)
class PoseModes:
    """Poses `modes (M,63)` in radians and the share of poses nearest to each, `frequency (M)`, falling."""

    modes: Array
    frequency: Array


def pose_modes(poses: Array, weight: Array, rest: Array, seed: int) -> PoseModes:
    """Choose the modes from poses (N,63) of given weight (N) on the rest joints (22,3) in metres."""
    generator = np.random.default_rng(seed)
    count = min(LARGEST_SAMPLE, len(poses))
    sample = poses[generator.choice(len(poses), size=count, replace=False, p=weight / weight.sum())]
    points = posed_joints(rest, sample).reshape(count, -1)
    distance = np.sqrt(np.maximum(_squared_distances(points), 0.0))
    medoids = _spread_out(distance, generator)
    for _ in range(_ROUNDS):
        label = distance[:, medoids].argmin(axis=1)
        medoids = np.array([_centre(distance, np.flatnonzero(label == mode)) for mode in range(MODE_COUNT)])
    frequency = np.bincount(distance[:, medoids].argmin(axis=1), minlength=MODE_COUNT) / count
    order = np.argsort(-frequency)
    return PoseModes(sample[medoids[order]], frequency[order])


def _squared_distances(points: Array) -> Array:
    squared = (points**2).sum(axis=1)
    return squared[:, None] + squared - 2.0 * points @ points.T


def _spread_out(distance: Array, generator: np.random.Generator) -> Array:
    """Draw first medoids far apart: with probability proportional to squared distance (k-means++)."""
    chosen = [int(generator.integers(len(distance)))]
    while len(chosen) < MODE_COUNT:
        nearest = distance[:, chosen].min(axis=1) ** 2
        chosen.append(int(generator.choice(len(distance), p=nearest / nearest.sum())))
    return np.array(chosen)


def _centre(distance: Array, members: Array) -> int:
    """Return the member with the least sum of distances to the others."""
    return int(members[distance[np.ix_(members, members)].sum(axis=1).argmin()])
