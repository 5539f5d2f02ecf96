"""The cost of a whole trajectory: every frame's own cost, how its points accelerate, and feet that stand still on the floor.

    E = Σ_t E_t(x_t) + ½ Σ_t Σ_i ρ(‖X_i(t−1) − 2 X_i(t) + X_i(t+1)‖ fps² / a_i) + ½ Σ_t Σ_c k_c(t) ‖X_c(t+1) − X_c(t)‖² / s²
        + ½ Σ_t Σ_c b_c(t) (n·X_c(t) − h)² / d²

with E_t the cost of a single photo (`fitting/`), X_i the points of `moving_points.py` in space, a_i the deviation of their
acceleration, and c the points of the feet that are in contact (k_c = 1) in both frames. n·X = h is the floor that everybody
shares, and b_c how far a point is bound to it (`floor.py`). ρ grows like the square first and like the distance beyond `_ROBUST`
deviations. Shape and focal length are held. Each frame meets the next two only, so that the Hessian is block-banded
(`optimisers/block_banded.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.optimisers.banded_least_squares import BandedQuadratic
from fitting_core.optimisers.block_banded import BlockBanded

from .couplings import Couplings, added_to_steps, first_differences, second_differences, with_held_frames
from .floor import Floor
from .frame_costs import body_parameters, frame_costs
from .moving_points import CONTACT_POINTS, MovingPoints, moving_points

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

# Deviation of the second difference of a joint's rotation vector, rad/s²: it holds twists that no point tells.
_TURN_RADS2 = 190.0
# How far a point in contact moves from one frame to the next, m: a millimetre, for soles and skin give.
_SLIDE_M = 0.001
# Deviation of the height of a point in contact from the floor, m: a heel's point lies deeper in the foot than a toe's.
_SINK_M = 0.02
# An acceleration of so many deviations begins to count less than quadratically: impacts.
_ROBUST = 3.0
_FIRST_TURN = 6  # of a step: after the translation and the root, whose turn the points tell


@dataclass(frozen=True, eq=False)
class MotionFacts:
    """The facts of the motion of N frames: their rate, which points of the feet stand, and how many frames are held.

    `smoothness` divides the deviations of all accelerations, 1 for the usual ones. `bound` says how far each point of the feet
    is bound to the `floor`, 0 to 1.
    """

    rate: float
    contacts: Bool[NumpyArray, "frames 4"]
    held: int = 0
    smoothness: float = 1.0
    floor: Floor | None = None
    bound: Float[NumpyArray, "frames 4"] | None = None


@dataclass(frozen=True, eq=False)
class FloorPull:
    """The pull of some points to the floor up·X = height: `weights` (N, C) are √b / d, 1/m, of the points `places` (C,)."""

    up: Float[Array, "3"]
    height: float
    places: tuple[int, ...]
    weights: Float[Array, "frames feet"]

    def added(self, total: BandedQuadratic, points: Array, jacobian: Array) -> BandedQuadratic:
        """Add the cost at the posed `points` (N, P, 3), whose derivative `jacobian` is (N, 3 P, D)."""
        xp = array_namespace(points)
        rows = [xp.matmul(self.up, jacobian[:, 3 * place : 3 * place + 3]) for place in self.places]
        slopes = self.weights[..., None] * xp.stack(rows, axis=1)
        feet = xp.stack([points[:, place] for place in self.places], axis=1)
        apart = self.weights * (xp.matmul(feet, self.up) - self.height)
        curved = total.hessian.diagonal + xp.matmul(xp.matrix_transpose(slopes), slopes)
        return BandedQuadratic(
            total.cost + 0.5 * float(xp.sum(apart * apart)),
            total.gradient + xp.matmul(apart[:, None, :], slopes)[:, 0, :],
            replace(total.hessian, diagonal=curved),
        )


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The frames of one person from the first to the last; a `BandedProblem`. The first `held` frames stay as they are.

    `per_second2` are rate² over the deviations of accelerations (P,); `turn_weight` the like of rotation vectors; `slides`
    (N − 1, P) are 1/m for points in contact between a frame and the next, else 0.
    """

    frames: FitProblem
    points: MovingPoints
    per_second2: Float[Array, " points"]
    turn_weight: float
    slides: Float[Array, "pairs points"]
    held: int = 0
    floor: FloorPull | None = None

    def quadratic(self, x: Float[Array, "frames columns"]) -> BandedQuadratic:
        """See `BandedProblem.quadratic`."""
        xp = array_namespace(x)
        own = self.frames.quadratic(x)
        posed = self.points.pose(x, self.frames.free)
        jacobian = self.points.jacobian(posed)
        motion = self._motion(posed.points)
        transposed = xp.matrix_transpose(jacobian)
        total = BandedQuadratic(
            float(xp.sum(own.cost)) + motion.cost,
            own.gradient + xp.matmul(motion.slope[:, None, :], jacobian)[:, 0, :],
            BlockBanded(
                own.hessian + xp.matmul(transposed, motion.same[..., None] * jacobian),
                xp.matmul(transposed[1:], motion.following[..., None] * jacobian[:-1]),
                xp.matmul(transposed[2:], motion.next_but_one[..., None] * jacobian[:-2]),
            ),
        )
        if self.floor is not None:
            total = self.floor.added(total, posed.points, jacobian)
        turns = self._turns(x)
        steps = slice(_FIRST_TURN, _FIRST_TURN + turns.slope.shape[1])
        return with_held_frames(added_to_steps(total, turns, steps), self.held)

    def retract(self, x: Float[Array, "frames columns"], step: Float[Array, "frames steps"]) -> Array:
        """See `BandedProblem.retract`."""
        return self.frames.retract(x, step)

    def _motion(self, points: Float[Array, "frames points 3"]) -> Couplings:
        """Return the cost of accelerations and slides, by coordinate of the points: (N, 3 P)."""
        xp = array_namespace(points)
        accelerated = (points[:-2] - 2.0 * points[1:-1] + points[2:]) * self.per_second2[:, None]
        root = xp.sqrt(1.0 + xp.sum(accelerated * accelerated, axis=-1) / _ROBUST**2)
        influence = (self.per_second2 * self.per_second2 / root)[..., None]
        curved = second_differences(points, xp.broadcast_to(influence, accelerated.shape))
        slides = xp.broadcast_to((self.slides * self.slides)[..., None], points[1:].shape)
        sliding = first_differences(points, slides)

        def flat(values: Array) -> Array:
            return xp.reshape(values, (values.shape[0], 3 * points.shape[1]))

        return Couplings(
            float(xp.sum(_ROBUST**2 * (root - 1.0))) + sliding.cost,
            flat(curved.slope + sliding.slope),
            flat(curved.same + sliding.same),
            flat(curved.following + sliding.following),
            flat(curved.next_but_one),
        )

    def _turns(self, x: Float[Array, "frames columns"]) -> Couplings:
        xp = array_namespace(x)
        columns = xp.asarray(self.frames.free.columns[_FIRST_TURN:], device=device_of(x))
        vectors = xp.take(x, columns, axis=1)
        return second_differences(vectors, xp.full_like(vectors[2:], self.turn_weight**2))


