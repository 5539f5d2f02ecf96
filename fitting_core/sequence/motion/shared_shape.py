"""One shape for a person in many frames: poses free in each, shape coefficients shared, by Gauss–Newton."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import free_parameters
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.optimisers.common_steps import minimise_with_common

from .frame_costs import frame_costs

if TYPE_CHECKING:
    from jaxtyping import Float, Int

MOST_FRAMES = 48  # more tell nothing new of a shape
# Frames err alike, in depth above all: against the shape's prior they count as so many independent ones, however many they are.
_INDEPENDENT_FRAMES = 1.0
_ITERATIONS = 10


def frames_for_shape(confidence: Float[NumpyArray, " frames"]) -> Int[NumpyArray, " chosen"]:
    """Choose frames spread evenly over those that show most of the person."""
    seen = np.flatnonzero(confidence > 0)
    good = seen[confidence[seen] >= np.median(confidence[seen])] if len(seen) else seen
    places = np.unique(np.linspace(0, len(good) - 1, min(MOST_FRAMES, len(good))).round().astype(int))
    return good[places]


def shared_shape(
    setup: FitSetup, subjects: Sequence[Subject], stage: Stage, x: Float[NumpyArray, "frames columns"]
) -> Float[NumpyArray, " betas"]:
    """Return the shape coefficients that fit all frames best, started at the median of those that each frame had."""
    layout = setup.layout
    betas = layout.betas()
    x = x.copy()
    x[:, betas] = np.median(x[:, betas], axis=0)
    own = free_parameters(layout, stage, setup.points.model.groups)
    free = replace(own, shape=slice(0, layout.beta_count))
    terms = replace(stage.terms, shape=1.0 / _INDEPENDENT_FRAMES)
    problem = frame_costs(setup, subjects, replace(stage, terms=terms), x, numpy_double(), free)
    steps = len(free.columns)
    common = np.arange(steps) >= steps - free.shape_count
    x, _ = minimise_with_common(problem, x, common, _ITERATIONS)
    return x[0, betas]
