"""Measure the error of --estimate-focal and its effect on the bodies; prints a table.

python -m benchmarks.focal [--mocap DIR] [--cases N]

The photos of benchmarks/cases.py (800 × 1000 px, focal lengths of 1100, 1600 and 2600 px) are fitted as if nobody knew the lens:
the guess is 35 mm, 972 px. The rows are by true focal length.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy import errors_of
from benchmarks.cases import FOCAL_LENGTHS_PX, IMAGE_SIZE, Case, add_bones_option, make_cases
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.focal_estimate import ASSUMED_DEVIATION, at_focal, estimate_focal, refit_at
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.photo.focal import DEFAULT_FOCAL_MM35
from fitting_core.photo.header import FULL_FRAME_WIDTH_MM
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person

_COLUMNS = (
    "true focal length, px", "guess is off by", "estimate is off by", "deviation it states", "within 1 / 2 of these", "taken",
    "mm at the guess", "mm at the estimate", "mm at the truth",
)  # fmt: skip


@dataclass(frozen=True)
class FocalCase:
    """One photo: true, guessed and estimated focal length (px), deviation of the latter's logarithm, errors in mm.

    Errors are of the body's joints, pelvis-aligned: fitted at the guess, at the estimate (at the guess where the estimate was too
    weak to be taken), and at the truth.
    """

    true_px: float
    guess_px: float
    estimate_px: float
    deviation: float
    taken: bool
    at_guess_mm: float
    at_estimate_mm: float
    at_truth_mm: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the cases, fit each three times, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, default=None)
    add_bones_option(parser)
    parser.add_argument("--cases", type=int, default=60)
    options = parser.parse_args(arguments)
    setup = fit_setup()
    make = choose_engine("numpy", "auto").make
    cases = make_cases(setup.points.model, options.mocap, options.cases, own_bones=options.own_bones)
    found = [_measured(setup, case, make) for case in cases]
    source = "held-out motion capture" if options.mocap else "samples of the shipped prior (easier)"
    print(
        f"{len(cases)} cases, poses: {source}; the guess is {found[0].guess_px:.0f} px; pelvis-aligned, mean (median)"
    )
    print("| " + " | ".join(_COLUMNS) + " |")
    print("|---" * len(_COLUMNS) + "|")
    for focal in FOCAL_LENGTHS_PX:
        _print_row(f"{focal:.0f}", [case for case in found if case.true_px == focal])
    _print_row("all", found)


def _measured(setup: FitSetup, case: Case, make: ArrayMaker) -> FocalCase:
    guess_px = DEFAULT_FOCAL_MM35 * max(IMAGE_SIZE) / FULL_FRAME_WIDTH_MM
    guessed = at_focal([case.subject], guess_px)
    at_guess = fit_batch(setup, guessed, make)
    estimate = estimate_focal(setup, guessed, at_guess, ASSUMED_DEVIATION, make)
    corrected, at_estimate = guessed, at_guess
    if estimate.tells:
        corrected = at_focal(guessed, estimate.px)
        at_estimate = refit_at(setup, guessed, at_guess, estimate.px, make)

    def error(fit: BatchFit, subject: Subject) -> float:
        person = fitted_person(setup.points.model, setup.layout, subject, fit.x[0, 0], float(fit.loss[0, 0]))
        return errors_of(person, case).pelvis

    return FocalCase(
        true_px=case.subject.focal_px,
        guess_px=guess_px,
        estimate_px=estimate.px,
        deviation=estimate.deviation,
        taken=estimate.tells,
        at_guess_mm=error(at_guess, guessed[0]),
        at_estimate_mm=error(at_estimate, corrected[0]),
        at_truth_mm=error(fit_batch(setup, [case.subject], make), case.subject),
    )


def _print_row(label: str, cases: Sequence[FocalCase]) -> None:
    if not cases:
        return
    true = np.array([case.true_px for case in cases])
    guess = np.log(np.array([case.guess_px for case in cases]) / true)
    estimate = np.log(np.array([case.estimate_px for case in cases]) / true)
    deviation = np.array([case.deviation for case in cases])
    within = [100 * float(np.mean(np.abs(estimate) <= times * deviation)) for times in (1, 2)]
    errors = [
        np.array([getattr(case, name) for case in cases])
        for name in ("at_guess_mm", "at_estimate_mm", "at_truth_mm")
    ]
    cells = [
        label,
        _factor(guess),
        _factor(estimate),
        _factor(deviation),
        f"{within[0]:.0f} / {within[1]:.0f} %",
        f"{100 * np.mean([case.taken for case in cases]):.0f} %",
        *(f"{values.mean():.1f} ({np.median(values):.1f})" for values in errors),
    ]
    print("| " + " | ".join(cells) + " |")


def _factor(logs: NumpyArray) -> str:
    """Mean of the absolute logarithms, as a factor."""
    return f"× {np.exp(np.abs(logs).mean()):.2f}"


if __name__ == "__main__":
    main()
