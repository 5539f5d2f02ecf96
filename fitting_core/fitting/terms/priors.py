"""The prior terms: costs of x alone, built from the weights of a stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of
from fitting_core.body_model.joints import BEND_AXES, joint_index
from fitting_core.body_model.posed_points import PosedPoints

from .. import stages
from ..parameters import FreeParameters, ParameterLayout
from ..priors.distributions import (
    BendPrior,
    DiagonalPrior,
    GaussianMixture,
    GaussianPrior,
    HabitPrior,
    LimitPrior,
    MaxMixturePrior,
    NormalPose,
    Prior,
)
from ..priors.measurements import MeasurementPrior
from ..priors.rest_pose import rest_priors
from .term import Contribution, StageContext

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class PriorTerm:
    """A prior as a `Term`: its derivatives by the columns of x that move."""

    name: str
    prior: Prior
    free: FreeParameters
    every_joint: bool = False

    @cached_property
    def _placement(self) -> _Placement:
        return _placement(self.free, self.prior.columns)

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`."""
        place = self._placement
        columns, moving, steps = (_indices(run, x) for run in (place.columns, place.moving, place.steps))
        cost, gradient, hessian = self.prior.evaluate(x[:, columns])
        hessian = hessian[:, moving][:, :, moving] if hessian.ndim == 3 else hessian[:, moving]
        return Contribution(cost, gradient[:, moving], hessian, steps)

    def subset(self, elements: Int[Array, " elements"]) -> PriorTerm:
        """See `Term.subset`."""
        return replace(self, prior=self.prior.subset(elements))


@dataclass(frozen=True, eq=False)
class _Placement:
    """The `columns` of x that a prior looks at, which of these are `moving`, and the place of those in a step."""

    columns: NumpyArray | slice
    moving: NumpyArray | slice
    steps: NumpyArray | slice


def _placement(free: FreeParameters, columns: NumpyArray) -> _Placement:
    steps = free.step_index(columns)
    moving = np.nonzero(steps >= 0)[0]
    return _Placement(_run(columns), _run(moving), _run(steps[moving]))


def _run(indices: NumpyArray) -> NumpyArray | slice:
    """Return the indices as a slice where they follow each other."""
    if not len(indices):
        return slice(0)
    if (np.diff(indices) == 1).all():
        return slice(int(indices[0]), int(indices[0]) + len(indices))
    return indices


def _indices(run: NumpyArray | slice, like: Array) -> Array | slice:
    """Return the indices on the device of `like`."""
    if isinstance(run, slice):
        return run
    return (
        run if type(like) is np.ndarray else _on_device(run.tobytes(), array_namespace(like), device_of(like))
    )


@lru_cache(maxsize=256)
def _on_device(indices: bytes, xp: Any, device: Any) -> Array:
    return xp.asarray(np.frombuffer(indices, dtype=np.int64).copy(), device=device)


def prior_terms(context: StageContext) -> list[PriorTerm]:
    """Build every prior of a stage, under the name that scores give it."""
    if not context.stage.pose:
        return []
    setup, weights, make = context.setup, context.stage.terms, context.make
    layout, groups = setup.layout, setup.points.model.groups
    named = _pose_priors(context)
    named.append(("shape", _resting(layout.betas(), stages.BETA_DEVIATION, weights.shape, make)))
    if setup.measurements is not None:
        named.append(("shape", MeasurementPrior(setup.measurements, layout.betas(), make)))
    if weights.rest:
        resting = rest_priors(layout, groups.body, context.subjects, context.starts, make)
        named += [("rest", prior) for prior in resting]
    if context.stage.hands_and_face:
        named += _face_priors(context) + _hand_priors(context)
    return [PriorTerm(name, prior, context.free) for name, prior in named]


def _pose_priors(context: StageContext) -> list[tuple[str, Prior]]:
    """Return the priors on the 21 joints of the body pose; VPoser's cost lies on its latent values, see `latent_problem.py`."""
    layout, weights, make = context.setup.layout, context.stage.terms, context.make
    pose_prior = context.setup.pose_prior
    columns = layout.joints(context.setup.points.model.groups.body)
    named: list[tuple[str, Prior]] = []
    if isinstance(pose_prior, GaussianMixture):
        named.append(("pose", MaxMixturePrior(pose_prior, columns, weights.pose, make)))
    if isinstance(pose_prior, NormalPose):
        named.append(("pose", _resting(columns, pose_prior.deviation, weights.pose, make)))
    if weights.bend:
        named.append(("bend", _bend_prior(layout, weights.bend, make)))
    if weights.straight_knees:
        named.append(("straight knees", _knee_prior(layout, weights.straight_knees, make)))
    return named


def _knee_prior(layout: ParameterLayout, weight: float, make: ArrayMaker) -> HabitPrior:
    knees = [layout.joints([joint_index(joint)])[axis] for joint, axis, _ in BEND_AXES if "knee" in joint]
    return HabitPrior(
        stages.STRAIGHT_KNEE_DEVIATION, stages.STRAIGHT_KNEE_WIDTH, weight, np.array(knees), make
    )


def _bend_prior(layout: ParameterLayout, weight: float, make: ArrayMaker) -> BendPrior:
    columns = np.array([layout.joints([joint_index(joint)])[axis] for joint, axis, _ in BEND_AXES])
    return BendPrior(np.array([sign for _, _, sign in BEND_AXES]), weight, columns, make)


def _face_priors(context: StageContext) -> list[tuple[str, Prior]]:
    """Return the priors on the expression and the jaw, of those that the body has."""
    layout, weights, make = context.setup.layout, context.stage.terms, context.make
    jaw, expression = context.setup.points.model.groups.jaw, layout.expression()
    named: list[tuple[str, Prior]] = []
    if len(expression):
        named.append(("face", _resting(expression, stages.EXPRESSION_DEVIATION, weights.expression, make)))
    if jaw is not None:
        columns = layout.joints([jaw])
        named.append(("face", DiagonalPrior(np.zeros(3), np.array(weights.jaw_deviation), columns, make)))
    return named


def _hand_priors(context: StageContext) -> list[tuple[str, Prior]]:
    """Return the priors on the fingers, of a body that has them."""
    layout, weights, make = context.setup.layout, context.stage.terms, context.make
    groups, hand = context.setup.points.model.groups, context.setup.hand_prior
    if groups.left_hand is None or groups.right_hand is None:
        return []
    left, right = layout.joints(groups.left_hand), layout.joints(groups.right_hand)
    named: list[tuple[str, Prior]] = [
        ("hands", GaussianPrior(hand.mean_left, weights.hands * hand.precision_left, left, make)),
        ("hands", GaussianPrior(hand.mean_right, weights.hands * hand.precision_right, right, make)),
    ]
    if weights.hand_limits:
        softness = stages.HAND_LIMIT_SOFTNESS / weights.hand_limits**0.5
        named.append(("hands", LimitPrior(hand.limits, softness, np.concatenate([left, right]), make)))
    return named


def _resting(columns: NumpyArray, deviation: float, weight: float, make: ArrayMaker) -> DiagonalPrior:
    spread = np.full(len(columns), deviation / weight**0.5)
    return DiagonalPrior(np.zeros(len(columns)), spread, columns, make)
