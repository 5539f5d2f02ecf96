"""From a request to its result files: the table of contents of the whole program. Free of bpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from time import perf_counter

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model.capsule_fit import body_capsules
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.penetration import penetration
from fitting_core.body_model.point_model import point_model
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import BatchFit, FitSetup, fit_batch, refit
from fitting_core.fitting.initial_guess import body_pixels
from fitting_core.fitting.open_priors import open_hand_prior, open_lifter, open_start_poses
from fitting_core.fitting.pose_prior_choice import chosen_pose_prior
from fitting_core.fitting.presets import PRESET_FOCAL_PX, with_preset
from fitting_core.fitting.stages import START_POSE_COUNT, stages_keeping, with_bend_prior
from fitting_core.fitting.subject import Subject, stature
from fitting_core.fitting.takes import different_takes
from fitting_core.keypoints.emphasis import named_points, weights_from_file
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import KEYPOINT_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY, FACE, LEFT_HAND, RIGHT_HAND
from fitting_core.keypoints.people import choose_people, describe_people
from fitting_core.messages import Messenger
from fitting_core.outcome import FitOutcome, PersonTakes
from fitting_core.photo.focal import FocalLength, focal_length
from fitting_core.photo.header import PhotoHeader, read_photo_header
from fitting_core.previous_result import read_start
from fitting_core.quality import quality_of
from fitting_core.request import DEFAULT_OBJECTIVE, FitRequest, FocalRequest, ObjectiveRequest
from fitting_core.result import fitted_person
from fitting_core.result_folder import write_results


@dataclass(frozen=True, eq=False)
class PhotoInput:
    """A photo as read: its header, its camera, the people to be fitted, their numbers in the file, oddities in words."""

    header: PhotoHeader
    focal: FocalLength
    subjects: tuple[Subject, ...]
    numbers: tuple[int, ...]
    warnings: tuple[str, ...]


def fit_photo(request: FitRequest, tell: Messenger) -> FitOutcome:
    """Fit the people of one photo and write the result folder; see docs/result-files.md.

    Raises a FittingError for everything that a user can act on; nothing is half-written then.
    """
    started = perf_counter()
    photo = read_input(request, tell)
    setup = setup_of(request)
    engine = choose_engine(request.engine, request.device, len(photo.subjects))
    ready = perf_counter()
    tell.status(f"Fitting {len(photo.subjects)} × body, hands and face ({engine.name}, {engine.device})")
    fit = _fit(request, setup, photo, engine.make, tell)
    people = fitted_people(setup, photo, fit, request)
    seconds = {"read": ready - started, "fit": perf_counter() - ready}
    outcome = FitOutcome(
        setup.points.model,
        photo.header,
        photo.focal,
        people,
        engine.name,
        engine.device,
        seconds,
        request.objective,
    )
    files = write_results(request, outcome, list(photo.warnings), tell)
    tell.done(request.folder.resolve().name, files, len(people))
    return outcome


def setup_of(request: FitRequest) -> FitSetup:
    """What the request's fit shares with all fits like it; remembered."""
    return fit_setup(
        request.model, request.gender, request.takes, request.interpenetration, request.objective
    )


def prepare() -> None:
    """Load the open body and its priors, so that the first fit of a resident process does not wait for them."""
    fit_setup()


@lru_cache(maxsize=4)
def fit_setup(
    model: str = "open",
    gender: str = "neutral",
    takes: int = 1,
    interpenetration: bool = True,
    objective: ObjectiveRequest = DEFAULT_OBJECTIVE,
) -> FitSetup:
    """The body and the priors of a fit that keeps enough solutions for so many takes."""
    body = load_body_model(model, gender, objective.betas)
    setup = FitSetup(
        points=point_model(body),
        pose_prior=chosen_pose_prior(objective.pose_prior),
        hand_prior=open_hand_prior(),
        start_poses=open_start_poses()[:START_POSE_COUNT],
        lifter=open_lifter(),
        stages=stages_keeping(takes),
        capsules=body_capsules(body) if interpenetration else None,
    )
    if objective.preset != "default":
        return with_preset(setup, objective.preset, objective.side_view, takes)
    if objective.bend_prior:
        return replace(
            setup,
            stages=with_bend_prior(setup.stages),
            warm_stages=with_bend_prior(setup.warm_stages),
        )
    return setup


