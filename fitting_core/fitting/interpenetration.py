"""The cost of a body that passes through itself, on its capsules: a prior over all rotations but the root's, and the shape.

½ weight Σ (depth / deviation)² over the pairs of capsules that are deeper in each other than in a natural pose. A handful of
pairs touches at a time: derivatives are made for those only. Free of bpy.
"""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace
from fitting_core.body_model.capsules import (
    BodyCapsules,
    CapsuleArrays,
    chosen_contacts,
    contacts,
    depth_derivatives,
    near_pairs,
    posed_ends,
)

from .parameters import ParameterLayout
from .stages import DEPTH_DEVIATION_M


class InterpenetrationPrior:
    """See the module; the root turns all capsules alike, so it is left out."""

    def __init__(
        self,
        capsules: BodyCapsules,
        layout: ParameterLayout,
        weight: float,
        make: ArrayMaker,
    ) -> None:
        self.columns: NumpyArray = np.arange(layout.root.stop, layout.size)
        self._joint_count = layout.joint_count
        self._deviation = DEPTH_DEVIATION_M / weight**0.5
        self._arrays = CapsuleArrays(capsules, make)

    def take(self, elements: Array) -> InterpenetrationPrior:
        """See `Prior.take`."""
        return self

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`; `values` (B, d) are the rotation vectors of joints 1 … J − 1, then the shape."""
        xp = array_namespace(values)
        batch, turning = values.shape[0], 3 * (self._joint_count - 1)
        shape = values[:, turning:]
        rotations = xp.reshape(values[:, :turning], (batch, self._joint_count - 1, 3))
        rotations = xp.concat([xp.zeros_like(rotations[:, :1]), rotations], axis=1)
        posed = posed_ends(self._arrays, rotations, shape)
        near = near_pairs(self._arrays, posed, shape)
        found = contacts(self._arrays, posed, shape, near)
        touching = xp.nonzero(xp.any(found.depth > 0, axis=0))[0]
        if touching.shape[0] == 0:
            nothing = xp.zeros_like(values)
            return nothing[:, 0], nothing, nothing
        found = chosen_contacts(found, touching)
        excess = xp.clip(found.depth, 0.0, None) / self._deviation
        by = depth_derivatives(self._arrays, posed, rotations, found)
        turned = xp.reshape(by.rotations[:, :, 1:], (batch, touching.shape[0], turning))
        outside = xp.astype(excess > 0, values.dtype) / self._deviation
        jacobian = xp.concat([turned, by.shape], axis=2) * outside[..., None]
        transposed = xp.matrix_transpose(jacobian)
        gradient = xp.matmul(transposed, excess[..., None])[..., 0]
        return 0.5 * xp.sum(excess * excess, axis=-1), gradient, xp.matmul(transposed, jacobian)
