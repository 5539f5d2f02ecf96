"""The cost of a whole trajectory: every frame's own cost, how its points accelerate, and feet that stand still.

    E = Σ_t E_t(x_t) + ½ Σ_t Σ_i ρ(‖X_i(t−1) − 2 X_i(t) + X_i(t+1)‖ fps² / a_i) + ½ Σ_t Σ_c k_c(t) ‖X_c(t+1) − X_c(t)‖² / s²

with E_t the cost of a single photo (`fitting/`), X_i the points of `moving_points.py` in space, a_i the deviation of their
acceleration, and c the points of the feet that are in contact (k_c = 1) in both frames. Shape and focal length are held. Each
frame meets the next two only, so that the Hessian is block-banded (`optimisers/block_banded.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.parameters import FreeParameters
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import free_parameters, stage_problem
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.fitting.terms.all_terms import merged_terms
from fitting_core.optimisers.banded_least_squares import BandedQuadratic
from fitting_core.optimisers.block_banded import BlockBanded

from .moving_points import CONTACT_POINTS, MovingPoints, moving_points

# Deviation of the second difference of a joint's rotation vector, rad/s²: it holds twists that no point tells.
_TURN_RADS2 = 120.0
# How far a point in contact moves from one frame to the next, m: a millimetre, for soles and skin give.
_SLIDE_M = 0.001
# An acceleration of so many deviations begins to count less than quadratically: impacts.
_ROBUST = 3.0


@dataclass(frozen=True, eq=False)
class Couplings:
    """What couples the frames, by coordinate: factors of f_t², of 2 f_t f_{t+1} and of 2 f_t f_{t+2}, and the slope by f_t."""

    cost: float
    slope: Float[Array, "frames coordinates"]
    same: Float[Array, "frames coordinates"]
    following: Float[Array, "pairs coordinates"]
    next_but_one: Float[Array, "others coordinates"]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The frames of one person from the first to the last; a `BandedProblem`. The first `held` frames stay as they are.

    `per_second2` are rate² over the deviations of accelerations (P,); `turn_weight` the like of rotation vectors; `slides` (N − 1,
    P) are 1/m for points in contact between a frame and the next, else 0.
    """

    frames: FitProblem
    points: MovingPoints
    per_second2: Float[Array, " points"]
    turn_weight: float
    slides: Float[Array, "pairs points"]
    held: int = 0

    def quadratic(self, x: Float[Array, "frames columns"]) -> BandedQuadratic:
        """See `BandedProblem.quadratic`."""
        xp = array_namespace(x)
        free = self.frames.free
        own = self.frames.quadratic(x)
        posed = self.points.pose(x, free)
        jacobian = self.points.jacobian(posed)
        motion = self._motion(posed.points)
        gradient = own.gradient + xp.matmul(motion.slope[:, None, :], jacobian)[:, 0, :]
        transposed = xp.matrix_transpose(jacobian)
        hessian = BlockBanded(
            own.hessian + xp.matmul(transposed, motion.same[..., None] * jacobian),
            xp.matmul(transposed[1:], motion.following[..., None] * jacobian[:-1]),
            xp.matmul(transposed[2:], motion.next_but_one[..., None] * jacobian[:-2]),
        )
        turns = self._turns(x)
        steps = slice(6, 6 + turns.slope.shape[1])  # after the translation and the root
        gradient[:, steps] += turns.slope
        _add_to_diagonals(hessian, turns, steps)
        cost = float(xp.sum(own.cost)) + motion.cost + turns.cost
        return self._with_held(BandedQuadratic(cost, gradient, hessian))

    def retract(self, x: Float[Array, "frames columns"], step: Float[Array, "frames steps"]) -> Array:
        """See `BandedProblem.retract`."""
        return self.frames.retract(x, step)

    def _motion(self, points: Float[Array, "frames points 3"]) -> Couplings:
        xp = array_namespace(points)
        accelerated = (points[:-2] - 2.0 * points[1:-1] + points[2:]) * self.per_second2[:, None]
        squared = xp.sum(accelerated * accelerated, axis=-1)
        root = xp.sqrt(1.0 + squared / _ROBUST**2)
        cost = float(xp.sum(_ROBUST**2 * (root - 1.0)))
        influence = (self.per_second2 * self.per_second2 / root)[..., None]
        curved = _second_differences(points, xp.broadcast_to(influence, accelerated.shape))
        stepped = points[1:] - points[:-1]
        slides = xp.broadcast_to((self.slides * self.slides)[..., None], stepped.shape)
        sliding = _first_differences(points, slides)
        flat = (points.shape[0], -1)
        return Couplings(
            cost + 0.5 * float(xp.sum(slides * stepped * stepped)),
            xp.reshape(curved.slope + sliding.slope, flat),
            xp.reshape(curved.same + sliding.same, flat),
            xp.reshape(curved.following + sliding.following, (flat[0] - 1, -1)),
            xp.reshape(curved.next_but_one, (max(flat[0] - 2, 0), -1)),
        )

    def _turns(self, x: Float[Array, "frames columns"]) -> Couplings:
        xp = array_namespace(x)
        free = self.frames.free
        columns = xp.asarray(free.columns[6 : len(free.columns) - free.shape_count], device=device_of(x))
        vectors = xp.take(x, columns, axis=1)
        weights = xp.full_like(vectors[2:], self.turn_weight**2)
        return _second_differences(vectors, weights)

    def _with_held(self, total: BandedQuadratic) -> BandedQuadratic:
        """Take the frames that are held out of the step."""
        if not self.held:
            return total
        xp, hessian = array_namespace(total.gradient), total.hessian
        size = total.gradient.shape[1]
        total.gradient[: self.held] = 0.0
        kind = {"dtype": total.gradient.dtype, "device": device_of(total.gradient)}
        hessian.diagonal[: self.held] = xp.eye(size, **kind)
        hessian.following[: self.held] = 0.0
        hessian.next_but_one[: self.held] = 0.0
        return total


