"""Set and judge the automatic choice of a body: who is a woman, a man or a child, by the proportions that a fit finds.

    python -m benchmarks.rendered.genders --mocap DIR [--cases 300]

The regressions are set on the fits of every second person of the rendered benchmark; the tables are of the others. It prints
the weights beside those in use (`fitting_core/results/gender_evidence.py`), whom the weights in use take for whom, and the
errors of height and shape with the neutral body and with the chosen one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.rendered.bodies import ADULT_COUNT, CHILD_COUNT
from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, make_photos, read_truth, recipe_folder
from benchmarks.rendered.fits import SOURCES, Run, Source, true_subject
from benchmarks.rendered.judging import Judgement, judge
from benchmarks.rendered.scenes import CASE_COUNT, SEED, person_number
from fitting_core.arrays import NumpyArray
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.other_body import on_other_body
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results import gender_evidence
from fitting_core.results.automatic_gender import gender_evidence as evidence_of
from fitting_core.results.person import fitted_person

GENDER_OF_PERSON = {"woman": "female", "man": "male", "child": "child"}
BODIES = ("neutral", "female", "male", "child")
_RIDGE, _ROUNDS = 1.0, 60


@dataclass(frozen=True, eq=False)
class Sample:
    """One neutral fit: who it is, the evidence, and the errors with the neutral body and with the chosen one."""

    source: Source
    person: str
    is_set_on: bool
    betas: NumpyArray
    child_nats: float
    choice: gender_evidence.GenderChoice
    neutral: Judgement
    chosen: Judgement
    seconds: float  # of the processor, for the choice and the refit


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, regress, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=CASE_COUNT)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # of the processes to be started
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, options.cases, SEED, options.processes)
    jobs: list[tuple[int, Path, Source]] = [
        (number, file, source) for number, file in enumerate(files) for source in SOURCES
    ]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        samples = [found for found in pool.map(_sample, jobs, chunksize=8) if found is not None]
    for source in SOURCES:
        of_source = [sample for sample in samples if sample.source == source]
        print(f"\n**{SOURCES[source]}**\n")
        _print_weights(source, [sample for sample in of_source if sample.is_set_on])
        _print_confusion([sample for sample in of_source if not sample.is_set_on])
    print(f"\nA choice takes {1000 * np.median([one.seconds for one in samples]):.0f} ms of a core (median).")


def _sample(job: tuple[int, Path, Source]) -> Sample | None:
    number, file, source = job
    truth = read_truth(file)
    subject = true_subject(truth, Run(source, "given"))
    if subject is None:
        return None
    make = choose_engine("numpy", "cpu").make
    neutral = fit_setup()
    fit = fit_batch(neutral, [subject], make)
    started = process_time()
    evidence = evidence_of(neutral, lambda gender: fit_setup(gender=gender), [subject], fit, make)
    assert evidence is not None, "the open body names its components"
    betas, nats = evidence[0][0], float(evidence[1][0])
    choice = gender_evidence.gender_choice(source == "photo", betas, nats)
    after, refitted = neutral, fit
    if choice.gender != "neutral":
        after = fit_setup(gender=choice.gender)
        refitted = on_other_body(neutral, after, [subject], fit, make)
    seconds = process_time() - started
    return Sample(
        source=source,
        person=truth.person,
        is_set_on=person_number(number, ADULT_COUNT + CHILD_COUNT) % 2 == 0,
        betas=betas,
        child_nats=nats,
        choice=choice,
        neutral=_judged(truth, neutral, subject, fit),
        chosen=_judged(truth, after, subject, refitted),
        seconds=seconds,
    )


def _judged(truth: Truth, setup: FitSetup, subject: Subject, fit: BatchFit) -> Judgement:
    model = setup.points.model
    person = fitted_person(model, setup.layout, subject, fit.x[0, 0], float(fit.loss[0, 0]))
    return judge(truth, model, person, "")


def _print_weights(source: Source, samples: Sequence[Sample]) -> None:
    in_use = gender_evidence.EYES_WEIGHTS if source == "photo" else gender_evidence.FILE_WEIGHTS
    child = np.array([gender_evidence.child_features(one.betas, one.child_nats) for one in samples])
    found = _regression(child, np.array([float(one.person == "child") for one in samples]))
    adults = [one for one in samples if one.person != "child"]
    man = np.array([gender_evidence.man_features(one.betas) for one in adults])
    found_man = _regression(man, np.array([float(one.person == "man") for one in adults]))
    print(f"Set on {len(samples)} fits: found, and in use\n")
    for name, weights, used in (("child", found, in_use.child), ("man", found_man, in_use.man)):
        print(f"    {name} = ({', '.join(f'{value:.2f}' for value in weights)})")
        print(f"    {name} = ({', '.join(f'{value:.2f}' for value in used)})")


def _regression(x: NumpyArray, y: NumpyArray) -> NumpyArray:
    """Return the weights of a logistic regression of y (n,) on features (n, F), all but the first held to zero by a ridge."""
    ridge = _RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    found = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-x @ found))
        curve = (x * (chance * (1.0 - chance))[:, None]).T @ x + ridge
        found = found + np.linalg.solve(curve, x.T @ (y - chance) - ridge @ found)
    return found


def _print_confusion(samples: Sequence[Sample]) -> None:
    print(f"\nOf the other people, {len(samples)} fits:\n")
    print(
        "| true | neutral | female | male | child | height, cm: neutral body, chosen one | size of that "
        "| vertices, mm: neutral body, chosen one |"
    )
    print("|---" * 8 + "|")
    for person in sorted({one.person for one in samples}):
        _print_row(person, [one for one in samples if one.person == person])
    _print_row("all", samples)
    adults = [one for one in samples if one.person != "child"]
    wrong = sum(one.choice.gender == "child" for one in adults)
    told = [one for one in adults if one.choice.gender in ("female", "male")]
    right = sum(one.choice.gender == GENDER_OF_PERSON[one.person] for one in told)
    print(
        f"\nAdults taken for children: {wrong} of {len(adults)}. Adults of whom a gender is said: {len(told)}, rightly {right}."
    )


def _print_row(name: str, samples: Sequence[Sample]) -> None:
    counts = [str(sum(one.choice.gender == body for one in samples)) for body in BODIES]
    before, after = (
        np.array([getattr(one, body).height for one in samples]) for body in ("neutral", "chosen")
    )
    vertices = [np.mean([getattr(one, body).vertices for one in samples]) for body in ("neutral", "chosen")]
    print(
        f"| {name} | {' | '.join(counts)} | {100 * before.mean():+.1f}, {100 * after.mean():+.1f} "
        f"| {100 * np.abs(before).mean():.1f}, {100 * np.abs(after).mean():.1f} | {vertices[0]:.1f}, {vertices[1]:.1f} |"
    )


if __name__ == "__main__":
    main()
