"""A fit whose body pose is VPoser's decoder of 32 latent values: the same problem with these in place of the 63.

A row of y is a row of x (N) with its latent values z (32) behind; the body pose within x is always the decoder's of z.
A step holds z's step where the problem's own step holds the body pose's. With M = ∂θ/∂z the gradient becomes Mᵀg and
the Gauss–Newton Hessian MᵀHM, and ½ weight ‖z‖² is added (Pavlakos et al., CVPR 2019, section 3.2). Every other joint
stays as it is. A pose is brought into the latent space by the z whose rotations come nearest to its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of, to_numpy
from fitting_core.body_model.posed_points import PosedPoints
from fitting_core.geometry.rotations import matrix_from_vector, skew
from fitting_core.optimisers.levenberg_marquardt import Quadratic, Solution, StoppingRule, minimise

from .objective import FitProblem
from .priors.vposer import JOINT_COUNT, LATENT_SIZE, VPoserDecoder
from .terms.term import Contribution, with_contribution

if TYPE_CHECKING:
    from jaxtyping import Float, Int

# Bringing a pose into the latent space: how far rotations may err (entries of a matrix) for one deviation of z, and
# how long it is tried. Poses that VPoser has never seen would else lie infinitely far out.
_ROTATION_DEVIATION = 0.05
_EMBEDDING_RULE = StoppingRule(iterations=40, tolerance=1e-3)
# Where embeddings start from: the mean pose and this many random ones, drawn with a fixed seed.
_SEED_COUNT = 63
_SEED = 2019
# A pose that differs by less than this (radians) from one whose z is known is that pose.
_SAME_POSE = 1e-6


Report = Callable[[int, Array, Array], None]  # as `minimise` calls it


@dataclass(frozen=True, eq=False)
class LatentNorm:
    """½ weight ‖z‖² over the latent values at the end of a row of y; a `Term` of `LatentProblem`."""

    weight: float
    first_step: int  # of z in a step
    name: str = "pose"
    every_joint: bool = False

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints | None) -> Contribution:
        """See `Term.evaluate`; a row of x is one of y here, and nothing posed is looked at."""
        xp = array_namespace(x)
        z = x[:, -LATENT_SIZE:]
        pull = self.weight * z
        steps = slice(self.first_step, self.first_step + LATENT_SIZE)
        return Contribution(0.5 * xp.sum(z * pull, axis=-1), pull, xp.full_like(z, self.weight), steps)

    def subset(self, elements: Int[Array, " elements"]) -> LatentNorm:
        """See `Term.subset`; the term is the same for every element."""
        return self


@dataclass(frozen=True, eq=False)
class LatentProblem:
    """`inner`, with the body pose in the consecutive columns `body` of x moved through z; a `LeastSquaresProblem` over y."""

    inner: FitProblem
    decoder: VPoserDecoder
    body: slice
    weight: float

    def subset(self, elements: Int[Array, " elements"]) -> LatentProblem:
        """Select elements of the batch."""
        return replace(self, inner=self.inner.subset(elements))

    def quadratic(self, x: Float[Array, "batch columns"]) -> Quadratic:
        """Evaluate cost, gradient and Gauss–Newton Hessian at rows of y."""
        xp = array_namespace(x)
        there = self.inner.quadratic(x[:, :-LATENT_SIZE])
        _, jacobian = self.decoder.pose_and_jacobian(x[:, -LATENT_SIZE:])
        run = self._run
        gradient = _through(there.gradient[:, None, :], jacobian, run)[:, 0]
        half = _through(there.hessian, jacobian, run)
        hessian = _through(xp.matrix_transpose(half), jacobian, run)
        return with_contribution(Quadratic(there.cost, gradient, hessian), self._norm.evaluate(x, None))

    def costs(self, x: Float[Array, "batch columns"]) -> dict[str, Float[Array, " batch"]]:
        """Evaluate the cost of the terms of each name at rows of y."""
        return self.inner.costs(x[:, :-LATENT_SIZE]) | {self._norm.name: self._norm.evaluate(x, None).cost}

    def retract(
        self, x: Float[Array, "batch columns"], step: Float[Array, "batch steps"]
    ) -> Float[Array, "batch columns"]:
        """Move y by a step."""
        xp = array_namespace(x)
        first = self._run.start
        still = xp.zeros_like(x[:, self.body])
        inner = xp.concat([step[:, :first], still, step[:, first + LATENT_SIZE :]], axis=1)
        z = x[:, -LATENT_SIZE:] + step[:, first : first + LATENT_SIZE]
        return append_latent(
            self.inner.retract(x[:, :-LATENT_SIZE], inner), self.decoder.pose(z), z, self.body
        )

    @property
    def _norm(self) -> LatentNorm:
        return LatentNorm(self.weight, self._run.start)

    @cached_property
    def _run(self) -> slice:
        """Place of the body pose in a step of the inner problem."""
        columns: NumpyArray = np.arange(int(self.body.start), int(self.body.stop))
        steps = self.inner.free.step_index(columns)
        return slice(int(steps[0]), int(steps[0]) + len(steps))


def append_latent(
    x: Float[Array, "batch columns"],
    body_pose: Float[Array, "batch 63"],
    z: Float[Array, "batch 32"],
    body: slice,
) -> Float[Array, "batch longer"]:
    """Make rows of y: x with another body pose, and the latent values behind."""
    xp = array_namespace(x)
    return xp.concat([x[:, : body.start], body_pose, x[:, body.stop :], z], axis=1)


def _without_z(report: Report) -> Report:
    """Return a report that is given rows of y and passes on rows of x."""

    def report_x(iteration: int, costs: Array, y: Array) -> None:
        report(iteration, costs, y[:, :-LATENT_SIZE])

    return report_x


def _through(rows: Array, jacobian: Array, run: slice) -> Array:
    """Turn derivatives by the body pose (B, r, D) into those by the latent values (B, r, D − 31)."""
    xp = array_namespace(rows)
    body = xp.matmul(rows[:, :, run], jacobian)
    return xp.concat([rows[:, :, : run.start], body, rows[:, :, run.stop :]], axis=2)


@dataclass(frozen=True, eq=False)
class EmbeddingProblem:
    """½ Σ ((R(z) − R*) / deviation)² + ½ ‖z‖² over the rotation matrices of the 21 joints; z is (B, 32)."""

    decoder: VPoserDecoder
    rotations: Array  # (B, 21, 3, 3) R*

    def subset(self, elements: Int[Array, " elements"]) -> EmbeddingProblem:
        """Select elements of the batch."""
        return replace(self, rotations=self.rotations[elements])

    def quadratic(self, x: Array) -> Quadratic:
        """Cost, gradient and Gauss–Newton Hessian at z."""
        xp = array_namespace(x)
        rotation, turned = self.decoder.decode_and_turns(x)
        residual = xp.reshape((rotation - self.rotations) / _ROTATION_DEVIATION, (x.shape[0], -1))
        axes = skew(xp.eye(3, dtype=x.dtype, device=device_of(x)))  # d(R exp δ)/dδ_k = R [e_k]ₓ
        moved = xp.stack([xp.matmul(rotation, axes[k]) for k in range(3)], axis=-1) / _ROTATION_DEVIATION
        jacobian = xp.matmul(xp.reshape(moved, (x.shape[0], JOINT_COUNT, 9, 3)), turned)
        jacobian = xp.reshape(jacobian, (x.shape[0], -1, LATENT_SIZE))
        transposed = xp.matrix_transpose(jacobian)
        cost = 0.5 * xp.sum(residual * residual, axis=-1) + 0.5 * xp.sum(x * x, axis=-1)
        gradient = xp.matmul(transposed, residual[..., None])[..., 0] + x
        identity = xp.eye(LATENT_SIZE, dtype=x.dtype, device=device_of(x))
        return Quadratic(cost, gradient, xp.matmul(transposed, jacobian) + identity)

    def retract(self, x: Array, step: Array) -> Array:
        """Return z moved by a step."""
        return x + step


class LatentPoses:
    """VPoser for one run of a fit: it remembers which z the poses came from, so that only new poses are embedded."""

    def __init__(self, decoder: VPoserDecoder, body: slice, make: ArrayMaker) -> None:
        """`decoder` of NumPy arrays; `body` are the columns of the body pose in x."""
        self._decoder = decoder.on(make)
        self._body = body
        self._make = make
        random = np.random.default_rng(_SEED).normal(0.0, 1.0, (_SEED_COUNT, LATENT_SIZE))
        z = np.concatenate([np.zeros((1, LATENT_SIZE)), random])
        self._seeds = (decoder.pose(z), z)
        self._known = self._seeds

    def minimise(
        self,
        problem: FitProblem,
        x: NumpyArray,
        weight: float,
        rule: StoppingRule,
        report: Report | None = None,
    ) -> Solution:
        """Minimise a problem that moves the body pose from x (B, N), in latent space; the solution's x is (B, N) again."""
        y = self._make.floats(self.entered(x))
        wrapped = LatentProblem(problem, self._decoder, self._body, weight)
        solution = minimise(wrapped, y, rule, None if report is None else _without_z(report))
        self._remember(to_numpy(solution.x))
        return replace(solution, x=solution.x[:, :-LATENT_SIZE])

    def costs(self, problem: FitProblem, x: NumpyArray, weight: float) -> dict[str, Float[Array, " batch"]]:
        """Evaluate the cost of the terms of each name at x (B, N), the latent values' own among them."""
        y = self._make.floats(self.entered(x))
        return LatentProblem(problem, self._decoder, self._body, weight).costs(y)

    def entered(self, x: NumpyArray) -> NumpyArray:
        """Rows of y (B, N + 32) whose body poses are the decoder's nearest to those of x (B, N)."""
        z = self.latent(x[:, self._body])
        return append_latent(x, to_numpy(self._decoder.pose(self._make.floats(z))), z, self._body)

    def latent(self, poses: NumpyArray) -> NumpyArray:
        """Return the latent values (B, 32) of body poses (B, 63): the remembered ones, or those whose rotations come nearest."""
        known, values = self._known
        distance = np.abs(poses[:, None] - known[None]).max(axis=2)
        nearest = distance.argmin(axis=1)
        z = values[nearest]
        new = np.nonzero(distance.min(axis=1) > _SAME_POSE)[0]
        if len(new):
            each, which = np.unique(poses[new], axis=0, return_inverse=True)
            z[new] = self._embedded(each)[which.reshape(-1)]
        return z

    def _embedded(self, poses: NumpyArray) -> NumpyArray:
        """Return z of poses that are not known, each found from the known pose with the nearest rotations."""
        known = np.concatenate([self._known[0], self._seeds[0]])
        values = np.concatenate([self._known[1], self._seeds[1]])
        wanted = matrix_from_vector(poses.reshape(-1, JOINT_COUNT, 3))
        there = matrix_from_vector(known.reshape(-1, JOINT_COUNT, 3)).reshape(len(known), -1)
        nearest = (wanted.reshape(len(poses), -1) @ there.T).argmax(axis=1)
        problem = EmbeddingProblem(self._decoder, self._make.floats(wanted))
        return to_numpy(minimise(problem, self._make.floats(values[nearest]), _EMBEDDING_RULE).x)

    def _remember(self, y: NumpyArray) -> None:
        self._known = (y[:, self._body], y[:, -LATENT_SIZE:])