def _fit(
    request: FitRequest, setup: FitSetup, photo: PhotoInput, make: ArrayMaker, tell: Messenger
) -> BatchFit:
    def report(fraction: float, stage: str, loss: float, row: NumpyArray) -> None:
        tell.progress(fraction, stage, loss, preview(row) if request.preview else None)

    def preview(row: NumpyArray) -> list[list[float]]:
        pixels = body_pixels(setup.points, setup.layout, photo.subjects[0], row)
        return [[round(float(x), 1), round(float(y), 1)] for x, y in pixels]

    if request.start is None:
        return fit_batch(setup, photo.subjects, make, report)
    start = read_start(request.start, setup.points.model, setup.layout)
    return refit(setup, photo.subjects[0], start, make, report)


def read_input(request: FitRequest, tell: Messenger) -> PhotoInput:
    """Read the photo's header and the keypoints, choose the people, settle the camera; say what was found."""
    header = read_photo_header(request.photo)
    found = read_keypoint_file(request.keypoints, header.size, header.orientation)
    for warning in found.warnings:
        tell.warning(warning)
    tell.status(f"{request.keypoints.name}: {found.dialect}, {describe_people(found.people)}")
    numbers = choose_people(found.people, request.person)
    focal = _focal_length(header, request)
    tell.status(f"Focal length {focal.px:.0f} px ({focal.source})")
    centre = np.array(header.size) / 2.0
    pinned = named_points(request.emphasis.pinned, "--pin")
    subjects = tuple(
        Subject(_emphasised(found.people[number], request), focal.px, centre, pinned, header.size[1])
        for number in numbers
    )
    return PhotoInput(header, focal, subjects, numbers, found.warnings)


def _focal_length(header: PhotoHeader, request: FitRequest) -> FocalLength:
    """As the user says; else, with a paper's preset, the constant of that paper, whatever the photo says."""
    if request.objective.preset == "default" or request.focal != FocalRequest():
        return focal_length(header, request.focal)
    words = f"{PRESET_FOCAL_PX:g} px, assumed as in the paper: see --focal-px"
    return FocalLength(PRESET_FOCAL_PX, words, is_assumed=True)


def _emphasised(keypoints: Keypoints2D, request: FitRequest) -> Keypoints2D:
    """The keypoints with what the user said of them in their confidences: 0 for ignored ones."""
    factors = np.ones(KEYPOINT_COUNT)
    if request.emphasis.weights_file is not None:
        factors = weights_from_file(request.emphasis.weights_file)
    factors[named_points(request.emphasis.ignored, "--ignore")] = 0.0
    table = keypoints.stacked()
    table[:, 2] *= factors
    table[table[:, 2] == 0] = 0.0
    return Keypoints2D(table[BODY], table[LEFT_HAND], table[RIGHT_HAND], table[FACE])


def fitted_people(
    setup: FitSetup, photo: PhotoInput, fit: BatchFit, request: FitRequest
) -> tuple[PersonTakes, ...]:
    """Everyone of one photo with their solutions, from the rows that the fit has for them."""
    people: list[PersonTakes] = []
    for index, subject in enumerate(photo.subjects):
        solutions = [
            replace(
                fitted_person(setup.points.model, setup.layout, subject, x, float(loss)),
                loss_terms={name: float(costs[index, number]) for name, costs in fit.scores.items()},
            )
            for number, (x, loss) in enumerate(zip(fit.x[index], fit.loss[index], strict=True))
        ]
        unit_px = subject.unit_px(stature(setup.points.model))
        quality = quality_of(subject, solutions, unit_px, request.objective.is_default)
        chosen = different_takes(solutions, request.takes)
        inside = penetration(setup.points.model, chosen[0].vertices)
        people.append(PersonTakes(photo.numbers[index], subject, chosen, quality, inside))
    return tuple(people)
