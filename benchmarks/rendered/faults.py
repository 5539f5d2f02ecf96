"""Count how often faults of keypoints are noticed: on rendered photos as they are, and with a fault put in.

    python -m benchmarks.rendered.faults --mocap DIR [--cases 100]

The faults: the left wrist on the forearm, without that hand; left and right exchanged from the hips down and in the whole body
but the face. `fitting_core/results/faults.py` has the limits.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.rendered.cache import DEFAULT_CACHE, make_photos, read_truth, recipe_folder
from benchmarks.rendered.fits import SOURCES, Run, Source, photo_input
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.fit_photo import EngineRun, build_outcome
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.faults import EXCHANGED_LEGS

# Cut towards the elbow to this share of the forearm.
WRIST_SHARE = 0.35
_LEGS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
_SIDED = (*_LEGS, "shoulder", "elbow", "wrist")
NOTICES = {"forearm": "forearm", "legs": EXCHANGED_LEGS, "sides": "may be exchanged", "outside": "leaves"}


def with_wrist_on_forearm(subject: Subject) -> Subject:
    """Return a person whose left wrist's point lies on the forearm, and whose left hand is not seen."""
    body, keypoints = subject.keypoints.body.copy(), subject.keypoints
    elbow, wrist = BODY_25.index("left_elbow"), BODY_25.index("left_wrist")
    body[wrist, :2] = body[elbow, :2] + WRIST_SHARE * (body[wrist, :2] - body[elbow, :2])
    hand = np.zeros_like(keypoints.left_hand)
    return replace(subject, keypoints=replace(keypoints, body=body, left_hand=hand))


def with_exchanged(subject: Subject, names: Sequence[str]) -> Subject:
    """Return a person some of whose body points have changed sides, the hands with the wrists."""
    body, keypoints = subject.keypoints.body.copy(), subject.keypoints
    left, right = ([BODY_25.index(f"{side}_{name}") for name in names] for side in ("left", "right"))
    body[left + right] = body[right + left]
    hands = (keypoints.left_hand, keypoints.right_hand)
    if "wrist" in names:
        hands = hands[::-1]
    changed = replace(keypoints, body=body, left_hand=hands[0], right_hand=hands[1])
    return replace(subject, keypoints=changed)


FAULTS: dict[str, Callable[[Subject], Subject]] = {
    "none": lambda subject: subject,
    "a wrist on the forearm": with_wrist_on_forearm,
    "legs exchanged": lambda subject: with_exchanged(subject, _LEGS),
    "all sides exchanged": lambda subject: with_exchanged(subject, _SIDED),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=100, help="the first so many")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # of the processes to be started
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, min(options.cases, CASE_COUNT), SEED, options.processes)
    jobs: list[tuple[Path, Source]] = [(file, source) for file in files for source in SOURCES]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        found = [row for rows in pool.map(_judged, jobs, chunksize=4) for row in rows]
    print("| points | fault | fits | " + " | ".join(NOTICES) + " | called good |")
    print("|---" * (4 + len(NOTICES)) + "|")
    for source in SOURCES:
        for fault in FAULTS:
            rows = [row for row in found if row[:2] == (source, fault)]
            counts = [
                sum(any(text in reason for reason in row[3]) for row in rows) for text in NOTICES.values()
            ]
            good = sum(row[2] == "good" for row in rows)
            print(f"| {SOURCES[source]} | {fault} | {len(rows)} | {' | '.join(map(str, counts))} | {good} |")


def _judged(job: tuple[Path, Source]) -> list[tuple[Source, str, str, tuple[str, ...]]]:
    """Return source, fault, word and reasons of every fault of one case."""
    file, source = job
    seen = photo_input(read_truth(file), Run(source, "given"))
    if seen is None:
        return []
    request, photo = seen
    setup, engine = fit_setup(), choose_engine("numpy", "cpu")
    rows: list[tuple[Source, str, str, tuple[str, ...]]] = []
    for fault, put_in in FAULTS.items():
        faulty = replace(photo, subjects=tuple(put_in(subject) for subject in photo.subjects))
        fit = fit_batch(setup, faulty.subjects, engine.make)
        run, messenger = EngineRun(engine, 0.0, 0.0), JsonMessenger(io.StringIO())
        quality = build_outcome(request, setup, faulty, fit, run, messenger).people[0].quality
        rows.append((source, fault, quality.word, quality.reasons))
    return rows


if __name__ == "__main__":
    main()
