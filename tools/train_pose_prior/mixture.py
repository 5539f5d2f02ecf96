# pyright: basic
"""A mixture of Gaussians over body poses that is exactly symmetric under left–right mirroring.

Expectation–maximisation (Dempster, Laird & Rubin 1977) over base components (g, μ, Σ), each of which stands
in the mixture twice, as itself and mirrored: p(x) = Σ_k ½ g_k (N(x; μ_k, Σ_k) + N(Mx; μ_k, Σ_k)). Covariances
are maximum a posteriori estimates: shrunk towards the average covariance within components, never below a floor.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans  # pyright: ignore[reportMissingTypeStubs]

from tools.train_pose_prior.mocap import Array, mirror_matrix, mirror_poses


@dataclass(frozen=True)
class MixtureSettings:
    """The settings of fitting a mixture: components in all, strength of the shrinkage in poses, rounds of EM."""

    components: int = 8
    shrinkage_poses: float = 30.0
    rounds: int = 30
    rank: int | None = None
    """Factors of a factor-analytic covariance; None keeps the full matrix."""
    seed: int = 2026


@dataclass(frozen=True)
class Mixture:
    """Means (K,63), covariances (K,63,63) and weights (K) that sum to one."""

    means: Array
    covars: Array
    weights: Array

    def log_terms(self, body: Array) -> Array:
        """Return log(g_k N(x; μ_k, Σ_k)) of poses (N,63) for every component, shape (N,K)."""
        terms = [
            np.log(weight) + _log_normal(body, mean, covar)
            for mean, covar, weight in zip(self.means, self.covars, self.weights, strict=True)
        ]
        return np.stack(terms, axis=1)

    def log_likelihood(self, body: Array) -> Array:
        """Return log p(x) in nats of poses (N,63), shape (N)."""
        return _log_sum_exp(self.log_terms(body))

    def with_mirror_images(self) -> "Mixture":
        """Return the mixture of these components and their mirror images, each at half its weight."""
        mirror = mirror_matrix()
        return Mixture(
            np.concatenate([self.means, mirror_poses(self.means)]),
            np.concatenate([self.covars, mirror @ self.covars @ mirror.T]),
            np.concatenate([self.weights, self.weights]) / 2.0,
        )


def fit_mirrored_mixture(body: Array, weight: Array, floor: Array, settings: MixtureSettings) -> Mixture:
    """Fit the symmetric mixture to poses (N,63) of given weight (N).

    `floor (63)` is the standard deviation in radians that is added in quadrature to every component.
    """
    both = np.concatenate([body, mirror_poses(body)])
    both_weight = np.concatenate([weight, weight]) / 2.0
    base = _initial_mixture(both, both_weight, floor, settings)
    for _ in range(settings.rounds):
        terms = base.log_terms(both)
        responsibility = np.exp(terms - _log_sum_exp(_paired(terms))[:, None])
        base = _maximise(both, responsibility * both_weight[:, None] * 2.0, floor, settings)
    return base.with_mirror_images()


def _paired(terms: Array) -> Array:
    """Put each pose's terms beside those of its mirror image: (2N,2K) from (2N,K)."""
    half = len(terms) // 2
    return np.concatenate([terms, np.concatenate([terms[half:], terms[:half]])], axis=1)


def _initial_mixture(both: Array, weight: Array, floor: Array, settings: MixtureSettings) -> Mixture:
    """Start from k-means clusters of the data and its mirror images."""
    means = KMeans(settings.components // 2, n_init=3, random_state=settings.seed)  # pyright: ignore[reportArgumentType]
    label = means.fit_predict(both, sample_weight=weight)
    return _maximise(both, np.eye(settings.components // 2)[label] * weight[:, None], floor, settings)


def _maximise(body: Array, share: Array, floor: Array, settings: MixtureSettings) -> Mixture:
    """Return the components that fit poses of given share (N,K) best, shrunk to their average covariance."""
    count = share.sum(axis=0) + 1e-9
    means = (share.T @ body) / count[:, None]
    scatter = np.empty((len(count), body.shape[1], body.shape[1]))
    for k in range(len(count)):
        centred = body - means[k]
        scatter[k] = (centred * share[:, k, None]).T @ centred
    pooled = scatter.sum(axis=0) / count.sum()
    strength = settings.shrinkage_poses
    covars = (scatter + strength * pooled) / (count + strength)[:, None, None]
    if settings.rank is not None:
        covars = np.stack([_factor_analytic(covar, settings.rank) for covar in covars])
    covars += np.diag(floor**2)
    return Mixture(means, covars, count / count.sum())


def _factor_analytic(covar: Array, rank: int) -> Array:
    """Keep `rank` principal directions of the correlation matrix and the diagonal (principal factors)."""
    deviation = np.sqrt(np.diag(covar)) + 1e-9
    value, vector = np.linalg.eigh(covar / np.outer(deviation, deviation))
    factors = vector[:, -rank:] * np.sqrt(np.maximum(value[-rank:], 0.0))
    correlation = factors @ factors.T
    np.fill_diagonal(correlation, 1.0)
    return correlation * np.outer(deviation, deviation)


def _log_normal(body: Array, mean: Array, covar: Array) -> Array:
    """Return log N(x; μ, Σ) = −½ (63 log 2π + log|Σ| + (x−μ)ᵀΣ⁻¹(x−μ)) of poses (N,63)."""
    factor = np.linalg.cholesky(covar)
    inverse = np.linalg.inv(factor)
    whitened = (body - mean) @ inverse.T
    log_determinant = 2.0 * np.log(np.diag(factor)).sum()
    return -0.5 * (len(mean) * np.log(2.0 * np.pi) + log_determinant + (whitened**2).sum(axis=1))


def _log_sum_exp(terms: Array) -> Array:
    """Return log Σ_k exp(t_k) over the last axis without overflow."""
    highest = terms.max(axis=1)
    return highest + np.log(np.exp(terms - highest[:, None]).sum(axis=1))
