"""Fit a batch of people from many starts at once: stage by stage, losing starts dropped on the way. Free of bpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import array_api_compat.numpy as numpy_namespace
import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, to_numpy
from fitting_core.body_model import landmarks
from fitting_core.body_model.articulation import articulate, joint_tree
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.capsules.posed_capsules import BodyCapsules
from fitting_core.body_model.joints import JointGroups
from fitting_core.body_model.point_model import PointModel, reduced_body
from fitting_core.optimisers.levenberg_marquardt import Race, StoppingRule, minimise

from . import stages as weights
from .head_yaw import head_yaw
from .interpenetration import Interpenetration
from .latent_problem import LatentPoses
from .objective import FitProblem, Observations
from .parameters import FreeParameters, ParameterLayout, with_short_root
from .priors.distributions import HandPrior
from .priors.joined import joined
from .priors.measurements import MeasurementPrior, Measurements
from .priors.rest_pose import rest_priors
from .priors.vposer import VPoserDecoder
from .side_by_side import side_by_side
from .stage_terms import (
    PosePrior,
    Term,
    hand_and_face_terms,
    keypoint_deviations,
    pose_terms,
    shape_term,
    unit_px,
)
from .stages import DataTerm, Stage
from .starts.depth_flips import depth_flips
from .starts.initial_guess import lifted_points, pelvis_aligned_points, starting_points
from .starts.lifter import Lifter
from .starts.selection import best_rows, different_rows
from .starts.torso_start import TorsoStart
from .subject import Subject, stature

# Called once an iteration with the fraction done, the stage, the least loss and its parameters (N,).
Report = Callable[[float, str, float, NumpyArray], None]


@dataclass(frozen=True, eq=False)
class FitSetup:
    """What is the same for everyone: the body, the priors, the poses to start from (M, 63), a lifter, the stages.

    With `capsules`, the last stages keep the body from passing through itself; `measurements` are a known height or weight.
    """

    points: PointModel
    pose_prior: PosePrior
    hand_prior: HandPrior
    start_poses: NumpyArray
    lifter: Lifter | None = None
    stages: tuple[Stage, ...] = weights.STAGES
    warm_stages: tuple[Stage, ...] = weights.WARM_STAGES
    data: DataTerm = weights.SIZE_RELATIVE
    torso_start: TorsoStart | None = None  # the presets' starts, instead of the headings
    yaw_count: int = weights.YAW_COUNT
    capsules: BodyCapsules | None = None
    measurements: Measurements | None = None

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
    scores: dict[str, NumpyArray] = field(
        default_factory=dict[str, NumpyArray]
    )  # the loss's parts, (n, keep) each

    def part(self, subjects: slice) -> BatchFit:
        """The solutions of some of the subjects."""
        scores = {name: costs[subjects] for name, costs in self.scores.items()}
        return BatchFit(self.x[subjects], self.loss[subjects], self.iterations, scores)


def fit_batch(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit every subject; see `STAGES`. Deterministic for the same input, library, precision and number of cores.

    On NumPy larger batches are fitted in chunks, side by side on the cores of the machine.
    """
    if make.namespace is not numpy_namespace:
        return _fit_together(setup, subjects, make, report)
    fits = side_by_side(lambda chunk, tell: _fit_together(setup, chunk, make, tell), subjects, report)
    return BatchFit(
        np.concatenate([fit.x for fit in fits]),
        np.concatenate([fit.loss for fit in fits]),
        sum(fit.iterations for fit in fits),
        {name: np.concatenate([fit.scores[name] for fit in fits]) for name in fits[0].scores},
    )


def _fit_together(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None
) -> BatchFit:
    base = _base_poses(setup)
    if setup.torso_start is not None:
        x = setup.torso_start.starts(setup.points.model, setup.layout, subjects, base[0])
        return run_stages(setup, subjects, x, make, report)
    x = starting_points(setup.points, setup.layout, subjects, base, setup.yaw_count)
    if setup.lifter is not None:
        lifted = lifted_points(setup.points, setup.layout, subjects, base[0], setup.lifter)
        x = np.concatenate([lifted, x], axis=1)
    return run_stages(setup, subjects, x.reshape(-1, setup.layout.size), make, report)


