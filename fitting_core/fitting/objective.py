"""The objective of a batch of fits: the sum of its terms, as the optimiser wants it.

E(x) = Σ E_t(x), each term a negative log-likelihood, under the limits |β_s| ≤ LARGEST_COEFFICIENT of every shape coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, at_least, at_most, device_of, is_on_cpu
from fitting_core.body_model.point_model import ReducedBody
from fitting_core.body_model.posed_points import PosedPoints, pose_points
from fitting_core.optimisers.levenberg_marquardt import Quadratic

from .parameters import FreeParameters
from .stages import LARGEST_COEFFICIENT
from .terms.term import Term, summed

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class FitProblem:
    """One stage of a batch of fits: a `LeastSquaresProblem` over the full parameter vector x.

    The first term spans all values of a step: its arrays take the sum.
    """

    body: ReducedBody
    free: FreeParameters
    terms: tuple[Term, ...]

    @cached_property
    def _columns(self) -> Array:
        weight = self.body.pair_weight
        return array_namespace(weight).asarray(self.free.columns, device=device_of(weight))

    def subset(self, elements: Int[Array, " elements"]) -> FitProblem:
        """Select elements of the batch."""
        terms = tuple(term.subset(elements) for term in self.terms)
        return replace(self, body=self.body.subset(elements), terms=terms)

    def retract(
        self, x: Float[Array, "batch columns"], step: Float[Array, "batch steps"]
    ) -> Float[Array, "batch columns"]:
        """Move x by a step over the free columns, its shape coefficients no further than to their limits."""
        moved = x + 0.0
        moved[:, self._columns] += step
        if self.free.shape_count:
            shape = self.free.shape_columns
            moved[:, shape] = at_most(at_least(moved[:, shape], -LARGEST_COEFFICIENT), LARGEST_COEFFICIENT)
        return moved

    def pose(self, x: Float[Array, "batch columns"]) -> PosedPoints:
        """Pose the points at x."""
        layout = self.free.layout
        rotations, shape = layout.rotations(x), layout.shape_coefficients(x)
        return pose_points(self.body, rotations, shape, layout.translation(x), self.free.shape)

    def quadratic(self, x: Float[Array, "batch columns"]) -> Quadratic:
        """Evaluate cost, gradient and Gauss–Newton Hessian over the free columns."""
        posed = self.pose(x)
        total = summed([term.evaluate(x, posed) for term in self.terms], len(self.free.columns))
        return self._held_at_limits(x, total)

    def costs(self, x: Float[Array, "batch columns"]) -> dict[str, Float[Array, " batch"]]:
        """Evaluate the cost of the terms of each name."""
        posed = self.pose(x)
        costs: dict[str, Array] = {}
        for term in self.terms:
            cost = term.evaluate(x, posed).cost
            costs[term.name] = costs[term.name] + cost if term.name in costs else cost
        return costs

    def _held_at_limits(self, x: Float[Array, "batch columns"], total: Quadratic) -> Quadratic:
        """Take out of the step the coefficients that lie on a limit and are pulled beyond it (an active set)."""
        count = self.free.shape_count
        if not count:
            return total
        xp = array_namespace(x)
        values, slope = x[:, self.free.shape_columns], total.gradient[:, -count:]
        if is_on_cpu(x) and not bool(xp.any(xp.abs(values) >= LARGEST_COEFFICIENT)):
            return total
        held = ((values >= LARGEST_COEFFICIENT) & (slope < 0)) | (
            (values <= -LARGEST_COEFFICIENT) & (slope > 0)
        )
        kept = xp.astype(~held, x.dtype)
        total.gradient[:, -count:] *= kept
        total.hessian[:, -count:] *= kept[:, :, None]
        total.hessian[:, :, -count:] *= kept[:, None, :]
        return total
