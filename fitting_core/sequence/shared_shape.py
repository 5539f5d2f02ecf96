"""One shape for a person in many frames: poses free in each, shape coefficients shared, by Gauss–Newton.

The Hessian is that of the frames, bordered by the shape: per frame the pose is eliminated, S = Σ (H_ss − H_sp H_pp⁻¹ H_ps), which
leaves a system of the shape alone. Source: the reduced camera system of bundle adjustment (Triggs et al. 2000, section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.fitting.parameters import FreeParameters
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import free_parameters
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject

from .frame_costs import frame_costs

MOST_FRAMES = 48  # more tell nothing new of a shape
# Frames err alike, in depth above all: against the shape's prior they count as so many independent ones, however many they are.
_INDEPENDENT_FRAMES = 1.0
_ITERATIONS = 10
_DAMPING = 1e-2


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
    make = numpy_double()
    problem = frame_costs(setup, subjects, replace(stage, terms=terms), x, make, free)
    damping = _DAMPING
    here = problem.quadratic(x)
    for _ in range(_ITERATIONS):
        cost = float(here.cost.sum())
        trial = problem.retract(x, _step(here.gradient, here.hessian, free, damping))
        there = problem.quadratic(trial)
        if float(there.cost.sum()) < cost:
            small = cost - float(there.cost.sum()) < 1e-4 * cost
            x, here, damping = trial, there, damping / 5.0
            if small:
                break
        else:
            damping *= 10.0
    return x[0, betas]


def _step(gradient: NumpyArray, hessian: NumpyArray, free: FreeParameters, damping: float) -> NumpyArray:
    """Return the step of every frame, (frames, D), whose last values, the shape's, are the same in all."""
    count = free.shape_count
    size = gradient.shape[1] - count
    damped = hessian.copy()
    index = np.arange(gradient.shape[1])
    damped[:, index, index] += damping * damped[:, index, index] + 1e-6
    poses, crossed = damped[:, :size, :size], damped[:, :size, size:]
    right = np.concatenate([crossed, gradient[:, :size, None]], axis=2)
    solved: NumpyArray = np.linalg.solve(poses, right)  # H_pp⁻¹ [H_ps | g_p]
    transposed = crossed.transpose(0, 2, 1)
    reduced = (damped[:, size:, size:] - transposed @ solved[:, :, :-1]).sum(axis=0)
    side = (gradient[:, size:] - (transposed @ solved[:, :, -1:])[:, :, 0]).sum(axis=0)
    shape: NumpyArray = np.linalg.solve(reduced, -side)
    pose: NumpyArray = np.negative(solved[:, :, -1] + np.matmul(solved[:, :, :-1], shape))
    return np.concatenate([pose, np.broadcast_to(shape, (len(pose), count))], axis=1)
