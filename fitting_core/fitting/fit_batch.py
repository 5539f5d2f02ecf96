"""Fit a batch of people from many starts at once: stage by stage, losing starts dropped on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import array_api_compat.numpy as numpy_namespace
import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, to_numpy
from fitting_core.optimisers.levenberg_marquardt import GiveUp, Solution, StoppingRule, minimise

from .latent_problem import LatentPoses
from .objective import FitProblem
from .parameters import ready_to_start
from .priors.vposer import VPoserDecoder
from .setup import FitSetup
from .side_by_side import side_by_side
from .stage_problem import stage_problem
from .stages import Stage
from .starts.depth_flips import depth_flips
from .starts.initial_guess import lifted_points, pelvis_aligned_points, starting_points
from .starts.scene_start import brought_to_contact
from .starts.selection import best_rows, different_rows
from .starts.straight_knees import with_straight_knees
from .subject import Subject
from .terms.all_terms import merged_terms

if TYPE_CHECKING:
    from jaxtyping import Float

# Called with the solutions of the search for the best one, before that for other takes.
WhenFirst = Callable[["BatchFit"], None]
# Called once an iteration with the fraction done, the stage, the least loss and its parameters (N,).
Report = Callable[[float, str, float, NumpyArray], None]


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Per subject the kept solutions, best first: `x` (n, keep, N) float64 and `loss` (n, keep).

    With `wider` solutions of a search for takes at the end, best first too, those before them are what a fit without takes keeps.
    """

    x: NumpyArray
    loss: NumpyArray
    iterations: int
    scores: dict[str, NumpyArray] = field(
        default_factory=dict[str, NumpyArray]
    )  # the loss's parts, (n, keep) each
    wider: int = 0

    def part(self, subjects: slice) -> BatchFit:
        """Return the solutions of some of the subjects."""
        scores = {name: costs[subjects] for name, costs in self.scores.items()}
        return replace(self, x=self.x[subjects], loss=self.loss[subjects], scores=scores)

    def in_order(self, order: NumpyArray) -> BatchFit:
        """Return the fit with its subjects in another order."""
        scores = {name: costs[order] for name, costs in self.scores.items()}
        return replace(self, x=self.x[order], loss=self.loss[order], scores=scores)

    def followed_by(self, wider: BatchFit) -> BatchFit:
        """Return these solutions and after them those of a wider search."""
        return BatchFit(
            np.concatenate([self.x, wider.x], axis=1),
            np.concatenate([self.loss, wider.loss], axis=1),
            self.iterations + wider.iterations,
            {name: np.concatenate([self.scores[name], wider.scores[name]], axis=1) for name in self.scores},
            wider.loss.shape[1],
        )


def joined_fits(fits: Sequence[BatchFit]) -> BatchFit:
    """Return the fits of different subjects as one, with as many solutions of a wider search as each has.

    A term that none of a fit's subjects has costs them nothing.
    """
    names = dict.fromkeys(name for fit in fits for name in fit.scores)
    return BatchFit(
        np.concatenate([fit.x for fit in fits]),
        np.concatenate([fit.loss for fit in fits]),
        sum(fit.iterations for fit in fits),
        {
            name: np.concatenate([fit.scores.get(name, np.zeros_like(fit.loss)) for fit in fits])
            for name in names
        },
        fits[0].wider,
    )