def trajectory(
    setup: FitSetup,
    subjects: Sequence[Subject],
    stage: Stage,
    x: Float[NumpyArray, "frames columns"],
    make: ArrayMaker,
    motion: MotionFacts,
) -> Trajectory:
    """Build the problem of a run of frames whose body pose moves; `x` gives what is held: shape, hands and face."""
    free = body_parameters(setup)
    points = moving_points(setup.points, free.moving_joints, make)
    rate2 = motion.rate**2 * motion.smoothness
    return Trajectory(
        frame_costs(setup, subjects, stage, x, make, free),
        points,
        make.floats(rate2 / points.deviations),
        rate2 / _TURN_RADS2,
        make.floats(_slides(points, motion.contacts)),
        motion.held,
        _floor_pull(points, motion, make),
    )


def _slides(
    points: MovingPoints, contacts: Bool[NumpyArray, "frames 4"]
) -> Float[NumpyArray, "pairs points"]:
    slides = np.zeros((max(len(contacts) - 1, 0), len(points.names)))
    for place, name in enumerate(CONTACT_POINTS):
        if name in points.names:
            both = contacts[1:, place] & contacts[:-1, place]
            slides[:, points.names.index(name)] = both / _SLIDE_M
    return slides


def _floor_pull(points: MovingPoints, motion: MotionFacts, make: ArrayMaker) -> FloorPull | None:
    if motion.floor is None or motion.bound is None:
        return None
    feet = [place for place, name in enumerate(CONTACT_POINTS) if name in points.names]
    places = tuple(points.names.index(CONTACT_POINTS[place]) for place in feet)
    weights = make.floats(np.sqrt(motion.bound[:, feet]) / _SINK_M)
    return FloorPull(make.floats(motion.floor.up), motion.floor.height, places, weights)
