"""The chance that a fit is over 60 mm off, from what the fit knows of itself: the numbers behind the quality word.

    python -m benchmarks.rendered.word --mocap DIR [--views DIR]

A logistic regression on rendered photos, alone and with an OpenPose file, and on real views if their folder is given, each of
which counts thrice. It prints the coefficients beside those in use (`fitting_core/results/quality.py`), and how honest the word
in use is on the photos that they were set on (the first 200) and on the others.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy import procrustes_distance
from benchmarks.real_views import ROWS, View, read_view
from benchmarks.rendered.cache import DEFAULT_CACHE, make_photos, read_truth, recipe_folder
from benchmarks.rendered.fits import Run, Source, fit_case
from benchmarks.rendered.judging import judge
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import detected_keypoints
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.subject import Subject, stature
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results import quality
from fitting_core.results.person import fitted_person

LIMIT_MM = 60.0
SET_ON = 200  # of the rendered photos
_WEIGHT_OF_VIEWS = 3.0
_RIDGE = 0.05
_ROUNDS = 60
_NAMES = ("offset", "nat of the pose prior", "nat of rest", "unit of residual", "our own eyes")
_SOURCES: tuple[Source, ...] = ("photo", "file")


@dataclass(frozen=True)
class Sample:
    """One fit: the costs and the residual that it knows of, its word, and its error in mm."""

    group: str
    pose: float
    rest: float
    residual: float
    by_eyes: bool
    word: str
    error: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, regress, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--views", type=Path, default=None, help="folder of real views with 3-D truth")
    parser.add_argument("--cases", type=int, default=CASE_COUNT)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes to be started
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, options.cases, SEED, processes=2)
    jobs: list[tuple[int, Path, Source]] = [
        (number, file, source) for number, file in enumerate(files) for source in _SOURCES
    ]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        samples = [found for found in pool.map(_rendered, jobs, chunksize=8) if found is not None]
    if options.views is not None:
        samples += _real([read_view(photo) for photo in sorted(options.views.glob("*.jpg"))])
    _print_regression([sample for sample in samples if "others" not in sample.group])
    _print_honesty(samples)


def _rendered(job: tuple[int, Path, Source]) -> Sample | None:
    number, file, source = job
    truth = read_truth(file)
    fit = fit_case(truth, Run(source, "given"))
    if fit is None:
        return None
    terms = fit.person.loss_terms
    kind = f"first {SET_ON}" if number < SET_ON else "others"
    return Sample(
        group=f"rendered, {source}, {kind}",
        pose=terms.get("pose", 0.0),
        rest=terms.get("rest", 0.0),
        residual=fit.residual,
        by_eyes=source == "photo",
        word=fit.word,
        error=judge(truth, fit.model, fit.person, fit.word).limbs,
    )


def _real(views: Sequence[View]) -> list[Sample]:
    setup = fit_setup()
    model = setup.points.model
    samples: list[Sample] = []
    for source in _SOURCES:
        pairs = [(view.truth, view.from_photo if source == "photo" else view.from_file) for view in views]
        known: list[tuple[NumpyArray, Subject]] = [(truth, one) for truth, one in pairs if one is not None]
        subjects = [subject for _, subject in known]
        fit = fit_batch(setup, subjects, choose_engine("numpy", "cpu").make)
        for index, (truth, subject) in enumerate(known):
            terms = {name: float(costs[index, 0]) for name, costs in fit.scores.items()}
            person = fitted_person(model, setup.layout, subject, fit.x[index, 0], float(fit.loss[index, 0]))
            unit = subject.permille_px(stature(model))
            residual = float(np.nanmean(person.residual_px[:25])) / unit
            found = detected_keypoints(model, person.pose, person.points, "openpose")[ROWS]
            error = 1000.0 * procrustes_distance(found, truth)
            by_eyes = source == "photo"
            sample = Sample(f"real, {source}", terms["pose"], terms["rest"], residual, by_eyes, "", error)
            samples.append(sample)
    return samples


def _features(samples: Sequence[Sample]) -> NumpyArray:
    rows = [
        (
            1.0,
            one.pose,
            min(one.rest, quality.MOST_REST),
            min(one.residual, quality.MOST_RESIDUAL),
            float(one.by_eyes),
        )
        for one in samples
    ]
    return np.array(rows)


def _print_regression(samples: Sequence[Sample]) -> None:
    x, wrong = _features(samples), np.array([float(one.error > LIMIT_MM) for one in samples])
    weight = np.array([_WEIGHT_OF_VIEWS if one.group.startswith("real") else 1.0 for one in samples])
    ridge = _RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    found = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-x @ found))
        slope = x.T @ (weight * (wrong - chance)) - ridge @ found
        curve = (x * (weight * chance * (1.0 - chance))[:, None]).T @ x + ridge
        found = found + np.linalg.solve(curve, slope)
    print(f"{len(samples)} fits\n\n| per | found | in use |\n|---|---|---|")
    for name, value, used in zip(_NAMES, found, quality.CHANCE_WEIGHTS, strict=True):
        print(f"| {name} | {value:+.3f} | {used:+.3f} |")
    print()


def _print_honesty(samples: Sequence[Sample]) -> None:
    print(
        "| fits | | mean error, mm | chance in use under the limit of good | of these under 60 mm | over 120 mm of these |"
    )
    print("|---" * 6 + "|")
    for group in sorted({one.group for one in samples}):
        members = [one for one in samples if one.group == group]
        error = np.array([one.error for one in members])
        chance = 1.0 / (1.0 + np.exp(-_features(members) @ np.array(quality.CHANCE_WEIGHTS)))
        good = chance <= quality.GOOD_CHANCE
        honest = 100 * float((error[good] < LIMIT_MM).mean()) if good.any() else float("nan")
        print(
            f"| {group} | {len(members)} | {error.mean():.1f} | {100 * good.mean():.0f} % | {honest:.0f} % "
            f"| {int((good & (error > 120.0)).sum())} of {int((error > 120.0).sum())} |"
        )


if __name__ == "__main__":
    main()
