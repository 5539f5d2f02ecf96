"""The priors on a body: one class a prior, each a cost with gradient and Gauss–Newton Hessian.

Costs are negative log-likelihoods up to a constant, so that a weight of 1 means what it says. B elements, d values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.errors import PriorFileError
from fitting_core.files.budget import MIXTURE_BUDGET_BYTES, Budget
from fitting_core.files.npz_reader import read_arrays

if TYPE_CHECKING:
    from jaxtyping import Int

_DATA = Path(__file__).parents[2] / "data" / "priors"
OPEN_MIXTURE_FILE = _DATA / "body_pose_mixture.npz"
OPEN_HAND_FILE = _DATA / "hand_prior.npz"


@runtime_checkable
class Prior(Protocol):
    """A cost over some columns of x."""

    @property
    def columns(self) -> NumpyArray:
        """(d,) columns of x that it looks at."""
        ...

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """Cost (B,), gradient (B, d) and Hessian (B, d, d) or its diagonal (B, d) for values (B, d)."""
        ...

    def subset(self, elements: Int[Array, " elements"]) -> Prior:
        """Return the prior for some elements of the batch; itself where it is the same for all."""
        ...


_Shared = TypeVar("_Shared", bound="_SharedPrior")


class _SharedPrior:
    """A prior that is the same for every element of a batch."""

    def subset(self: _Shared, elements: Int[Array, " elements"]) -> _Shared:
        """See `Prior.subset`."""
        return self


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """A mixture as files hold it: `means` (K, d), `covariances` (K, d, d), `weights` (K,)."""

    means: NumpyArray
    covariances: NumpyArray
    weights: NumpyArray

    @cached_property
    def precision(self) -> NumpyArray:
        """(K, d, d) Σ_k⁻¹."""
        return np.linalg.inv(self.covariances)

    @cached_property
    def whitening(self) -> NumpyArray:
        """(K, d, d) L with Σ_k⁻¹ = L Lᵀ."""
        return np.linalg.cholesky(self.precision)

    @cached_property
    def constant(self) -> NumpyArray:
        """(K,) ½ log|Σ_k| − log g_k, less the least of them."""
        constant = 0.5 * np.linalg.slogdet(self.covariances)[1] - np.log(self.weights)
        return constant - constant.min()


def read_mixture(path: Path = OPEN_MIXTURE_FILE, dimension: int = 63) -> GaussianMixture:
    """Read a pose mixture from .npz (`means`, `covars`, `weights`); larger dimensions are cut to their marginal.

    Raises PriorFileError for missing entries, wrong shapes or covariances that are not positive definite.
    """
    budget = Budget(MIXTURE_BUDGET_BYTES)
    arrays = read_arrays(path, ("means", "covars", "weights"), PriorFileError, "pose prior", budget)
    if len(arrays) < 3:
        raise PriorFileError(f"{path}: a pose prior needs the entries means, covars and weights.")
    return checked_mixture(path, (arrays["means"], arrays["covars"], arrays["weights"]), dimension)


def checked_mixture(
    path: Path, parts: tuple[NumpyArray, NumpyArray, NumpyArray], dimension: int
) -> GaussianMixture:
    """Return a mixture of the means, covariances and weights that a file held; raises as `read_mixture` does."""
    with np.errstate(invalid="ignore"):  # of a signalling NaN, which is refused below
        means, covariances, weights = (part.astype(np.float64) for part in parts)
    count = len(weights) if weights.ndim == 1 else 0
    size = means.shape[-1] if means.ndim == 2 else 0
    fits = means.shape == (count, size) and covariances.shape == (count, size, size)
    if not fits or count == 0 or size < dimension:
        raise PriorFileError(
            f"{path}: means {means.shape}, covars {covariances.shape}, weights {weights.shape} do not make a mixture over "
            f"{dimension} values or more."
        )
    means, covariances = means[:, :dimension], covariances[:, :dimension, :dimension]
    if not (np.isfinite(means).all() and np.isfinite(weights).all() and weights.min() > 0):
        raise PriorFileError(f"{path}: a mean or a weight is no usable number. Choose another prior file.")
    if not np.isfinite(covariances).all() or np.linalg.eigvalsh(covariances).min() <= 0:
        raise PriorFileError(f"{path}: a covariance is not positive definite. Choose another prior file.")
    return GaussianMixture(means, covariances, weights / weights.sum())


@dataclass(frozen=True)
class NormalPose:
    """A pose prior that knows no poses: every value of the body pose is normal about zero with this deviation (radians)."""

    deviation: float


@dataclass(frozen=True, eq=False)
class HandPrior:
    """Mean, covariance and joint limits of the finger rotations of both hands (45 values each, radians)."""

    mean_left: NumpyArray
    mean_right: NumpyArray
    covariance_left: NumpyArray
    covariance_right: NumpyArray
    components_left: NumpyArray  # (45, 45) orthonormal rows by decreasing variance
    components_right: NumpyArray
    limits_left: tuple[NumpyArray, NumpyArray]
    limits_right: tuple[NumpyArray, NumpyArray]

    @cached_property
    def limits(self) -> tuple[NumpyArray, NumpyArray]:
        """The least and the largest values (90,) of both hands, left first."""
        pairs = zip(self.limits_left, self.limits_right, strict=True)
        lower, upper = (np.concatenate(pair) for pair in pairs)
        return lower, upper

    @cached_property
    def precision_left(self) -> NumpyArray:
        """(45, 45) inverse covariance."""
        return np.linalg.inv(self.covariance_left)

    @cached_property
    def precision_right(self) -> NumpyArray:
        """(45, 45) inverse covariance."""
        return np.linalg.inv(self.covariance_right)


@dataclass(frozen=True, eq=False)
class _MixtureArrays:
    """A mixture on one array library. All whitening matrices stand side by side, (d, K d), for one product with the values."""

    means: Array
    whitening: Array
    white_means: Array  # (K, d)
    precision: Array
    constant: Array


@lru_cache(maxsize=8)
def _mixture_arrays(mixture: GaussianMixture, make: ArrayMaker) -> _MixtureArrays:
    return _MixtureArrays(
        means=make.floats(mixture.means),
        whitening=make.floats(np.concatenate(mixture.whitening, axis=1)),
        white_means=make.floats(np.einsum("kd,kde->ke", mixture.means, mixture.whitening)),
        precision=make.floats(mixture.precision),
        constant=make.floats(mixture.constant),
    )


class MaxMixturePrior(_SharedPrior):
    """min_k ½(θ−μ_k)ᵀΣ_k⁻¹(θ−μ_k) − log g_k + ½ log|Σ_k|, less its least constant (SMPLify, section 3.3)."""

    def __init__(
        self, mixture: GaussianMixture, columns: NumpyArray, weight: float, make: ArrayMaker
    ) -> None:
        self.columns = columns
        self._weight = weight
        self._arrays = _mixture_arrays(mixture, make)

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        mixture = self._arrays
        white = xp.reshape(xp.matmul(values, mixture.whitening), (-1, *mixture.means.shape))
        white = white - mixture.white_means
        costs = 0.5 * xp.sum(white * white, axis=-1) + mixture.constant  # (B, K)
        nearest = xp.argmin(costs, axis=1)
        element = xp.arange(values.shape[0], device=device_of(values))
        precision = self._weight * mixture.precision[nearest]
        gradient = xp.matmul(precision, (values - mixture.means[nearest])[..., None])[..., 0]
        return self._weight * costs[element, nearest], gradient, precision


class GaussianPrior(_SharedPrior):
    """½ weight (v − mean)ᵀ Σ⁻¹ (v − mean)."""

    def __init__(
        self, mean: NumpyArray, precision: NumpyArray, columns: NumpyArray, make: ArrayMaker
    ) -> None:
        self.columns = columns
        self.mean = make.floats(mean)
        self.precision = make.floats(precision)

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        difference = values - self.mean
        gradient = xp.matmul(difference, self.precision)
        cost = 0.5 * xp.sum(difference * gradient, axis=-1)
        return cost, gradient, xp.broadcast_to(self.precision, (values.shape[0], *self.precision.shape))


class DiagonalPrior(_SharedPrior):
    """½ Σ ((v − mean) / deviation)²: shape, expression, jaw, eyes."""

    def __init__(
        self, mean: NumpyArray, deviation: NumpyArray, columns: NumpyArray, make: ArrayMaker
    ) -> None:
        self.columns = columns
        self.mean = make.floats(mean)
        self.precision = make.floats(1.0 / np.square(deviation))

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        difference = values - self.mean
        gradient = difference * self.precision
        cost = 0.5 * xp.sum(difference * gradient, axis=-1)
        return cost, gradient, xp.broadcast_to(self.precision, values.shape)


class LimitPrior(_SharedPrior):
    """½ Σ (excess / softness)² for values outside [lower, upper]: joints that cannot bend further."""

    def __init__(
        self, bounds: tuple[NumpyArray, NumpyArray], softness: float, columns: NumpyArray, make: ArrayMaker
    ) -> None:
        self.columns = columns
        self._lower = make.floats(bounds[0])
        self._upper = make.floats(bounds[1])
        self._precision = 1.0 / softness**2

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        excess = values - xp.clip(values, self._lower, self._upper)
        gradient = excess * self._precision
        outside = xp.astype(excess != 0, values.dtype)
        return 0.5 * xp.sum(excess * gradient, axis=-1), gradient, outside * self._precision


class HabitPrior(_SharedPrior):
    """½ Σ (v / deviation)² width² / (width² + v²): values that are often near zero, and as likely as ever far from it.

    The cost of Geman and McClure: ½ (width / deviation)² at most for each value.
    """

    def __init__(
        self, deviation: float, width: float, weight: float, columns: NumpyArray, make: ArrayMaker
    ) -> None:
        self.columns = columns
        self._precision = make.floats(np.full(len(columns), weight / deviation**2))
        self._squared_width = width**2

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        squared = values * values
        share = self._squared_width / (squared + self._squared_width)
        precision = self._precision * share
        return 0.5 * xp.sum(precision * squared, axis=-1), precision * share * values, precision * share


class BendPrior(_SharedPrior):
    """½ weight Σ exp(2 sign·θ): elbows and knees that would bend against nature (SMPLify, section 3.3)."""

    def __init__(self, signs: NumpyArray, weight: float, columns: NumpyArray, make: ArrayMaker) -> None:
        self.columns = columns
        self._signs = make.floats(signs)
        self._weight = weight

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`. Angles are limited to 3 rad against the joint, so that the cost stays finite."""
        xp = array_namespace(values)
        squared = self._weight * xp.exp(2.0 * xp.clip(self._signs * values, None, 3.0))
        return 0.5 * xp.sum(squared, axis=-1), self._signs * squared, squared
