"""Measure the effect of a known height and weight on the bodies and their distance from the camera; prints a table.

python -m benchmarks.known_shape [--mocap DIR] [--cases N]

The photos of benchmarks/cases.py, each fitted with nothing known of the person, with the true height, with both.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import errors_of
from benchmarks.cases import Case, add_bones_option, make_cases
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model.measurements import Measured, measured
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.priors.measurements import Measurements, measurements
from fitting_core.fitting.setup import FitSetup
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person

_COLUMNS = (
    "known", "pelvis-aligned, mm", "after Procrustes, mm", "vertices, mm", "distance, cm", "height, cm", "weight, %"
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the cases, fit each three times, print the table of mean (median) errors."""
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
    print(f"{len(cases)} cases; errors, mean (median)")
    print("| " + " | ".join(_COLUMNS) + " |")
    print("|---" * len(_COLUMNS) + "|")
    for label in ("nothing", "height", "height and weight"):
        errors = np.array([_errors(setup, case, label, make) for case in cases])
        cells = [f"{values.mean():.1f} ({np.median(values):.1f})" for values in errors.T]
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def _errors(setup: FitSetup, case: Case, label: str, make: ArrayMaker) -> NumpyArray:
    model = setup.points.model
    truth = measured(case.body, case.truth.shape[: model.beta_count])
    knowing = replace(setup, measurements=_known(setup, truth, label))
    fit = fit_batch(knowing, [case.subject], make)
    person = fitted_person(model, setup.layout, case.subject, fit.x[0, 0], float(fit.loss[0, 0]))
    found = measured(model, person.pose.shape[: model.beta_count])
    errors = errors_of(person, case)
    distance = abs(person.points[0, 2] - case.points[0, 2])
    share = abs((found.weight_kg or 0.0) / (truth.weight_kg or 1.0) - 1.0)
    return np.array(
        [
            errors.pelvis, errors.procrustes, errors.vertices, 100 * distance, 100 * abs(found.height_m - truth.height_m),
            100 * share,
        ]
    )  # fmt: skip


def _known(setup: FitSetup, truth: Measured, label: str) -> Measurements | None:
    if label == "nothing":
        return None
    return measurements(setup.points.model, truth.height_m, truth.weight_kg if "weight" in label else None)


if __name__ == "__main__":
    main()
