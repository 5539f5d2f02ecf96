"""The protocol of a cost term, its contribution to the normal equations, and the stage that a term is built for.

The cost of a fit is a sum of terms, E(x) = Σ E_t(x). Each term gives its cost, gradient and Gauss–Newton Hessian over the
step's values that it depends on; the objective adds them up and the scores of a result are the same costs, by name. A new
term is a file with a class and a builder, and a line in `all_terms.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of, gram
from fitting_core.body_model.posed_points import PosedPoints
from fitting_core.optimisers.levenberg_marquardt import Quadratic

from ..parameters import FreeParameters
from ..setup import FitSetup
from ..stages import Stage
from ..subject import Subject

if TYPE_CHECKING:
    from jaxtyping import Float, Int

EVERY_STEP = slice(None)


@dataclass(frozen=True, eq=False)
class Contribution:
    """A term's cost to second order over some values of a step, `steps`.

    The Hessian may be its diagonal alone. Where `steps` is EVERY_STEP the arrays are the term's own to give away: the sum is
    written into them.
    """

    cost: Float[Array, " batch"]
    gradient: Float[Array, "batch values"]
    hessian: Float[Array, "batch values values"] | Float[Array, "batch values"]
    steps: slice | Int[Array, " values"] = field(default_factory=lambda: EVERY_STEP)


@runtime_checkable
class Term(Protocol):
    """One part of the cost of a batch of fits."""

    @property
    def name(self) -> str:
        """Name of its cost in the scores; terms of one name are summed."""
        ...

    @property
    def every_joint(self) -> bool:
        """True if it looks at joints that no keypoint hangs on, so that all of them must be posed."""
        ...

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """Evaluate the term at x, whose points and joints are `posed`."""
        ...

    def subset(self, elements: Int[Array, " elements"]) -> Term:
        """Select elements of the batch."""
        ...


@dataclass(frozen=True, eq=False)
class StageContext:
    """One stage of a batch of fits: what the builder of a term may look at.

    A batch holds `starts` elements for each subject, the subjects one after another. `chosen` are the keypoints (among the
    137) that the stage looks at.
    """

    setup: FitSetup
    subjects: Sequence[Subject]
    stage: Stage
    free: FreeParameters
    chosen: Int[NumpyArray, " chosen"]
    starts: int
    make: ArrayMaker
    keypoints: Float[NumpyArray, "subjects 137 3"]  # of all subjects
    x: Float[NumpyArray, "batch columns"]  # the starts

    @property
    def shape(self) -> Float[NumpyArray, "batch shape"]:
        """Shape coefficients that the starts have."""
        return self.setup.layout.shape_coefficients(self.x)


def normal_equations(
    jacobian: Float[Array, "batch rows steps"], residuals: Float[Array, "batch rows"]
) -> tuple[Float[Array, "batch steps"], Float[Array, "batch steps steps"]]:
    """Jᵀ r and Jᵀ J: gradient and Gauss–Newton Hessian of ½ ‖r‖²."""
    xp = array_namespace(jacobian)
    transposed = xp.matrix_transpose(jacobian)
    return xp.matmul(transposed, residuals[..., None])[..., 0], gram(jacobian)


def summed(parts: Sequence[Contribution], step_size: int) -> Quadratic:
    """Sum contributions over steps of `step_size` values; at least one is needed."""
    first, *others = parts
    if first.steps is EVERY_STEP and first.hessian.ndim == 3:
        total = Quadratic(first.cost, first.gradient, first.hessian)
    else:
        xp = array_namespace(first.cost)
        kind = {"dtype": first.cost.dtype, "device": device_of(first.cost)}
        batch = first.cost.shape[0]
        gradient = xp.zeros((batch, step_size), **kind)
        hessian = xp.zeros((batch, step_size, step_size), **kind)
        total = with_contribution(Quadratic(xp.zeros_like(first.cost), gradient, hessian), first)
    for part in others:
        total = with_contribution(total, part)
    return total


def with_contribution(total: Quadratic, part: Contribution) -> Quadratic:
    """Add a contribution; the gradient and the Hessian of `total` are written to."""
    cost = total.cost + part.cost
    if part.gradient.shape[1] == 0:
        return Quadratic(cost, total.gradient, total.hessian)
    gradient, hessian, steps = total.gradient, total.hessian, part.steps
    gradient[:, steps] += part.gradient
    if part.hessian.ndim == 2:
        xp = array_namespace(gradient)
        index = xp.arange(hessian.shape[1], device=device_of(gradient))[steps]
        hessian[:, index, index] += part.hessian
    elif isinstance(steps, slice):
        hessian[:, steps, steps] += part.hessian
    else:
        hessian[:, steps[:, None], steps] += part.hessian
    return Quadratic(cost, gradient, hessian)
