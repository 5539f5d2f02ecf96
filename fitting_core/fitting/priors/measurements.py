"""A prior on the betas from a known height and weight, and the betas that a fit starts from.

½ Σ ((measured − wanted) / deviation)². Out of reach is what no body within `FARTHEST_BETAS` of the mean one measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, to_numpy
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.measurements import HeightLine, WeightPolynomial, height_line, weight_polynomial
from fitting_core.errors import RequestError

if TYPE_CHECKING:
    from jaxtyping import Float, Int

# What people know of themselves: people round to a centimetre, shoes and posture add another; a weight changes by 2 % in a day.
HEIGHT_DEVIATION_M = 0.01
WEIGHT_DEVIATION = 0.02  # share of the weight
# Length of the betas (unit deviations each) beyond which nobody is looked for: basketball players (2.1 m) are within 5 of the
# open male body.
FARTHEST_BETAS = 5.0
_STEPS = 200  # of an iteration that gains a digit in a few steps
_SETTLED = 1e-9


@dataclass(frozen=True, eq=False)
class Measurements:
    """The wanted height (m) and weight (kg) of a body, either may be None, with what measures them."""

    height: HeightLine
    height_m: float | None
    weight: WeightPolynomial | None
    weight_kg: float | None

    def residuals(self, betas: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
        """Deviations (B, M) of betas (B, S) from what is wanted, in deviations, and their derivatives (B, M, S)."""
        values: list[NumpyArray] = []
        slopes: list[NumpyArray] = []
        if self.height_m is not None:
            values.append(
                (self.height.mean_m + betas @ self.height.slope - self.height_m) / HEIGHT_DEVIATION_M
            )
            slopes.append(np.broadcast_to(self.height.slope / HEIGHT_DEVIATION_M, betas.shape))
        if self.weight is not None and self.weight_kg is not None:
            weight, slope = self.weight.at(betas)
            deviation = WEIGHT_DEVIATION * self.weight_kg
            values.append((weight - self.weight_kg) / deviation)
            slopes.append(slope / deviation)
        return np.stack(values, axis=1), np.stack(slopes, axis=1)

    def start(self) -> Float[NumpyArray, " S"]:
        """Return the shortest betas that measure what is wanted: Gauss–Newton steps of least length."""
        betas = np.zeros(len(self.height.slope))
        for _ in range(_STEPS):
            residual, slope = self.residuals(betas[None])
            inverse = cast(NumpyArray, np.linalg.pinv(slope[0]))
            moved = inverse @ (slope[0] @ betas - residual[0])
            if np.abs(moved - betas).max() < _SETTLED:
                return moved
            betas = moved
        return betas


def measurements(model: BodyModel, height_m: float | None, weight_kg: float | None) -> Measurements | None:
    """Return the wanted measurements of a body model; None if neither is given.

    Raises RequestError naming the range that the body reaches, BodyModelError for a weight of a mesh with holes.
    """
    if height_m is None and weight_kg is None:
        return None
    height = height_line(model)
    weight = None if weight_kg is None else weight_polynomial(model)
    if height_m is not None:
        _check_height(model, height, height_m)
    if weight is not None and weight_kg is not None:
        _check_weight(model, height, height_m, weight, weight_kg)
    return Measurements(height, height_m, weight, weight_kg)


class MeasurementPrior:
    """See the module; over the betas, the same for every element of a batch."""

    def __init__(self, wanted: Measurements, columns: NumpyArray, make: ArrayMaker) -> None:
        self.columns = columns
        self._wanted = wanted
        self._make = make

    def subset(self, elements: Int[Array, " elements"]) -> MeasurementPrior:
        """See `Prior.subset`."""
        return self

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`. The weight is worked out in NumPy: a few betas a body, wherever the rest is computed."""
        residual, slope = (self._make.floats(part) for part in self._wanted.residuals(to_numpy(values)))
        xp = array_namespace(residual)
        transposed = xp.matrix_transpose(slope)
        gradient = xp.matmul(transposed, residual[..., None])[..., 0]
        return 0.5 * xp.sum(residual * residual, axis=-1), gradient, xp.matmul(transposed, slope)


def _check_height(model: BodyModel, height: HeightLine, height_m: float) -> None:
    reach = FARTHEST_BETAS * float(np.linalg.norm(height.slope))
    low, high = height.mean_m - reach, height.mean_m + reach
    if not low <= height_m <= high:
        raise RequestError(
            f"--height-cm {100 * height_m:g}: {_body(model)} reaches {100 * low:.0f} to {100 * high:.0f} cm. Give a height in "
            f"that range or choose another --gender."
        )


def _check_weight(
    model: BodyModel, height: HeightLine, height_m: float | None, weight: WeightPolynomial, weight_kg: float
) -> None:
    low, high = reachable_weights(height, height_m, weight)
    if not low <= weight_kg <= high:
        at_height = "" if height_m is None else f" at {100 * height_m:g} cm"
        raise RequestError(
            f"--weight-kg {weight_kg:g}: {_body(model)} reaches {low:.0f} to {high:.0f} kg{at_height}. Give a weight in that "
            f"range or choose another --gender."
        )


def _body(model: BodyModel) -> str:
    return f"the {model.gender} body {model.name}"


def reachable_weights(
    height: HeightLine, height_m: float | None, weight: WeightPolynomial
) -> tuple[float, float]:
    """Least and greatest weight (kg) of the bodies within FARTHEST_BETAS of the mean one, of that height if it is given.

    Each by the iteration β ← centre ± radius · (direction in which the weight grows), on the ball of what is allowed.
    """
    slope = height.slope
    allowed = np.eye(len(slope))
    centre = np.zeros(len(slope))
    if height_m is not None:
        centre = slope * (height_m - height.mean_m) / (slope @ slope)
        allowed = allowed - np.outer(slope, slope) / (slope @ slope)
    radius = np.sqrt(max(FARTHEST_BETAS**2 - centre @ centre, 0.0))
    found: list[float] = []
    for sign in (-1.0, 1.0):
        betas = centre
        for _ in range(_STEPS):
            direction = allowed @ weight.at(betas[None])[1][0]
            moved = centre + sign * radius * direction / max(float(np.linalg.norm(direction)), 1e-12)
            settled = np.abs(moved - betas).max() < _SETTLED
            betas = moved
            if settled:
                break
        found.append(float(weight.at(betas[None])[0][0]))
    return found[0], found[1]
