"""The mean, covariance, components and limits of the 45 rotation-vector numbers of fitted hands.

Σ = (1 − s) (B ∘ S) + s diag((upper − lower)² / 16) + floor²: S the covariance of the poses about the anatomical
axes, B one within a finger and c between fingers (people combine fingers more freely than 55 named signs do),
s the share of what the joints' ranges alone would say. c and s are chosen by cross-validation over pose names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.train_hand_prior.fit import ANGLES
from tools.train_hand_prior.skeleton import FINGERS, HandSkeleton
from tools.train_pose_prior.mocap import Array

BETWEEN_FINGERS = 0.8
LIMIT_SHARE = 0.05
"""Chosen from the table that `--compare` prints."""
FLOOR_RADIANS = 0.04
FOLDS = 5
MIRROR_SIGNS = np.tile([1.0, -1.0, -1.0], 15)
"""A rotation vector mirrored at x = 0: the left hand's becomes the right's."""


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution of 45 angles in radians about the anatomical axes, finger by finger."""

    mean: Array
    covariance: Array

    def log_density(self, angles: Array) -> Array:
        """Return log N(x; μ, Σ) in nats of angles (N,45), shape (N)."""
        centred = angles - self.mean
        _, log_determinant = np.linalg.slogdet(2.0 * np.pi * self.covariance)
        squared = (centred * np.linalg.solve(self.covariance, centred.T).T).sum(axis=1)
        return -0.5 * (squared + log_determinant)


def fit_gaussian(
    angles: Array, weight: Array, skeleton: HandSkeleton, between: float, limit_share: float
) -> Gaussian:
    """Fit the regularised normal distribution to angles (N,45) of given weight (N)."""
    mean = np.average(angles, axis=0, weights=weight)
    finger = np.repeat(np.arange(len(FINGERS)), ANGLES // len(FINGERS))
    block = np.where(finger[:, None] == finger, 1.0, between)
    spread = (skeleton.upper - skeleton.lower).reshape(-1) / 4.0
    covariance = (1.0 - limit_share) * block * np.cov(angles.T, aweights=weight)
    covariance += np.diag(limit_share * spread**2 + FLOOR_RADIANS**2)
    return Gaussian(mean, covariance)


def cross_validated(
    angles: Array, weight: Array, fold: Sequence[int], skeleton: HandSkeleton, settings: tuple[float, float]
) -> float:
    """Return the mean log-density of poses whose fold was left out; fold −1 always trains and never tests."""
    folds = np.asarray(fold)
    scores: list[float] = []
    for left_out in range(FOLDS):
        train, test = folds != left_out, folds == left_out
        gaussian = fit_gaussian(angles[train], weight[train], skeleton, *settings)
        scores.extend(gaussian.log_density(angles[test]).tolist())
    return float(np.mean(scores))


def prior_arrays(gaussian: Gaussian, skeleton: HandSkeleton) -> dict[str, Array]:
    """Return the arrays of hand_prior.npz: the Gaussian turned to rotation vectors, both hands, and limits."""
    turn = np.zeros((ANGLES, ANGLES))
    axes = skeleton.axes.reshape(-1, 3, 3)
    for joint, rows in enumerate(axes):
        turn[3 * joint : 3 * joint + 3, 3 * joint : 3 * joint + 3] = rows.T
    mean = turn @ gaussian.mean
    covariance = turn @ gaussian.covariance @ turn.T
    covariance = (covariance + covariance.T) / 2.0
    value, vector = np.linalg.eigh(covariance)
    components = vector[:, ::-1].T
    ends = axes[..., None] * np.stack([skeleton.lower, skeleton.upper], axis=-1).reshape(-1, 3, 1, 2)
    lower, upper = ends.min(axis=-1).sum(axis=1).reshape(-1), ends.max(axis=-1).sum(axis=1).reshape(-1)
    sign = MIRROR_SIGNS
    return {
        "mean_left": mean,
        "mean_right": mean * sign,
        "covariance_left": covariance,
        "covariance_right": covariance * np.outer(sign, sign),
        "components_left": components,
        "components_right": components * sign,
        "standard_deviations": np.sqrt(value[::-1]),
        "lower_left": lower,
        "upper_left": upper,
        "lower_right": np.where(sign > 0, lower, -upper),
        "upper_right": np.where(sign > 0, upper, -lower),
        "flexion_axis_left": axes[:, 0],
        "flexion_axis_right": axes[:, 0] * sign[:3],
    }
