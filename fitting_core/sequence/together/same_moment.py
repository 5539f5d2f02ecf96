"""One moment seen by several cameras: one pose and one shape, and where each camera stands, told by the figure itself.

Depth, which one camera tells badly, another sees from its side. Before every camera the body has a place and a turn of its own,
six numbers; all else is common. Each photo's own solutions are tried as the pose of all: the body is turned about the upright
axis of every camera, and the best few are fitted to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.body_model import rest_joints
from fitting_core.body_model.joints import PELVIS
from fitting_core.fitting.fit_batch import run_stages
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.starts.initial_guess import placed_rows
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import compose_vectors, matrix_from_vector
from fitting_core.optimisers.common_steps import minimise_with_common

from ..motion.frame_costs import frame_costs
from .same_person import whole_parameters

if TYPE_CHECKING:
    from jaxtyping import Float

_HEADINGS = 12  # of the body before each camera
PLACING_ITERATIONS = 8
TRIED = 3  # poses that are fitted to the end
_OWN_STEPS = 6  # of a camera: the body's place and turn
ITERATIONS, TOLERANCE = 40, 1e-5


@dataclass(frozen=True, eq=False)
class SameMoment:
    """The solution of every photo, rows of one pose and one shape, and the cost of all."""

    x: Float[NumpyArray, "photos columns"]
    cost: float


def with_one_pose(
    setup: FitSetup, subjects: Sequence[Subject], found: Float[NumpyArray, "photos kept columns"]
) -> SameMoment:
    """Return the likeliest common pose; `found` are the solutions that every photo has by itself, the best first."""
    poses = found.reshape(-1, found.shape[2])
    placed, costs = _before_every_camera(setup, subjects, poses)
    best = np.argsort(costs)[:TRIED]
    solved = [_solved(setup, subjects, placed[int(number)]) for number in best]
    return min(solved, key=lambda one: one.cost)


def first_from_cameras(
    setup: FitSetup, x: Float[NumpyArray, "photos columns"]
) -> Float[NumpyArray, "photos 4 4"]:
    """Return where every camera stands before the first: the transforms from its frame to the first one's, metres."""
    layout, model = setup.layout, setup.points.model
    turns = matrix_from_vector(x[:, layout.root])
    pelvis = rest_joints(model, layout.shape_coefficients(x)[0])[PELVIS] + layout.translation(x)
    transforms = np.tile(np.eye(4), (len(x), 1, 1))
    for number in range(1, len(x)):
        turn = turns[0] @ turns[number].T
        transforms[number, :3, :3] = turn
        transforms[number, :3, 3] = pelvis[0] - turn @ pelvis[number]
    return transforms


def _before_every_camera(
    setup: FitSetup, subjects: Sequence[Subject], poses: Float[NumpyArray, "poses columns"]
) -> tuple[Float[NumpyArray, "poses photos columns"], Float[NumpyArray, " poses"]]:
    """Return every pose as it stands best before every camera, and what it costs there in all."""
    place = next(stage for stage in setup.stages if not stage.pose)
    stage = replace(place, iterations=PLACING_ITERATIONS, keep=1)
    turns = np.zeros((_HEADINGS, 3))
    turns[:, 1] = 2.0 * np.pi * np.arange(_HEADINGS) / _HEADINGS
    starts: list[NumpyArray] = []
    for pose in poses:
        rows = np.repeat(pose[None], _HEADINGS, axis=0)
        rows[:, setup.layout.root] = compose_vectors(turns, rows[:, setup.layout.root])
        starts += [placed_rows(setup.points, setup.layout, subject, rows) for subject in subjects]
    everybody = [subject for _ in poses for subject in subjects]
    fit = run_stages(replace(setup, stages=(stage,)), everybody, np.concatenate(starts), numpy_double())
    shape = (len(poses), len(subjects))
    return fit.x[:, 0].reshape(*shape, -1), fit.loss[:, 0].reshape(shape).sum(axis=1)


def _solved(
    setup: FitSetup, subjects: Sequence[Subject], x: Float[NumpyArray, "photos columns"]
) -> SameMoment:
    """Fit the body, then hands and face as well, from one pose before every camera."""
    cost = np.inf
    for last in last_stages(setup):
        stage = counted_once(last, len(subjects))
        free = whole_parameters(setup, stage)
        problem = frame_costs(setup, subjects, stage, x, numpy_double(), free)
        common = np.arange(len(free.columns)) >= _OWN_STEPS
        x, cost = minimise_with_common(problem, x, common, ITERATIONS, TOLERANCE)
    return SameMoment(x, cost)


def last_stages(setup: FitSetup) -> list[Stage]:
    """Return the last stage of the body alone, and that with hands and face."""
    stages = list(reversed(setup.stages))
    return [next(one for one in stages if one.hands_and_face is also) for also in (False, True)]


def counted_once(stage: Stage, photos: int) -> Stage:
    """Return a stage whose priors, which every photo's cost has, count once for all photos."""
    own = stage.terms
    terms = replace(
        own,
        pose=own.pose / photos,
        shape=own.shape / photos,
        rest=own.rest / photos,
        bend=own.bend / photos,
        straight_knees=own.straight_knees / photos,
        interpenetration=own.interpenetration / photos,
        hands=own.hands / photos,
        hand_limits=own.hand_limits / photos,
        expression=own.expression / photos,
        jaw_deviation=(
            own.jaw_deviation[0] * photos**0.5,
            own.jaw_deviation[1] * photos**0.5,
            own.jaw_deviation[2] * photos**0.5,
        ),
    )
    return replace(stage, terms=terms)
