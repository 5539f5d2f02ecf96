"""Every frame's own cost, that of a photo, as one problem of many frames, and the parameters that move in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.parameters import FreeParameters
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.fitting.terms.all_terms import merged_terms

if TYPE_CHECKING:
    from jaxtyping import Float


def frame_costs(
    setup: FitSetup,
    subjects: Sequence[Subject],
    stage: Stage,
    x: Float[NumpyArray, "frames columns"],
    make: ArrayMaker,
    free: FreeParameters,
) -> FitProblem:
    """Build the problem of some frames, one subject a row of `x`, of which the columns of `free` move."""
    problem = stage_problem(setup, subjects, stage, x, make, free)
    return replace(problem, terms=merged_terms(problem.terms, free, len(x), make))


def body_parameters(setup: FitSetup) -> FreeParameters:
    """Return the place and the joints of the body, from the root to the wrists."""
    groups = setup.points.model.groups
    return _moving(setup, (groups.pelvis, groups.body), slice(0))


def fine_parameters(setup: FitSetup) -> FreeParameters:
    """Return the joints of jaw and hands and the expression of a body, as far as it has them."""
    layout, groups = setup.layout, setup.points.model.groups
    expression = slice(layout.beta_count, layout.beta_count + layout.expression_count)
    return _moving(setup, (groups.jaw, groups.left_hand, groups.right_hand), expression)


def no_joint(setup: FitSetup) -> FreeParameters:
    """Return the place alone."""
    return _moving(setup, (), slice(0))


def _moving(setup: FitSetup, parts: Sequence[int | slice | None], shape: slice) -> FreeParameters:
    moving = np.zeros(setup.layout.joint_count, dtype=bool)
    for part in parts:
        if part is not None:
            moving[part] = True
    return FreeParameters(setup.layout, moving, shape)