def fit_batch(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit every subject; see `STAGES`. Deterministic for the same input, library, precision and number of cores.

    On NumPy larger batches are fitted in chunks, side by side on the cores of the machine. A wider search for takes comes after
    the one that is made without them, so that it adds solutions and changes none.
    """
    if len(rows_by_detector(subjects)) > 1:
        return _fit_by_detector(setup, subjects, make, report)
    if make.namespace is not numpy_namespace:
        return _fit_together(setup, subjects, make, report)
    fits = side_by_side(
        lambda chunk, chunk_report: _fit_together(setup, chunk, make, chunk_report), subjects, report
    )
    return joined_fits(fits)


def fit_batch_in_turn(
    setup: FitSetup,
    subjects: Sequence[Subject],
    make: ArrayMaker,
    when_first: WhenFirst,
    report: Report | None,
) -> BatchFit:
    """Return what `fit_batch` does, and call `when_first` with everybody's solutions before anybody's other takes are looked for.

    Each of the two searches reports its fraction from 0 to 1.
    """

    def searched(chunk: Sequence[Subject], chunk_report: Report | None) -> _Search:
        return _search(setup, chunk, make, chunk_report)

    def widened(chunk: Sequence[_Search], chunk_report: Report | None) -> list[BatchFit]:
        return [search.widened(chunk_report) for search in chunk]

    parts = rows_by_detector(subjects)
    order = np.argsort(np.concatenate(parts))
    on_cores = make.namespace is numpy_namespace
    searches: list[_Search] = []
    for part in parts:
        chosen = [subjects[index] for index in part]
        searches += side_by_side(searched, chosen, report) if on_cores else [searched(chosen, report)]
    when_first(joined_fits([search.found for search in searches]).in_order(order))
    fits = side_by_side(widened, searches, report) if on_cores else [widened(searches, report)]
    return joined_fits([fit for some in fits for fit in some]).in_order(order)


def wider_setup(setup: FitSetup) -> FitSetup:
    """Return the setup whose stages are those of the search for takes."""
    return replace(setup, stages=setup.take_stages, take_stages=())


def _part_of(report: Report | None, before: float) -> Report | None:
    """Return a report of one of two searches, of which `before` (0 or 0.5) is done."""
    if report is None:
        return None

    def half(fraction: float, stage: str, loss: float, row: NumpyArray) -> None:
        report(before + 0.5 * fraction, stage, loss, row)

    return half


def rows_by_detector(subjects: Sequence[Subject]) -> list[list[int]]:
    """Return the rows of the people whom each detector has seen."""
    seen_by = [subject.keypoints.detector for subject in subjects]
    return [
        [index for index, by in enumerate(seen_by) if by == detector] for detector in sorted(set(seen_by))
    ]


def _fit_by_detector(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None
) -> BatchFit:
    """Fit the people whom different detectors have seen one detector after another; in the order of `subjects`."""
    parts = rows_by_detector(subjects)
    fits = [fit_batch(setup, [subjects[index] for index in part], make, report) for part in parts]
    order = np.argsort(np.concatenate(parts))
    return joined_fits(fits).in_order(order)


def _fit_together(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None
) -> BatchFit:
    """Fit people whom one detector has seen in one batch; what both searches have in common is done once."""
    if not setup.take_stages:
        x, latent = _starts(setup, subjects, make), _latent_poses(setup, make)
        return _Run(setup, subjects, make, report, latent).through(x)
    return _search(setup, subjects, make, _part_of(report, 0.0)).widened(_part_of(report, 0.5))


def _starts(
    setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker
) -> Float[NumpyArray, "rows columns"]:
    base = _base_poses(setup)
    if setup.torso_start is not None:
        return setup.torso_start.starts(setup.points.model, setup.layout, subjects, base[0])
    x = starting_points(setup.points, setup.layout, subjects, base, setup.yaw_count)
    if setup.lifter is not None:
        lifted = lifted_points(setup.points, subjects, base[0], setup.lifter, make)
        x = np.concatenate([lifted, x], axis=1)
    return x.reshape(-1, setup.layout.size)


def refit(
    setup: FitSetup, subject: Subject, start: NumpyArray, make: ArrayMaker, report: Report | None = None
) -> BatchFit:
    """Fit one subject again from an earlier solution `start` (N,), or from several (starts, N), of which the best goes on."""
    rows = start if start.ndim > 1 else start[None]
    return run_stages(replace(setup, stages=setup.warm_stages), [subject], rows, make, report)


def run_stages(
    setup: FitSetup,
    subjects: Sequence[Subject],
    x: Float[NumpyArray, "rows columns"],
    make: ArrayMaker,
    report: Report | None = None,
    first_stage: int = 0,
) -> BatchFit:
    """Run the stages from `first_stage` on, from starts `x` (subjects × starts, N), subject slowest.

    Each stage is a race of its starts: all of a subject's take their steps side by side in one batch, after `give_up` those
    that cost more than the best by a margin leave it, and the `keep` best go on to the next stage.
    """
    return _Run(setup, subjects, make, report, _latent_poses(setup, make)).through(x, first_stage)


@dataclass(frozen=True, eq=False)
class _Kept:
    """The solutions that a stage has kept: `x` (subjects × kept, N), their costs (subjects, kept) and what these consist of."""

    x: NumpyArray
    costs: NumpyArray
    scores: dict[str, NumpyArray]
    iterations: int  # of all stages so far


@dataclass(frozen=True, eq=False)
class _Ended:
    """All starts of a stage where they have ended: `x` (subjects × starts, N), costs (subjects, starts)."""

    stage: Stage
    before: NumpyArray  # the solutions that it began with
    x: NumpyArray
    costs: NumpyArray
    iterations: int

    def is_of(self, stage: Stage, before: NumpyArray) -> bool:
        """Return True if a stage, whatever it keeps, does the same from the same solutions."""
        same = replace(stage, keep=self.stage.keep, keep_different=self.stage.keep_different) == self.stage
        return same and np.array_equal(before, self.before)


@dataclass(frozen=True, eq=False)
class _Run:
    """The stages of one batch of fits; where `ended` is a list, it is that of the stages that are done already."""

    setup: FitSetup
    subjects: Sequence[Subject]
    make: ArrayMaker
    report: Report | None
    latent: LatentPoses | None
    ended: list[_Ended] | None = None

    def through(self, x: Float[NumpyArray, "rows columns"], first_stage: int = 0) -> BatchFit:
        """Run all stages from `first_stage` on; see `run_stages`."""
        count = len(self.subjects)
        kept = _Kept(x, np.zeros((count, len(x) // count)), {}, 0)
        last = len(self.setup.stages) - 1
        for index in range(first_stage, last):
            kept = self.stage(index, kept)
        kept = self.last_stage(last, kept)
        return BatchFit(kept.x.reshape(count, -1, x.shape[1]), kept.costs, kept.iterations, kept.scores)

    def stage(self, index: int, before: _Kept) -> _Kept:
        """Run a stage from the solutions of the one before, unless it was run from them already."""
        stage = self.setup.stages[index]
        ended = next((one for one in self.ended or () if one.is_of(stage, before.x)), None)
        if ended is None:
            x = self._starts(stage, before.x)
            ended = self._run(
                index, before.x, stage_problem(self.setup, self.subjects, stage, x, self.make), x
            )
            if self.ended is not None:
                self.ended.append(ended)
        return self._kept(ended, _chosen_rows(self.setup, stage, (ended.x, ended.costs), self.make), before)

    def last_stage(self, index: int, before: _Kept) -> _Kept:
        """Run the last stage; its costs are also given term by term."""
        stage = self.setup.stages[index]
        x = self._starts(stage, before.x)
        problem = stage_problem(self.setup, self.subjects, stage, x, self.make)
        ended = self._run(index, before.x, problem, x)
        rows = _chosen_rows(self.setup, stage, (ended.x, ended.costs), self.make)
        return replace(self._kept(ended, rows, before), scores=self._scores(problem, stage, ended.x, rows))

    def _run(self, index: int, before: NumpyArray, problem: FitProblem, x: NumpyArray) -> _Ended:
        terms = merged_terms(problem.terms, problem.free, len(x), self.make)
        solution = self._minimised(replace(problem, terms=terms), x, index)
        costs = to_numpy(solution.cost).reshape(len(self.subjects), -1)
        return _Ended(self.setup.stages[index], before, to_numpy(solution.x), costs, solution.iterations)

    def _kept(self, ended: _Ended, rows: NumpyArray, before: _Kept) -> _Kept:
        costs = ended.costs.reshape(-1)[rows].reshape(len(self.subjects), -1)
        return _Kept(ended.x[rows], costs, {}, before.iterations + ended.iterations)

    def _starts(self, stage: Stage, x: NumpyArray) -> NumpyArray:
        if stage.straighten_knees:
            x = with_straight_knees(self.setup.layout, x, len(self.subjects))
        if stage.mirror_limbs:
            x = _with_mirrored_limbs(self.setup, x, self.make)
        if stage.turn_around and self.setup.torso_start is not None:
            x = self.setup.torso_start.with_turned(self.setup.layout, self.subjects, x)
        if stage.meet_scene:
            x = brought_to_contact(self.setup, x)
        return ready_to_start(self.setup.layout, x)

    def _minimised(self, problem: FitProblem, x: NumpyArray, index: int) -> Solution:
        stages, stage = self.setup.stages, self.setup.stages[index]
        progress = None if self.report is None else _stage_report(self.report, stages, index)
        give_up = None
        if stage.give_up is not None:
            rivals = len(x) // len(self.subjects)
            give_up = GiveUp(rivals, stage.give_up.after_iterations, stage.give_up.margin_nats)
        rule = StoppingRule(stage.iterations, stage.tolerance, give_up=give_up)
        if self.latent is None or not stage.pose:
            return minimise(problem, self.make.floats(x), rule, progress)
        return self.latent.minimise(problem, x, stage.terms.pose, rule, progress)

    def _scores(
        self, problem: FitProblem, stage: Stage, x: NumpyArray, rows: NumpyArray
    ) -> dict[str, NumpyArray]:
        """Return the costs of the terms at some rows of solutions `x`, by name: (subjects, kept) each."""
        kept = problem.subset(self.make.indices(rows))
        if self.latent is None or not stage.pose:
            costs = kept.costs(self.make.floats(x[rows]))
        else:
            costs = self.latent.costs(kept, x[rows], stage.terms.pose)
        return {name: to_numpy(cost).reshape(len(self.subjects), -1) for name, cost in costs.items()}


@dataclass(frozen=True, eq=False)
class _Search:
    """What the search for the best solutions of one batch has found, and what that for other takes has in common with it."""

    run: _Run
    starts: NumpyArray
    found: BatchFit

    def widened(self, report: Report | None) -> BatchFit:
        """Return the solutions, followed by those of the search for other takes."""
        wider = replace(self.run, setup=wider_setup(self.run.setup), report=report)
        return self.found.followed_by(wider.through(self.starts))


def _search(setup: FitSetup, subjects: Sequence[Subject], make: ArrayMaker, report: Report | None) -> _Search:
    """Look for the best solutions of people whom one detector has seen."""
    x = _starts(setup, subjects, make)
    run = _Run(setup, subjects, make, report, _latent_poses(setup, make), [])
    return _Search(run, x, run.through(x))


def _latent_poses(setup: FitSetup, make: ArrayMaker) -> LatentPoses | None:
    """Return the latent space that the body pose is fitted in, where the pose prior has one."""
    if not isinstance(setup.pose_prior, VPoserDecoder):
        return None
    columns = setup.layout.joints(setup.points.model.groups.body)
    return LatentPoses(setup.pose_prior, slice(int(columns[0]), int(columns[-1]) + 1), make)


def _with_mirrored_limbs(setup: FitSetup, x: NumpyArray, make: ArrayMaker) -> NumpyArray:
    """Follow every start by its mirrored ones: (starts × more, N) from (starts, N)."""
    on_card = None if make.namespace is numpy_namespace else make
    flipped = depth_flips(setup.points.model, setup.layout, x, on_card)
    return np.concatenate([x[:, None], flipped], axis=1).reshape(-1, x.shape[1])


def _stage_report(report: Report, stages: Sequence[Stage], index: int) -> Callable[[int, Array, Array], None]:
    whole = sum(stage.iterations for stage in stages)
    before = sum(stage.iterations for stage in stages[:index])

    def report_best(iteration: int, costs: Array, x: Array) -> None:
        best = int(costs.argmin())
        row = to_numpy(x[best])
        report((before + iteration) / whole, stages[index].name, float(costs[best]), row)

    return report_best


def _chosen_rows(
    setup: FitSetup, stage: Stage, ended: tuple[NumpyArray, NumpyArray], make: ArrayMaker
) -> NumpyArray:
    """Rows that go on, subject by subject, best first; `ended` holds x (subjects × starts, N) and costs (subjects, starts)."""
    x, costs = ended
    if stage.keep_different and stage.keep > 1:
        points = pelvis_aligned_points(setup.points, setup.layout, x, make)
        order = different_rows(costs, points.reshape((*costs.shape, -1, 3)), stage.keep)
    else:
        order = best_rows(costs, stage.keep)
    first = costs.shape[1] * np.arange(len(costs))[:, None]
    return (first + order).reshape(-1)


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
