"""The focal length that explains the fitted people best, with its uncertainty: a profile likelihood.

At every focal length of a grid all people are fitted again from where they are (their depth scaled with the focal length, so
that they keep their size in the picture). The cost is the sum of their losses, since they share the camera, and
½ (log f/f₀ / σ)² for the guess f₀. A parabola through the least costs, over log f, gives the estimate and, by its curvature,
the deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray

from .fit_batch import BatchFit, run_stages, wider_setup
from .setup import FitSetup
from .subject import Subject

# Deviation of the logarithm of the focal length. Without any word of the photo the guess is a 35-mm lens, and photos of people
# are taken with 24 mm (phones) to 85 mm (portraits): −0.38 … +0.89. With EXIF or a given value: whole millimetres are ±2 %,
# digital zoom and cropping explain the rest.
ASSUMED_DEVIATION = 0.5
KNOWN_DEVIATION = 0.1
# Grid in deviations of the guess.
GRID = (-2.5, -1.6, -0.8, 0.0, 0.8, 1.6, 2.5)
# Around the least of the grid, in the deviations that its parabola has: for the curvature itself.
FINE_GRID = (-1.5, -0.75, 0.0, 0.75, 1.5)
# Where the deviation of the guess hardly shrinks, the picture said nothing: what is left is the guess itself.
LEAST_GAIN = 0.8


@dataclass(frozen=True, eq=False)
class FocalEstimate:
    """The focal length that fits best, px, and the deviations of its logarithm before (`prior`) and after.

    `tells` is False where the perspective is too weak to tell; the guess is then the better answer.
    """

    guess_px: float
    px: float
    deviation: float
    prior_deviation: float
    grid_px: NumpyArray
    costs: NumpyArray  # of the grid, less the least

    @property
    def tells(self) -> bool:
        """True if the people say more of the focal length than the guess did."""
        return self.deviation < LEAST_GAIN * self.prior_deviation


def estimate_focal(
    setup: FitSetup, subjects: Sequence[Subject], fit: BatchFit, prior_deviation: float, make: ArrayMaker
) -> FocalEstimate:
    """Return the focal length of a photo whose people have been fitted at a guess of it, which all `subjects` carry."""
    guess = subjects[0].focal_px

    def profile(logs: NumpyArray, start: NumpyArray, from_px: float) -> tuple[NumpyArray, NumpyArray]:
        focals = guess * np.exp(logs)
        solved = _fitted_at(setup, subjects, start, from_px, focals, make)
        data = solved.loss.reshape(len(subjects), len(logs)).sum(axis=0)
        return data + 0.5 * (logs / prior_deviation) ** 2, solved.x.reshape(len(subjects), len(logs), -1)

    coarse = prior_deviation * np.array(GRID)
    costs, x = profile(coarse, fit.x[:, 0], guess)
    best = int(costs.argmin())
    middle, deviation = _parabola(coarse, costs, prior_deviation)
    fine = middle + deviation * np.array(FINE_GRID)
    fine_costs, _ = profile(fine, x[:, best], guess * float(np.exp(coarse[best])))
    found, deviation = _parabola(fine, fine_costs, prior_deviation)
    return FocalEstimate(
        guess,
        guess * float(np.exp(found)),
        deviation,
        prior_deviation,
        guess * np.exp(coarse),
        costs - costs.min(),
    )


def at_focal(subjects: Sequence[Subject], focal_px: float) -> list[Subject]:
    """Return the same people seen by a camera of another focal length."""
    return [replace(subject, focal_px=focal_px) for subject in subjects]


def refit_at(
    setup: FitSetup, subjects: Sequence[Subject], fit: BatchFit, focal_px: float, make: ArrayMaker
) -> BatchFit:
    """Fit every solution again at another focal length: the last stage, from where it is."""
    ratio, seen = focal_px / subjects[0].focal_px, at_focal(subjects, focal_px)

    def refitted(how: FitSetup, solutions: NumpyArray) -> BatchFit:
        x = scaled_depth(how, solutions.reshape(-1, solutions.shape[2]), ratio)
        return run_stages(how, seen, x, make, first_stage=len(how.stages) - 1)

    if not fit.wider:
        return refitted(setup, fit.x)
    own = refitted(setup, fit.x[:, : -fit.wider])
    return own.followed_by(refitted(wider_setup(setup), fit.x[:, -fit.wider :]))


def scaled_depth(setup: FitSetup, x: NumpyArray, ratio: float | NumpyArray) -> NumpyArray:
    """Solutions (B, N) with their pelvis `ratio` (a number or (B,)) times as far from the camera."""
    model, layout = setup.points.model, setup.layout
    pelvis = model.joints_template[0, 2] + layout.shape_coefficients(x) @ model.joint_directions[0, 2]
    moved = x.copy()
    moved[:, 2] = (x[:, 2] + pelvis) * ratio - pelvis
    return moved


def _fitted_at(
    setup: FitSetup,
    subjects: Sequence[Subject],
    start: NumpyArray,
    from_px: float,
    focals: NumpyArray,
    make: ArrayMaker,
) -> BatchFit:
    """Fit every subject from its row of `start` (n, N) at every focal length: n × len(focals) subjects of one batch."""
    seen = [replace(subject, focal_px=float(focal)) for subject in subjects for focal in focals]
    x = np.repeat(start, len(focals), axis=0)
    x = scaled_depth(setup, x, np.tile(focals / from_px, len(subjects)))
    last = replace(setup.stages[-1], keep=1, give_up=None)  # every focal length to its end
    return run_stages(replace(setup, stages=(last,)), seen, x, make)


def _parabola(at: NumpyArray, costs: NumpyArray, prior_deviation: float) -> tuple[float, float]:
    """Place of the least of a parabola through the least cost and its neighbours, and 1/√curvature, within the grid."""
    best = int(np.clip(costs.argmin(), 1, len(at) - 2))
    near = slice(best - 1, best + 2)
    found = cast(NumpyArray, np.polyfit(at[near] - at[best], costs[near], 2))
    curve, slope = float(found[0]), float(found[1])
    if curve <= 0:
        return float(at[costs.argmin()]), prior_deviation
    place = float(at[best]) - slope / (2.0 * curve)
    return min(max(place, float(at[0])), float(at[-1])), (2.0 * curve) ** -0.5
