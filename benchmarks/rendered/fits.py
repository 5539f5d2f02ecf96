"""Fits the cases with the product itself, from the photo alone or with the OpenPose file, in two processes."""

from __future__ import annotations

import io
import multiprocessing
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.rendered.cache import Truth, read_truth
from benchmarks.rendered.judging import Judgement, judge
from fitting_core.arguments.request import CameraRequest, FitGender, FitRequest, FocalRequest
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel
from fitting_core.errors import FittingError
from fitting_core.fitting.subject import Subject
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.fit_photo import fit_photo
from fitting_core.pipeline.photo_input import PhotoInput, read_input
from fitting_core.results.person import FittedPerson

Source = Literal["photo", "file"]
Focal = Literal["given", "estimated", "assumed"]
SOURCES: dict[Source, str] = {"photo": "photo alone", "file": "OpenPose file"}
FOCALS: tuple[Focal, ...] = ("given", "estimated", "assumed")
# A person found farther than this from the true body, as a share of its extent, is somebody whom the eyes made up.
_SAME_PERSON = 0.5


@dataclass(frozen=True)
class Run:
    """A way of fitting the cases: what the product sees, and what it is told of the lens."""

    source: Source
    focal: Focal
    gender: FitGender = "neutral"

    @property
    def title(self) -> str:
        """The run in words."""
        return f"{SOURCES[self.source]}, focal length {self.focal}"


def judge_all(files: Sequence[Path], run: Run, processes: int) -> list[Judgement | None]:
    """Fit and judge every case; None for a case in which nobody was found."""
    jobs = [(file, run) for file in files]
    with multiprocessing.get_context("spawn").Pool(min(processes, len(jobs))) as pool:
        return pool.map(_judge_case, jobs, chunksize=4)


@dataclass(frozen=True, eq=False)
class Fit:
    """A case as the product fits it: its body, the best solution, the word, and the focal length that it was fitted at."""

    model: BodyModel
    person: FittedPerson
    word: str
    focal_px: float
    residual: float  # mean distance of the body's keypoints, thousandths of the person's size


def fit_case(truth: Truth, run: Run) -> Fit | None:
    """Fit one case as a user would; None if nobody was found."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome = fit_photo(_request(truth, run, Path(folder)), JsonMessenger(io.StringIO()))
        except FittingError:
            return None
    number = _true_person([one.subject for one in outcome.people], truth)
    if number is None:
        return None
    chosen = outcome.people[number]
    residual = chosen.quality.residuals["body"] or 0.0
    return Fit(outcome.model, chosen.takes[0], chosen.quality.word, outcome.camera.focal.px, residual)


def _judge_case(job: tuple[Path, Run]) -> Judgement | None:
    file, run = job
    truth = read_truth(file)
    fit = fit_case(truth, run)
    return None if fit is None else judge(truth, fit.model, fit.person, fit.word)


def true_subject(truth: Truth, run: Run) -> Subject | None:
    """Return the true person of a case as the product sees them, fitted by nobody yet; None if nobody was found."""
    found = photo_input(truth, run)
    return None if found is None else found[1].subjects[0]


def photo_input(truth: Truth, run: Run) -> tuple[FitRequest, PhotoInput] | None:
    """Return the request of a case and what the product reads for it, of the true person alone; None if nobody was found."""
    request = _request(truth, run, Path())
    try:
        photo = read_input(request, JsonMessenger(io.StringIO()))
    except FittingError:
        return None
    number = _true_person(photo.subjects, truth)
    if number is None:
        return None
    subjects, numbers = photo.subjects[number : number + 1], photo.numbers[number : number + 1]
    return request, replace(photo, subjects=subjects, numbers=numbers)


def _request(truth: Truth, run: Run, folder: Path) -> FitRequest:
    return FitRequest(
        photo=truth.photo,
        folder=folder / "result",
        keypoints=truth.points_file if run.source == "file" else None,
        person="all" if run.source == "photo" else None,
        gender=run.gender,
        focal=FocalRequest(px=truth.focal_px) if run.focal == "given" else FocalRequest(),
        camera=CameraRequest(estimate_focal=run.focal == "estimated"),
        engine="numpy",
        write_overlay=False,
    )


def _true_person(subjects: Sequence[Subject], truth: Truth) -> int | None:
    """Return the number of that person who is seen where the true one is."""
    where = truth.points[landmarks.POINT_OF_KEYPOINT[landmarks.BODY_KEYPOINTS]]
    pixels = truth.focal_px * where[:, :2] / where[:, 2:] + subjects[0].principal_point
    apart = [_apart(one, pixels) for one in subjects]
    nearest = int(np.argmin(apart))
    extent = float(np.ptp(pixels, axis=0).max())
    return nearest if apart[nearest] < _SAME_PERSON * extent else None


def _apart(subject: Subject, pixels: NumpyArray) -> float:
    body = subject.keypoints.body
    seen = body[:, 2] > 0
    return float(np.linalg.norm(body[seen, :2] - pixels[seen], axis=1).mean()) if seen.any() else np.inf
