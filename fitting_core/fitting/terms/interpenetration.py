"""The interpenetration term: a body that passes through itself, on its capsules.

½ weight Σ (depth / deviation)² over the pairs of capsules that are deeper in each other than in a natural pose. A handful of
pairs touches at a time: derivatives are made for those only.
"""

from __future__ import annotations

from jaxtyping import Float, Int

from fitting_core.arrays import Array, ArrayMaker, array_namespace
from fitting_core.body_model.capsules.posed_capsules import (
    BodyCapsules,
    capsule_arrays,
    contacts,
    deepest,
    depth_jacobian,
    depth_steps,
    near_pairs,
    posed_capsules,
)
from fitting_core.body_model.posed_points import PosedPoints

from ..parameters import FreeParameters
from ..stages import DEPTH_DEVIATION_M
from .term import Contribution, StageContext, normal_equations


class InterpenetrationTerm:
    """The interpenetration term over the free parameters of one stage; a `Term`."""

    name = "penetration"
    every_joint = True

    def __init__(self, capsules: BodyCapsules, free: FreeParameters, weight: float, make: ArrayMaker) -> None:
        self._layout = free.layout
        self._arrays = capsule_arrays(capsules, make)
        self._steps = depth_steps(self._arrays, free.moving_joints, free.shape, make)
        self._deviation = DEPTH_DEVIATION_M / weight**0.5

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`; the joints must be all those of the body."""
        xp = array_namespace(x)
        shape = self._layout.shape_coefficients(x)
        placed = posed_capsules(self._arrays, posed.joints, shape)
        touching = deepest(contacts(self._arrays, placed, shape, near_pairs(self._arrays, placed)))
        inverse = xp.astype(touching.depth > 0, x.dtype) / self._deviation
        jacobian = depth_jacobian(self._arrays, placed, touching, self._steps) * inverse[..., None]
        residuals = touching.depth * inverse
        cost = 0.5 * xp.sum(residuals * residuals, axis=-1)
        return Contribution(cost, *normal_equations(jacobian, residuals))

    def subset(self, elements: Int[Array, " elements"]) -> InterpenetrationTerm:
        """See `Term.subset`; the term is the same for every element."""
        return self


def interpenetration_term(context: StageContext) -> list[InterpenetrationTerm]:
    """Build the interpenetration term of a stage, if it has one."""
    capsules, weight = context.setup.capsules, context.stage.terms.interpenetration
    if capsules is None or not weight:
        return []
    return [InterpenetrationTerm(capsules, context.free, weight, context.make)]
