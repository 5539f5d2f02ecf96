"""The interpenetration term: a body that passes through itself, on its capsules.

½ weight Σ (depth / deviation)² over the pairs of capsules that are deeper in each other than in a natural pose. A handful of
pairs touches at a time: derivatives are made for those only. The capsules are those of the shape that the body had when the
stage began: a body that could grow thin would do so where arms are crossed, rather than move them (SMPLify, Bogo et al. 2016,
leaves the shape out of this term for the same reason).
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace
from fitting_core.body_model.articulation import articulate
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

if TYPE_CHECKING:
    from jaxtyping import Float, Int


class InterpenetrationTerm:
    """The interpenetration term over the free parameters of one stage; a `Term`."""

    name = "penetration"
    every_joint = False

    def __init__(
        self,
        capsules: BodyCapsules,
        free: FreeParameters,
        weight: float,
        shape: Float[NumpyArray, "batch shape"],
        make: ArrayMaker,
    ) -> None:
        self._arrays = capsule_arrays(capsules, make)
        self._steps = depth_steps(self._arrays, free.moving_joints, make)
        self._deviation = DEPTH_DEVIATION_M / weight**0.5
        self._shape = make.floats(shape)
        self._layout = free.layout
        self._places = slice(3, 3 + 3 * int(free.moving_joints.sum()))

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`."""
        xp = array_namespace(x)
        joints = articulate(self._arrays.tree, self._layout.rotations(x), self._shape, slice(0))
        placed = posed_capsules(self._arrays, joints, self._shape)
        touching = deepest(contacts(self._arrays, placed, self._shape, near_pairs(self._arrays, placed)))
        inverse = xp.astype(touching.depth > 0, x.dtype) / self._deviation
        jacobian = depth_jacobian(placed, touching, self._steps) * inverse[..., None]
        residuals = touching.depth * inverse
        cost = 0.5 * xp.sum(residuals * residuals, axis=-1)
        return Contribution(cost, *normal_equations(jacobian, residuals), steps=self._places)

    def subset(self, elements: Int[Array, " elements"]) -> InterpenetrationTerm:
        """See `Term.subset`."""
        chosen = copy(self)
        chosen._shape = self._shape[elements]
        return chosen


def interpenetration_term(context: StageContext) -> list[InterpenetrationTerm]:
    """Build the interpenetration term of a stage, if it has one."""
    capsules, weight = context.setup.capsules, context.stage.terms.interpenetration
    if capsules is None or not weight:
        return []
    return [InterpenetrationTerm(capsules, context.free, weight, context.shape, context.make)]
