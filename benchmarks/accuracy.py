"""Measure the errors of fitted bodies on 200 synthetic photos; prints a table in millimetres.

python -m benchmarks.accuracy [--mocap DIR] [--cases N] [--from-truth] [--own-bones]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import cast

import numpy as np

from benchmarks.cases import CASE_COUNT, SEED, Case, add_bones_option, make_cases
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import BatchFit, fit_batch, run_stages
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import stature
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import FittedPerson, fitted_person
from fitting_core.results.quality import quality_of

_CHUNK = 8  # cases fitted together
_NEAR_MM, _FAR_MM = 60.0, 100.0


@dataclass(frozen=True)
class Errors:
    """Errors of one fitted body against the truth, in mm (reprojection in px)."""

    pelvis: float
    procrustes: float
    vertices: float
    left_hand: float
    right_hand: float
    reprojection: float
    quality: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the cases, fit them, print the table."""
    options = _options(arguments)
    setup = fit_setup()
    cases = make_cases(setup.points.model, options.mocap, options.cases, options.seed, options.own_bones)
    source = "held-out motion capture" if options.mocap else "samples of the shipped prior (easier)"
    bones = "the fitted body's" if options.own_bones else "5 % off the fitted body's"
    print(f"{len(cases)} cases, poses: {source}, bones: {bones}; mean (median)")
    rows = [("fit", *_run(setup, cases, _fitted))]
    if options.from_truth:
        rows.append(("started at the truth", *_run(setup, cases, _fitted_from_truth)))
    _print_table(rows)
    _print_honesty(rows[0][1])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, default=None)
    parser.add_argument("--cases", type=int, default=CASE_COUNT)
    parser.add_argument(
        "--seed",
        type=int,
        default=SEED,
        help="other cases than the benchmark's, to check that nothing is tuned to them",
    )
    parser.add_argument("--from-truth", action="store_true")
    add_bones_option(parser)
    return parser.parse_args(arguments)


def fitted_errors(setup: FitSetup, cases: Sequence[Case]) -> tuple[list[Errors], float]:
    """Fit the cases from scratch: their errors, and seconds per fit."""
    return _run(setup, cases, _fitted)


Runner = Callable[[FitSetup, Sequence[Case]], BatchFit]


def _fitted(setup: FitSetup, cases: Sequence[Case]) -> BatchFit:
    return fit_batch(setup, [case.subject for case in cases], choose_engine("numpy", "auto").make)


def _fitted_from_truth(setup: FitSetup, cases: Sequence[Case]) -> BatchFit:
    layout = setup.layout
    x = np.zeros((len(cases), layout.size))
    for row, case in zip(x, cases, strict=True):
        row[:3] = case.truth.translation
        row[3 : layout.first_shape] = case.truth.rotations.reshape(-1)
        row[layout.first_shape :] = case.truth.shape
    return run_stages(
        setup, [case.subject for case in cases], x, choose_engine("numpy", "auto").make, first_stage=2
    )


def _run(setup: FitSetup, cases: Sequence[Case], fit: Runner) -> tuple[list[Errors], float]:
    errors: list[Errors] = []
    seconds = 0.0
    model = setup.points.model
    for first in range(0, len(cases), _CHUNK):
        chunk = cases[first : first + _CHUNK]
        started = perf_counter()
        found = fit(setup, chunk)
        seconds += perf_counter() - started
        for index, case in enumerate(chunk):
            solutions = [
                replace(
                    fitted_person(model, setup.layout, case.subject, x, float(loss)),
                    loss_terms={name: float(costs[index, number]) for name, costs in found.scores.items()},
                )
                for number, (x, loss) in enumerate(zip(found.x[index], found.loss[index], strict=True))
            ]
            word = quality_of(case.subject, solutions, case.subject.permille_px(stature(model))).word
            errors.append(errors_of(solutions[0], case, word))
    return errors, seconds / len(cases)


def errors_of(person: FittedPerson, case: Case, quality: str = "") -> Errors:
    """Return all errors of one fit, with the word the fit had for itself."""
    body = slice(0, 22)
    truth, found = case.points, person.points
    pixels = [case.subject.focal_px * p[body, :2] / p[body, 2:] for p in (truth, found)]
    return Errors(
        pelvis=1000 * _distance(found[body] - found[0], truth[body] - truth[0]),
        procrustes=1000 * procrustes_distance(found[body], truth[body]),
        vertices=1000 * _distance(person.vertices - found[0], case.vertices - truth[0]),
        left_hand=1000
        * procrustes_distance(*_hand(found, truth, joint_table.LEFT_WRIST, joint_table.LEFT_HAND)),
        right_hand=1000
        * procrustes_distance(*_hand(found, truth, joint_table.RIGHT_WRIST, joint_table.RIGHT_HAND)),
        reprojection=_distance(pixels[0], pixels[1]),
        quality=quality,
    )


def _hand(found: NumpyArray, truth: NumpyArray, wrist: int, fingers: slice) -> tuple[NumpyArray, NumpyArray]:
    chosen = [wrist, *range(fingers.start, fingers.stop)]
    return found[chosen], truth[chosen]


def _distance(a: NumpyArray, b: NumpyArray) -> float:
    return float(np.linalg.norm(a - b, axis=1).mean())


def procrustes_distance(found: NumpyArray, truth: NumpyArray) -> float:
    """Mean distance after the best similarity transform of `found` onto `truth` (N, 3). Umeyama, PAMI 1991."""
    a, b = found - found.mean(axis=0), truth - truth.mean(axis=0)
    u, s, vt = cast("tuple[NumpyArray, NumpyArray, NumpyArray]", np.linalg.svd(a.T @ b))
    sign = np.ones(3)
    sign[2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign) @ vt
    scale = (s * sign).sum() / np.square(a).sum()
    return _distance(scale * a @ rotation, b)


def _print_table(rows: Sequence[tuple[str, list[Errors], float]]) -> None:
    names = ("pelvis", "procrustes", "vertices", "left_hand", "right_hand", "reprojection")
    print("| | " + " | ".join(names) + " | over 100 mm | s per fit |")
    print("|---" * (len(names) + 3) + "|")
    for label, errors, seconds in rows:
        cells: list[str] = []
        for name in names:
            values = np.array([getattr(error, name) for error in errors])
            cells.append(f"{values.mean():.1f} ({np.median(values):.1f})")
        over = 100 * np.mean([error.pelvis > 100 for error in errors])
        print(f"| {label} | " + " | ".join(cells) + f" | {over:.1f} % | {seconds:.3f} |")


def _print_honesty(errors: Sequence[Errors]) -> None:
    """Print how often the words good, check and poor are right."""
    good = [error.pelvis for error in errors if error.quality == "good"]
    near = [error for error in errors if error.pelvis < _NEAR_MM]
    far = [error for error in errors if error.pelvis > _FAR_MM]
    print(
        f"\nCalled good: {len(good)} of {len(errors)}, of which under {_NEAR_MM:g} mm: {_share(x < _NEAR_MM for x in good)}"
    )
    print(
        f"Under {_NEAR_MM:g} mm: {len(near)}, of which called good: {_share(x.quality == 'good' for x in near)}"
    )
    print(
        f"Over {_FAR_MM:g} mm: {len(far)}, of which called good: {_share(x.quality == 'good' for x in far)}"
    )


def _share(values: Iterable[bool]) -> str:
    found = list(values)
    return f"{100 * sum(found) / len(found):.1f} %" if found else "none"


if __name__ == "__main__":
    main()
