"""Several photos of one person: one shape for all, a pose and a camera for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.fitting.parameters import FreeParameters
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import free_parameters
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.optimisers.common_steps import minimise_with_common

from ..motion.frame_costs import frame_costs

if TYPE_CHECKING:
    from jaxtyping import Float

_ITERATIONS, _TOLERANCE = 40, 1e-5


def with_one_shape(
    setup: FitSetup, subjects: Sequence[Subject], x: Float[NumpyArray, "photos columns"]
) -> Float[NumpyArray, "photos columns"]:
    """Return the solutions of several photos of one person, one a row of `x`, fitted again under one shape.

    The photos are independent of each other, so that the shape's prior counts once for all of them.
    """
    betas = setup.layout.betas()
    x = x.copy()
    x[:, betas] = np.median(x[:, betas], axis=0)
    last = setup.stages[-1]
    stage = replace(last, terms=replace(last.terms, shape=last.terms.shape / len(subjects)))
    free = whole_parameters(setup, stage)
    problem = frame_costs(setup, subjects, stage, x, numpy_double(), free)
    common = np.isin(free.columns, betas)
    return minimise_with_common(problem, x, common, _ITERATIONS, _TOLERANCE)[0]


def whole_parameters(setup: FitSetup, stage: Stage) -> FreeParameters:
    """Return the parameters that a stage moves, the shape's among them."""
    return free_parameters(setup.layout, stage, setup.points.model.groups)
