"""The weight of each pose: the rarer its neighbourhood, the higher.

Rule: weight ∝ ρ^−α, where ρ is the number of poses (mirrored ones included) around it, each counted as
exp(−d² / 2h²) at distance d in the 63 rotation-vector coordinates. Half an hour of walking then counts as
much as a few strides, without any label of the activity.
"""

import numpy as np

from tools.train_pose_prior.mocap import Array, mirror_poses

NEIGHBOURHOOD_RADIANS = 0.8
"""h: successive frames of a dance lie 0.3–0.8 apart, two unrelated poses 2–4."""
_ROWS_AT_ONCE = 1000


def density_weights(body: Array, exponent: float) -> Array:
    """Return weights (N) of mean 1 for poses (N,63); exponent 0 counts every pose alike."""
    weight = neighbour_count(body) ** -exponent
    return weight / weight.mean()


def neighbour_count(body: Array) -> Array:
    """Return ρ (N): the soft count of poses and mirrored poses around each pose, itself included."""
    both = np.concatenate([body, mirror_poses(body)])
    squared_norm = (both**2).sum(axis=1)
    count = np.empty(len(body))
    for start in range(0, len(body), _ROWS_AT_ONCE):
        rows = body[start : start + _ROWS_AT_ONCE]
        squared = (rows**2).sum(axis=1)[:, None] + squared_norm - 2.0 * rows @ both.T
        count[start : start + _ROWS_AT_ONCE] = np.exp(-0.5 * squared / NEIGHBOURHOOD_RADIANS**2).sum(axis=1)
    return count