def refit(
    setup: FitSetup, subject: Subject, start: NumpyArray, make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit one subject again from an earlier solution `start` (N,), after its keypoints were changed."""
    return run_stages(replace(setup, stages=setup.warm_stages), [subject], start[None], make, report)


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
    latent = _latent_poses(setup, make)
    for index, stage in enumerate(setup.stages):
        if index < first_stage:
            continue
        if stage.mirror_limbs:
            x = _with_mirrored_limbs(setup, x, len(subjects))
        if stage.turn_around and setup.torso_start is not None:
            x = setup.torso_start.with_turned(setup.layout, subjects, x)
        x = with_short_root(setup.layout, x)
        problem = _problem(setup, subjects, x, stage, make)
        progress = None if report is None else _stage_report(report, setup.stages, index)
        race = None if stage.race is None else Race(len(x) // len(subjects), *stage.race)
        rule = StoppingRule(stage.iterations, stage.tolerance, race=race)
        if latent is None or not stage.pose:
            solution = minimise(problem, make.floats(x), rule, progress)
        else:
            solution = latent.minimise(problem, x, stage.terms.pose, rule, progress)
        x, loss = _kept(
            setup, stage, to_numpy(solution.x), to_numpy(solution.cost).reshape(len(subjects), -1)
        )
        total += solution.iterations
    scores = _scores(setup, subjects, x, loss, make, latent)
    return BatchFit(x.reshape(len(subjects), -1, x.shape[1]), loss.reshape(len(subjects), -1), total, scores)


def _latent_poses(setup: FitSetup, make: ArrayMaker) -> LatentPoses | None:
    """The latent space that the body pose is fitted in, where the pose prior has one."""
    if not isinstance(setup.pose_prior, VPoserDecoder):
        return None
    columns = setup.layout.joints(setup.points.model.groups.body)
    return LatentPoses(setup.pose_prior, slice(int(columns[0]), int(columns[-1]) + 1), make)


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
    if setup.measurements is not None:
        base[:, layout.betas()] = setup.measurements.start()
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
    if setup.capsules is not None and stage.terms.interpenetration:
        contacts = Interpenetration(setup.capsules, free, stage.terms.interpenetration, make)
    points = model.points_of_keypoints[chosen]
    body = reduced_body(setup.points, points, rows, make, free.moving_joints, contacts is not None)
    seen = _observations(setup, subjects, chosen, stage, make, starts)
    priors = [term.prior for term in _priors(setup, subjects, stage, starts, make)]
    return FitProblem(body, free, seen, joined(priors, layout.size, len(x), make), contacts)


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
    unit = np.array([unit_px(setup.data, subject, height) for subject in subjects])
    width = stage.robust_width / (unit[:, None] if setup.data.widths_in_px else 1.0)
    deviation = keypoint_deviations(setup.data, stage)
    none = np.zeros(len(deviation), dtype=bool)
    pinned = np.stack([none if s.pinned is None else s.pinned for s in subjects])[:, chosen]
    # Whoever pins a point vouches for it: the detector's confidence and the trust in such points no longer count.
    vouched = pinned & (keypoints[:, :, 2] > 0)
    strength = np.where(
        vouched, weights.PINNED_FACTOR / setup.data.body_deviation, keypoints[:, :, 2] / deviation[chosen]
    )

    def per_start(values: NumpyArray) -> Array:
        return make.floats(np.repeat(values, starts, axis=0))

    return Observations(
        targets=per_start(keypoints[:, :, :2]),
        weights=per_start(strength),
        unit_px=per_start(unit),
        focal_px=per_start(np.array([subject.focal_px for subject in subjects])),
        principal_point=per_start(np.array([subject.principal_point for subject in subjects])),
        robust_widths=per_start(np.where(pinned, weights.PINNED_WIDTH, width)),
        per_coordinate=setup.data.per_coordinate,
    )


def _priors(
    setup: FitSetup, subjects: Sequence[Subject], stage: Stage, starts: int, make: ArrayMaker
) -> list[Term]:
    """Every prior of a stage, under the name that scores give it."""
    if not stage.pose:
        return []
    layout, groups, terms = setup.layout, setup.points.model.groups, stage.terms
    found = pose_terms(setup.pose_prior, layout, groups.body, terms, make)
    found.append(shape_term(layout, terms, make))
    if setup.measurements is not None:
        found.append(Term("shape", MeasurementPrior(setup.measurements, layout.betas(), make)))
    if terms.rest:
        found += [Term("rest", prior) for prior in rest_priors(layout, groups.body, subjects, starts, make)]
    if stage.hands_and_face:
        found += hand_and_face_terms(layout, groups, setup.hand_prior, terms, make)
    return found


def _scores(
    setup: FitSetup,
    subjects: Sequence[Subject],
    x: NumpyArray,
    loss: NumpyArray,
    make: ArrayMaker,
    latent: LatentPoses | None,
) -> dict[str, NumpyArray]:
    """What the losses of the last stage's solutions `x` are made of: "keypoints" and the priors, (subjects, starts) each."""
    starts, stage = len(x) // len(subjects), setup.stages[-1]
    values = make.floats(x)
    found: dict[str, NumpyArray] = {}
    for name, prior in _priors(setup, subjects, stage, starts, make):
        cost = to_numpy(prior.evaluate(values[:, prior.columns])[0])
        found[name] = found.get(name, 0.0) + cost
    if setup.capsules is not None and stage.terms.interpenetration:
        still = FreeParameters(setup.layout, np.zeros(setup.layout.joint_count, dtype=bool), slice(0))
        contacts = Interpenetration(setup.capsules, still, stage.terms.interpenetration, make)
        tree = joint_tree(setup.points.model, ~still.moving_joints, make)
        rotations, shape = setup.layout.rotations(values), setup.layout.shape(values)
        depths = contacts.residuals(articulate(tree, rotations, shape, slice(0)), shape)[0]
        found["penetration"] = 0.5 * np.square(to_numpy(depths)).sum(axis=1)
    if latent is not None:
        z = latent.latent(x[:, setup.layout.joints(setup.points.model.groups.body)])
        found["pose"] = 0.5 * stage.terms.pose * np.square(z).sum(axis=1)
    rest = loss - sum(found.values())
    return {name: cost.reshape(len(subjects), -1) for name, cost in ({"keypoints": rest} | found).items()}
