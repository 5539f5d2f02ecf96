"""Measure what asking for several takes is worth on rendered photos: how many come, how near the best of them is, what they cost.

    python -m benchmarks.rendered.takes --mocap DIR [--cases 100] [--takes 1 3 8] [--source file]

Errors are Procrustes distances of the body's joints, in mm: those of the first take, and of that one which is nearest to the
truth. Seconds are the processor's, of the fit and of everything that is made of it but the files.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.accuracy import procrustes_distance
from benchmarks.rendered.cache import DEFAULT_CACHE, make_photos, read_truth, recipe_folder
from benchmarks.rendered.fits import SOURCES, Run, Source, photo_input
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from fitting_core.body_model.joints import BODY_JOINT_NAMES
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.fit_photo import EngineRun, build_outcome
from fitting_core.pipeline.setups import requested_setup

_BODY = slice(0, len(BODY_JOINT_NAMES))


@dataclass(frozen=True)
class _Fitted:
    """The takes of one case: errors in mm in their order, and the processor's seconds."""

    errors: tuple[float, ...]
    seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit every case with every number of takes, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--takes", type=int, nargs="+", default=[1, 3, 8])
    parser.add_argument("--source", choices=list(SOURCES), default="file")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, CASE_COUNT, SEED, options.processes)[: options.cases]
    print(
        "| takes asked for | takes that came, mean | first take, mm | best take, mm | processor s, median |"
    )
    print("|---|---|---|---|---|")
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for takes in options.takes:
            jobs = [(file, options.source, takes) for file in files]
            found = [one for one in pool.map(_fitted, jobs, chunksize=4) if one is not None]
            first = np.mean([one.errors[0] for one in found])
            best = np.mean([min(one.errors) for one in found])
            came = np.mean([len(one.errors) for one in found])
            seconds = np.median([one.seconds for one in found])
            print(f"| {takes} | {came:.2f} | {first:.1f} | {best:.1f} | {seconds:.3f} |", flush=True)


def _fitted(job: tuple[Path, Source, int]) -> _Fitted | None:
    file, source, takes = job
    truth = read_truth(file)
    read = photo_input(truth, Run(source, "given"))
    if read is None:
        return None
    request, photo = replace(read[0], takes=takes), read[1]
    messenger, engine = JsonMessenger(io.StringIO()), choose_engine("numpy", "auto")
    setup = requested_setup(request)
    fit_batch(setup, photo.subjects, engine.make)  # what is made at first use
    started = process_time()
    fit = fit_batch(setup, photo.subjects, engine.make)
    outcome = build_outcome(request, setup, photo, fit, EngineRun(engine, 0.0, 0.0), messenger)
    seconds = process_time() - started
    true = truth.points[_BODY]
    errors = [1000 * procrustes_distance(one.points[_BODY], true) for one in outcome.people[0].takes]
    return _Fitted(tuple(errors), seconds)


if __name__ == "__main__":
    main()
