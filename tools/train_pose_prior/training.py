"""From a split of the mocap and a recipe to the finished prior.

The prior is a symmetric mixture fitted to real, limb-mixed, seated and standing poses, with a few percent of its weight
on broad components over all of them: the floor under poses that nobody in the mocap took.
"""

from dataclasses import dataclass, field

import numpy as np

from tools.train_pose_prior.augmentation import mixed_limbs, seated_poses, standing_poses
from tools.train_pose_prior.mixture import Mixture, MixtureSettings, fit_mirrored_mixture
from tools.train_pose_prior.mocap import BODY_JOINT_NAMES, Array, mirror_poses
from tools.train_pose_prior.weighting import density_weights

BROAD_COMPONENTS = ((0.05, 1.3), (0.01, 4.0))
"""(weight, factor on the covariance of all training poses) of the components that catch rare poses."""
FLOOR_RADIANS = 0.04
"""Standard deviation added to every angle: retargeting from skin markers is no better than 2–3 degrees."""
FLOOR_OF_JOINT = {"collar": 0.08, "foot": 0.05, "spine1": 0.05, "spine2": 0.05, "spine3": 0.05}
"""The capture's skeleton has no collar and a stiff spine and foot; people do, so these may move a little."""
MOST_MIXED = 9000
SEATED_COUNT = 1500
STANDING_COUNT = 2500
SEED = 2026


@dataclass(frozen=True)
class Recipe:
    """Everything that was varied when the prior was chosen."""

    mixture: MixtureSettings = field(
        default_factory=lambda: MixtureSettings(components=32, shrinkage_poses=100.0)
    )
    density_exponent: float = 0.3
    mixed_share: float = 0.4
    seated_share: float = 0.03
    standing_share: float = 0.12
    broad: bool = True


def floor_radians() -> Array:
    """Return the standard deviation (63) in radians that every component has at least."""
    floors = [FLOOR_OF_JOINT.get(name.split("_")[-1], FLOOR_RADIANS) for name in BODY_JOINT_NAMES]
    return np.repeat(floors, 3)


def train(body: Array, recipe: Recipe) -> Mixture:
    """Fit the prior to poses (N,63) by a recipe; the total weight stays N."""
    poses, weight = training_poses(body, recipe)
    floor = floor_radians()
    mixture = fit_mirrored_mixture(poses, weight, floor, recipe.mixture)
    return _with_broad_components(mixture, poses, weight, floor) if recipe.broad else mixture


def training_poses(body: Array, recipe: Recipe) -> tuple[Array, Array]:
    """Return real, mixed, seated and standing poses (M,63) and their weights (M), which sum to the real ones' number."""
    generator = np.random.default_rng(SEED)
    weight = density_weights(body, recipe.density_exponent)
    poses, weights = (
        [body],
        [weight * (1.0 - recipe.mixed_share - recipe.seated_share - recipe.standing_share)],
    )
    additions = (
        (mixed_limbs, recipe.mixed_share, min(len(body), MOST_MIXED)),
        (seated_poses, recipe.seated_share, SEATED_COUNT),
        (standing_poses, recipe.standing_share, STANDING_COUNT),
    )
    for make, share, count in additions:
        if share > 0.0:
            poses.append(make(body, weight, count, generator))
            weights.append(np.full(count, share * len(body) / count))
    return np.concatenate(poses), np.concatenate(weights)


def _with_broad_components(mixture: Mixture, poses: Array, weight: Array, floor: Array) -> Mixture:
    """Add components with the mean and the widened covariance of all weighted poses, mirrored too."""
    both, both_weight = np.concatenate([poses, mirror_poses(poses)]), np.concatenate([weight, weight])
    mean = np.average(both, axis=0, weights=both_weight)
    covar = np.cov(both.T, aweights=both_weight)
    wide = np.stack([factor * covar + np.diag(floor**2) for _, factor in BROAD_COMPONENTS])
    broad_weights = np.array([share for share, _ in BROAD_COMPONENTS])
    return Mixture(
        np.concatenate([mixture.means, np.repeat(mean[None], len(wide), axis=0)]),
        np.concatenate([mixture.covars, wide]),
        np.concatenate([mixture.weights * (1.0 - broad_weights.sum()), broad_weights]),
    )