def _second_differences(values: Array, weights: Array) -> Couplings:
    """Return ½ Σ w (f_{t−1} − 2 f_t + f_{t+1})² to second order; `weights` (N − 2, …) are held while its slope is taken."""
    xp = array_namespace(values)
    curved = values[:-2] - 2.0 * values[1:-1] + values[2:]
    pull = weights * curved
    slope, same = xp.zeros_like(values), xp.zeros_like(values)
    following = xp.zeros_like(values[1:])
    for first, factor in ((0, 1.0), (1, -2.0), (2, 1.0)):
        stop = first + curved.shape[0]
        slope[first:stop] += factor * pull
        same[first:stop] += factor * factor * weights
    following[:-1] -= 2.0 * weights
    following[1:] -= 2.0 * weights
    return Couplings(0.5 * float(xp.sum(pull * curved)), slope, same, following, weights)


def _first_differences(values: Array, weights: Array) -> Couplings:
    """Return ½ Σ w (f_{t+1} − f_t)² to second order."""
    xp = array_namespace(values)
    stepped = values[1:] - values[:-1]
    pull = weights * stepped
    slope, same = xp.zeros_like(values), xp.zeros_like(values)
    slope[1:] += pull
    slope[:-1] -= pull
    same[1:] += weights
    same[:-1] += weights
    return Couplings(0.5 * float(xp.sum(pull * stepped)), slope, same, -weights, xp.zeros_like(values[2:]))


def _add_to_diagonals(hessian: BlockBanded, couplings: Couplings, steps: slice) -> None:
    xp = array_namespace(hessian.diagonal)
    index = xp.arange(hessian.diagonal.shape[1], device=device_of(hessian.diagonal))[steps]
    hessian.diagonal[:, index, index] += couplings.same
    hessian.following[:, index, index] += couplings.following
    hessian.next_but_one[:, index, index] += couplings.next_but_one


def trajectory(
    setup: FitSetup,
    subjects: Sequence[Subject],
    stage: Stage,
    x: Float[NumpyArray, "frames columns"],
    make: ArrayMaker,
    motion: MotionFacts,
) -> Trajectory:
    """Build the problem of a run of frames whose body pose moves; `x` gives what is held, shape, hands and face."""
    own = free_parameters(setup.layout, stage, setup.points.model.groups)
    free = replace(own, shape=slice(0))
    problem = stage_problem(setup, subjects, stage, x, make, free)
    frames = replace(problem, terms=merged_terms(problem.terms, free, len(x), make))
    points = moving_points(setup.points, free.moving_joints, make)
    rate2 = motion.rate**2
    return Trajectory(
        frames,
        points,
        make.floats(rate2 * motion.stiffness / points.deviations),
        rate2 * motion.stiffness / _TURN_RADS2,
        make.floats(_slides(points, motion.contacts)),
        motion.held,
    )


@dataclass(frozen=True, eq=False)
class MotionFacts:
    """What is known of the motion of N frames: their rate, which points of the feet stand, and how many frames are held.

    `stiffness` divides the deviations of all accelerations.
    """

    rate: float
    contacts: Bool[NumpyArray, "frames 4"]
    held: int = 0
    stiffness: float = 1.0


def _slides(
    points: MovingPoints, contacts: Bool[NumpyArray, "frames 4"]
) -> Float[NumpyArray, "pairs points"]:
    slides = np.zeros((max(len(contacts) - 1, 0), len(points.names)))
    for place, name in enumerate(CONTACT_POINTS):
        if name in points.names:
            both = contacts[1:, place] & contacts[:-1, place]
            slides[:, points.names.index(name)] = both / _SLIDE_M
    return slides
