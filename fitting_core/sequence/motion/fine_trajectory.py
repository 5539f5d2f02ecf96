"""The cost of the fingers, jaw and expression along a trajectory whose body is held.

Each frame's own cost, and ½ Σ_t Σ_i (y_i(t−1) − 2 y_i(t) + y_i(t+1))² fps⁴ / a_i² over rotation vectors and expression
coefficients y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.optimisers.banded_least_squares import BandedQuadratic

from .couplings import added_to_steps, second_differences, uncoupled, with_held_frames
from .frame_costs import fine_parameters, frame_costs
from .trajectory import MotionFacts

if TYPE_CHECKING:
    from jaxtyping import Float

# Deviations of second differences: of rotation vectors, rad/s² (a finger that beats by half a radian three times a second has
# 180), and of expression coefficients, 1/s².
_TURN_RADS2 = 120.0
_EXPRESSION_S2 = 150.0
_TRANSLATION = 3  # every step begins with it


@dataclass(frozen=True, eq=False)
class FineTrajectory:
    """Fingers, jaw and expression of one person's frames; a `BandedProblem`. `weights` (D − 3,) are fps² over the deviations."""

    frames: FitProblem
    weights: Float[Array, " values"]
    held: int = 0

    def quadratic(self, x: Float[Array, "frames columns"]) -> BandedQuadratic:
        """See `BandedProblem.quadratic`."""
        xp = array_namespace(x)
        own = self.frames.quadratic(x)
        columns = xp.asarray(self.frames.free.columns[_TRANSLATION:], device=device_of(x))
        values = xp.take(x, columns, axis=1)
        weights = xp.broadcast_to(self.weights * self.weights, values[2:].shape)
        total = uncoupled(own.gradient, own.hessian, float(xp.sum(own.cost)))
        total = added_to_steps(total, second_differences(values, weights), slice(_TRANSLATION, None))
        return with_held_frames(_with_held_translation(total), self.held)

    def retract(self, x: Float[Array, "frames columns"], step: Float[Array, "frames steps"]) -> Array:
        """See `BandedProblem.retract`."""
        return self.frames.retract(x, step)


def _with_held_translation(total: BandedQuadratic) -> BandedQuadratic:
    xp, diagonal = array_namespace(total.gradient), total.hessian.diagonal
    place = slice(_TRANSLATION)
    total.gradient[:, place] = 0.0
    diagonal[:, place, :] = 0.0
    diagonal[:, :, place] = 0.0
    diagonal[:, place, place] = xp.eye(_TRANSLATION, dtype=diagonal.dtype, device=device_of(diagonal))
    return total


def fine_trajectory(
    setup: FitSetup,
    subjects: Sequence[Subject],
    stage: Stage,
    x: Float[NumpyArray, "frames columns"],
    make: ArrayMaker,
    motion: MotionFacts,
) -> FineTrajectory:
    """Build the problem of a run of frames whose body pose, place and shape are held at `x`."""
    free = fine_parameters(setup)
    deviations = np.full(len(free.columns) - _TRANSLATION, _TURN_RADS2)
    deviations[len(deviations) - free.shape_count :] = _EXPRESSION_S2
    frames = frame_costs(setup, subjects, stage, x, make, free)
    return FineTrajectory(frames, make.floats(motion.rate**2 * motion.smoothness / deviations), motion.held)
