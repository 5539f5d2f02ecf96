"""Fit a batch of people from many starts at once: stage by stage, losing starts dropped on the way. Free of bpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import array_api_compat.numpy as numpy_namespace
import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, to_numpy
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.capsules import BodyCapsules
from fitting_core.body_model.joints import JointGroups
from fitting_core.body_model.point_model import PointModel, reduced_body
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.optimisers.levenberg_marquardt import Race, StoppingRule, minimise

from . import stages as weights
from .depth_flips import depth_flips
from .head_yaw import head_yaw
from .initial_guess import lifted_points, pelvis_aligned_points, starting_points
from .interpenetration import Interpenetration
from .joined_priors import joined
from .lifter import Lifter
from .objective import FitProblem, Observations
from .parameters import FreeParameters, ParameterLayout, with_short_root
from .priors import (
    DiagonalPrior,
    GaussianMixture,
    GaussianPrior,
    LimitPrior,
    MaxMixturePrior,
    Prior,
)
from .rest_pose import rest_priors
from .selection import best_rows, different_rows
from .side_by_side import side_by_side
from .stages import Stage
from .subject import Subject, stature

# Called once an iteration with the fraction done, the stage, the least loss and its parameters (N,).
Report = Callable[[float, str, float, NumpyArray], None]


@dataclass(frozen=True, eq=False)
class HandPrior:
    """Mean, covariance and joint limits of the finger rotations of both hands (45 values each, radians)."""

    mean_left: NumpyArray
    mean_right: NumpyArray
    covariance_left: NumpyArray
    covariance_right: NumpyArray
    components_left: NumpyArray  # (45, 45) orthonormal rows by decreasing variance
    components_right: NumpyArray
    limits_left: tuple[NumpyArray, NumpyArray]
    limits_right: tuple[NumpyArray, NumpyArray]

    @cached_property
    def limits(self) -> tuple[NumpyArray, NumpyArray]:
        """The least and the largest values (90,) of both hands, left first."""
        pairs = zip(self.limits_left, self.limits_right, strict=True)
        lower, upper = (np.concatenate(pair) for pair in pairs)
        return lower, upper

    @cached_property
    def precision_left(self) -> NumpyArray:
        """(45, 45) inverse covariance."""
        return np.linalg.inv(self.covariance_left)

    @cached_property
    def precision_right(self) -> NumpyArray:
        """(45, 45) inverse covariance."""
        return np.linalg.inv(self.covariance_right)


@dataclass(frozen=True, eq=False)
class FitSetup:
    """What is the same for everyone: the body, the priors, the poses to start from (M, 63), a lifter, the stages.

    With `capsules`, the last stages keep the body from passing through itself.
    """

    points: PointModel
    pose_prior: GaussianMixture
    hand_prior: HandPrior
    start_poses: NumpyArray
    lifter: Lifter | None = None
    stages: tuple[Stage, ...] = weights.STAGES
    yaw_count: int = weights.YAW_COUNT
    capsules: BodyCapsules | None = None

    @property
    def layout(self) -> ParameterLayout:
        """The parameter vector of this body."""
        model = self.points.model
        return ParameterLayout(model.joint_count, model.beta_count, model.expression_count)


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Per subject the kept solutions, best first: `x` (n, keep, N) float64 and `loss` (n, keep)."""

    x: NumpyArray
    loss: NumpyArray
    iterations: int


