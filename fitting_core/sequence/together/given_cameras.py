"""One moment before cameras whose places are known: one pose, one shape and one place of the body in the world.

With T the rigid transform from the first camera's frame to another one's, of turn Q and shift c, the body stands before that
camera at R' = Q R and p + t' = Q (p + t) + c, where p is the pelvis at rest, which moves with the shape. So all unknowns are
common, and a step of the first photo's row is one of every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.body_model import rest_joints
from fitting_core.body_model.joints import PELVIS
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector, right_jacobian, vector_from_matrix
from fitting_core.optimisers.common_steps import minimise_with_common
from fitting_core.optimisers.levenberg_marquardt import Quadratic

from ..motion.frame_costs import frame_costs
from .same_moment import (
    ITERATIONS,
    PLACING_ITERATIONS,
    TOLERANCE,
    TRIED,
    SameMoment,
    counted_once,
    last_stages,
)
from .same_person import whole_parameters

if TYPE_CHECKING:
    from jaxtyping import Float

_TRANSLATION = slice(0, 3)  # the columns and the steps of the body's place, which always moves


def with_given_cameras(
    setup: FitSetup,
    subjects: Sequence[Subject],
    found: Float[NumpyArray, "photos kept columns"],
    world_from_cameras: Float[NumpyArray, "photos 4 4"],
) -> SameMoment:
    """Return the likeliest pose before cameras that stay where they are; `found` are the solutions of every photo by itself.

    Each of these is tried as the body in the world, moved and turned there; the best few are fitted to the end.
    """
    cameras = _Cameras(setup, np.linalg.inv(world_from_cameras) @ world_from_cameras[0])
    place = next(stage for stage in setup.stages if not stage.pose)
    starts = [
        cameras.rows(cameras.before_first(row, number)) for number, rows in enumerate(found) for row in rows
    ]
    placed = [_minimised(setup, subjects, cameras, place, start, PLACING_ITERATIONS) for start in starts]
    tried = sorted(placed, key=lambda one: one.cost)[:TRIED]
    return min((_solved(setup, subjects, cameras, one.x) for one in tried), key=lambda one: one.cost)


def _solved(
    setup: FitSetup, subjects: Sequence[Subject], cameras: _Cameras, x: Float[NumpyArray, "photos columns"]
) -> SameMoment:
    """Fit the body, then hands and face as well."""
    found = SameMoment(x, np.inf)
    for stage in last_stages(setup):
        found = _minimised(setup, subjects, cameras, stage, found.x, ITERATIONS)
    return found


def _minimised(
    setup: FitSetup,
    subjects: Sequence[Subject],
    cameras: _Cameras,
    stage: Stage,
    x: Float[NumpyArray, "photos columns"],
    iterations: int,
) -> SameMoment:
    once = counted_once(stage, len(subjects))
    problem = frame_costs(setup, subjects, once, x, numpy_double(), whole_parameters(setup, once))
    common = np.ones(len(problem.free.columns), dtype=bool)
    return SameMoment(*minimise_with_common(_InTheWorld(problem, cameras), x, common, iterations, TOLERANCE))


@dataclass(frozen=True, eq=False)
class _Cameras:
    """The transforms (N, 4, 4) from the first camera's frame to each camera's."""

    setup: FitSetup
    from_first: Float[NumpyArray, "photos 4 4"]

    def rows(self, first: Float[NumpyArray, " columns"]) -> Float[NumpyArray, "photos columns"]:
        """Return the first photo's row as it is before every camera."""
        return np.stack([self._moved(first, transform) for transform in self.from_first])

    def before_first(self, row: Float[NumpyArray, " columns"], photo: int) -> Float[NumpyArray, " columns"]:
        """Return a row of another photo as it is before the first camera."""
        transform: NumpyArray = self.from_first[photo]
        return self._moved(row, np.linalg.inv(transform))

    def pelvis(self, row: Float[NumpyArray, " columns"]) -> Float[NumpyArray, "3"]:
        """Return the pelvis at rest."""
        shape = self.setup.layout.shape_coefficients(row[None])[0]
        return rest_joints(self.setup.points.model, shape)[PELVIS]

    def _moved(
        self, row: Float[NumpyArray, " columns"], transform: Float[NumpyArray, "4 4"]
    ) -> Float[NumpyArray, " columns"]:
        layout, turn = self.setup.layout, transform[:3, :3]
        moved, pelvis = row.copy(), self.pelvis(row)
        moved[layout.root] = vector_from_matrix(turn @ matrix_from_vector(row[layout.root]))
        moved[_TRANSLATION] = turn @ (pelvis + row[_TRANSLATION]) + transform[:3, 3] - pelvis
        return moved


@dataclass(frozen=True, eq=False)
class _InTheWorld:
    """The photos' problem over the steps of the first one's row."""

    photos: FitProblem
    cameras: _Cameras

    def quadratic(self, x: NumpyArray) -> Quadratic:
        """Evaluate every photo's cost over the common steps."""
        own, maps = self.photos.quadratic(x), self._maps(x)
        turned = maps.transpose(0, 2, 1)
        gradient = (turned @ own.gradient[:, :, None])[:, :, 0]
        return Quadratic(own.cost, gradient, turned @ own.hessian @ maps)

    def retract(self, x: NumpyArray, step: NumpyArray) -> NumpyArray:
        """Move the body by a step of the first row."""
        return self.cameras.rows(self.photos.retract(x, step)[0])

    def _maps(self, x: NumpyArray) -> Float[NumpyArray, "photos steps steps"]:
        """Return what a step of the first row is in every row, to first order."""
        free, layout = self.photos.free, self.cameras.setup.layout
        maps = np.tile(np.eye(len(free.columns)), (len(x), 1, 1))
        root = free.step_index(np.arange(layout.size)[layout.root])
        turns = right_jacobian(x[:, layout.root])
        betas = layout.betas()
        shape = free.step_index(betas)
        moves = self.cameras.setup.points.model.joint_directions[PELVIS][:, : len(betas)]
        for number, transform in enumerate(self.cameras.from_first):
            turn = transform[:3, :3]
            maps[number, _TRANSLATION, _TRANSLATION] = turn
            maps[number, root[:, None], root] = np.linalg.solve(turns[number], turns[0])
            if (shape >= 0).all():
                maps[number, _TRANSLATION, shape] = ((turn - np.eye(3)) @ moves).T
        return maps
