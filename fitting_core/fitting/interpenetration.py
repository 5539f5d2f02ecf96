"""The cost of a body that passes through itself, on its capsules: residuals over the rotations and the shape. Free of bpy.

½ weight Σ (depth / deviation)² over the pairs of capsules that are deeper in each other than in a natural pose. A handful of
pairs touches at a time: derivatives are made for those only.
"""

from __future__ import annotations

from fitting_core.arrays import Array, ArrayMaker, array_namespace
from fitting_core.body_model.articulation import Articulation
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

from .parameters import FreeParameters
from .stages import DEPTH_DEVIATION_M


class Interpenetration:
    """See the module; for the free parameters of one stage."""

    def __init__(self, capsules: BodyCapsules, free: FreeParameters, weight: float, make: ArrayMaker) -> None:
        self._arrays = capsule_arrays(capsules, make)
        self._steps = depth_steps(self._arrays, free.moving_joints, free.shape, make)
        self._deviation = DEPTH_DEVIATION_M / weight**0.5

    def residuals(self, joints: Articulation, shape: Array) -> tuple[Array, Array]:
        """Depths over their deviation (B, k) and their derivatives by a step (B, k, D); 0 where apart.

        `joints` are all joints of the body, posed with the free shape coefficients; `shape` (B, S).
        """
        xp = array_namespace(shape)
        posed = posed_capsules(self._arrays, joints, shape)
        found = deepest(contacts(self._arrays, posed, shape, near_pairs(self._arrays, posed)))
        outside = xp.astype(found.depth > 0, shape.dtype) / self._deviation
        jacobian = depth_jacobian(self._arrays, posed, found, self._steps)
        return found.depth * outside, jacobian * outside[..., None]