def fit_batch(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit every subject; see `STAGES`. Deterministic for the same input, library and precision.

    On NumPy larger batches are fitted in chunks, side by side on the cores of the machine.
    """
    if make.namespace is not numpy_namespace:
        return _fit_together(setup, subjects, make, report)
    fits = side_by_side(lambda chunk, tell: _fit_together(setup, chunk, make, tell), subjects, report)
    return BatchFit(
        np.concatenate([fit.x for fit in fits]),
        np.concatenate([fit.loss for fit in fits]),
        sum(fit.iterations for fit in fits),
    )


def _fit_together(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None
) -> BatchFit:
    base = _base_poses(setup)
    x = starting_points(setup.points, setup.layout, subjects, base, setup.yaw_count)
    if setup.lifter is not None:
        lifted = lifted_points(setup.points, setup.layout, subjects, base[0], setup.lifter)
        x = np.concatenate([lifted, x], axis=1)
    return run_stages(setup, subjects, x.reshape(-1, setup.layout.size), make, report)


def refit(
    setup: FitSetup, subject: Subject, start: NumpyArray, make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit one subject again from an earlier solution `start` (N,), after its keypoints were changed."""
    return run_stages(replace(setup, stages=weights.WARM_STAGES), [subject], start[None], make, report)


def run_stages(
    setup: FitSetup,
    subjects: Sequence[Subject],
    x: NumpyArray,
    make: ArrayMaker,
    report: Report | None = None,
    first_stage: int = 0,
) -> BatchFit:
    """Run the stages from `first_stage` on, from starts `x` (subjects × starts, N), subject slowest."""
    loss = np.zeros(len(x))
    total = 0
    for index, stage in enumerate(setup.stages):
        if index < first_stage:
            continue
        if stage.mirror_limbs:
            x = _with_mirrored_limbs(setup, x, len(subjects))
        x = with_short_root(setup.layout, x)
        problem = _problem(setup, subjects, x, stage, make)
        progress = None if report is None else _stage_report(report, setup.stages, index)
        race = None if stage.race is None else Race(len(x) // len(subjects), *stage.race)
        rule = StoppingRule(stage.iterations, stage.tolerance, race=race)
        solution = minimise(problem, make.floats(x), rule, progress)
        x, loss = _kept(
            setup, stage, to_numpy(solution.x), to_numpy(solution.cost).reshape(len(subjects), -1)
        )
        total += solution.iterations
    return BatchFit(x.reshape(len(subjects), -1, x.shape[1]), loss.reshape(len(subjects), -1), total)


def _with_mirrored_limbs(setup: FitSetup, x: NumpyArray, subject_count: int) -> NumpyArray:
    """Every start followed by its mirrored ones: (subjects × starts, N) → (subjects × more starts, N)."""
    flipped = depth_flips(setup.points.model, setup.layout, x)
    return np.concatenate([x[:, None], flipped], axis=1).reshape(-1, x.shape[1])


def _stage_report(report: Report, stages: Sequence[Stage], index: int) -> Callable[[int, Array, Array], None]:
    whole = sum(stage.iterations for stage in stages)
    before = sum(stage.iterations for stage in stages[:index])

    def tell(iteration: int, costs: Array, x: Array) -> None:
        best = int(costs.argmin())
        row = to_numpy(x[best])
        report((before + iteration) / whole, stages[index].name, float(costs[best]), row)

    return tell


def _kept(setup: FitSetup, stage: Stage, x: NumpyArray, costs: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """The solutions of every subject that go on, best first, of x (subjects × starts, N) and costs (subjects, starts)."""
    rows = x.reshape(*costs.shape, -1)
    if stage.keep_different and stage.keep > 1:
        points = pelvis_aligned_points(setup.points, setup.layout, x)
        order = different_rows(costs, points.reshape(*costs.shape, -1, 3), stage.keep)
    else:
        order = best_rows(costs, stage.keep)
    subject = np.arange(len(costs))[:, None]
    return rows[subject, order].reshape(-1, rows.shape[2]), costs[subject, order].reshape(-1)


def _base_poses(setup: FitSetup) -> NumpyArray:
    layout = setup.layout
    base = np.zeros((len(setup.start_poses), layout.size))
    groups = setup.points.model.groups
    base[:, layout.joints(groups.body)] = setup.start_poses
    if groups.left_hand is not None and groups.right_hand is not None:
        base[:, layout.joints(groups.left_hand)] = setup.hand_prior.mean_left
        base[:, layout.joints(groups.right_hand)] = setup.hand_prior.mean_right
    return base


def _problem(
    setup: FitSetup, subjects: Sequence[Subject], x: NumpyArray, stage: Stage, make: ArrayMaker
) -> FitProblem:
    layout = setup.layout
    model = setup.points.model
    chosen = _chosen_keypoints(subjects, stage, model)
    starts = len(x) // len(subjects)
    free = _free_parameters(layout, stage, model.groups)
    rows = landmarks.contour_row(np.degrees(-head_yaw(setup.points.model.parents, layout.rotations(x))))
    contacts = None
    if setup.capsules is not None and stage.interpenetration:
        contacts = Interpenetration(setup.capsules, free, stage.interpenetration, make)
    points = model.points_of_keypoints[chosen]
    body = reduced_body(setup.points, points, rows, make, free.moving_joints, contacts is not None)
    seen = _observations(setup, subjects, chosen, stage, make, starts)
    priors = joined(_priors(setup, subjects, stage, starts, make), layout.size, len(x), make)
    return FitProblem(body, free, seen, priors, contacts)


# Knuckles join the body's points while the fingers still rest: they orient the wrists.
_KNUCKLES = np.array([first + index for first in (25, 46) for index in (2, 5, 9, 13, 17)])


def _chosen_keypoints(subjects: Sequence[Subject], stage: Stage, model: BodyModel) -> NumpyArray:
    """Keypoints (indices among the 137) that a stage looks at and at least one subject has."""
    confidence = np.max([subject.keypoints.stacked()[:, 2] for subject in subjects], axis=0)
    usable = (model.points_of_keypoints >= 0) & (confidence > 0)
    if not stage.hands_and_face:
        early = np.zeros_like(usable)
        early[landmarks.BODY_KEYPOINTS] = True
        early[_KNUCKLES] = stage.pose
        usable &= early
    return np.nonzero(usable)[0]


def _free_parameters(layout: ParameterLayout, stage: Stage, groups: JointGroups) -> FreeParameters:
    moving = np.zeros(layout.joint_count, dtype=bool)
    moving[groups.pelvis] = True
    moving[groups.body] = stage.pose
    if stage.hands_and_face:
        for part in (groups.jaw, groups.left_hand, groups.right_hand):
            if part is not None:
                moving[part] = True
    count = layout.beta_count + (layout.expression_count if stage.hands_and_face else 0)
    return FreeParameters(layout, moving, slice(0, count if stage.pose else 0))


def _observations(
    setup: FitSetup,
    subjects: Sequence[Subject],
    chosen: NumpyArray,
    stage: Stage,
    make: ArrayMaker,
    starts: int,
) -> Observations:
    keypoints = np.stack([subject.keypoints.stacked()[chosen] for subject in subjects])
    height = stature(setup.points.model)
    unit = np.array([subject.unit_px(height) for subject in subjects])
    deviation = np.full(landmarks.POINT_OF_KEYPOINT.shape, weights.BODY_DEVIATION)
    for name, trust in weights.KEYPOINT_TRUST.items():
        deviation[BODY_25.index(name)] /= trust
    deviation[landmarks.LEFT_HAND_KEYPOINTS] = weights.HAND_DEVIATION
    deviation[landmarks.RIGHT_HAND_KEYPOINTS] = weights.HAND_DEVIATION
    deviation[landmarks.FACE_KEYPOINTS] = weights.FACE_DEVIATION

    none = np.zeros(len(deviation), dtype=bool)
    pinned = np.stack([none if s.pinned is None else s.pinned for s in subjects])[:, chosen]
    strength = np.where(pinned, weights.PINNED_FACTOR, 1.0)

    def per_start(values: NumpyArray) -> Array:
        return make.floats(np.repeat(values, starts, axis=0))

    return Observations(
        targets=per_start(keypoints[:, :, :2]),
        weights=per_start(strength * keypoints[:, :, 2] / deviation[chosen]),
        unit_px=per_start(unit),
        focal_px=per_start(np.array([subject.focal_px for subject in subjects])),
        principal_point=per_start(np.array([subject.principal_point for subject in subjects])),
        robust_widths=per_start(np.where(pinned, weights.PINNED_WIDTH, stage.robust_width)),
    )


def _priors(
    setup: FitSetup, subjects: Sequence[Subject], stage: Stage, starts: int, make: ArrayMaker
) -> list[Prior]:
    if not stage.pose:
        return []
    layout = setup.layout
    body = setup.points.model.groups.body
    betas = layout.betas()
    priors: list[Prior] = [
        MaxMixturePrior(setup.pose_prior, layout.joints(body), stage.prior_weight, make),
        DiagonalPrior(np.zeros(len(betas)), np.full(len(betas), weights.BETA_DEVIATION), betas, make),
        *rest_priors(layout, body, subjects, starts, make),
    ]
    return [*priors, *_hand_and_face_priors(setup, make)] if stage.hands_and_face else priors


def _hand_and_face_priors(setup: FitSetup, make: ArrayMaker) -> list[Prior]:
    """The priors on what a kind of body has beyond its 22 joints."""
    layout, groups, hand = setup.layout, setup.points.model.groups, setup.hand_prior
    priors: list[Prior] = []
    expression = layout.expression()
    if len(expression):
        deviation = np.full(len(expression), weights.EXPRESSION_DEVIATION)
        priors.append(DiagonalPrior(np.zeros(len(expression)), deviation, expression, make))
    if groups.jaw is not None:
        jaw = layout.joints([groups.jaw])
        priors.append(DiagonalPrior(np.zeros(3), np.array(weights.JAW_DEVIATION), jaw, make))
    if groups.left_hand is not None and groups.right_hand is not None:
        left, right = layout.joints(groups.left_hand), layout.joints(groups.right_hand)
        priors += [
            GaussianPrior(hand.mean_left, hand.precision_left, left, make),
            GaussianPrior(hand.mean_right, hand.precision_right, right, make),
            LimitPrior(hand.limits, weights.HAND_LIMIT_SOFTNESS, np.concatenate([left, right]), make),
        ]
    return priors
