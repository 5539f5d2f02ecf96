"""From a request to its result files: the table of contents of the whole program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model.capsules.penetration import penetration
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.eyes.arithmetic import chosen_arithmetic
from fitting_core.eyes.networks import evaluated_by
from fitting_core.fitting.exchanged_legs import gain_of_exchanged_legs
from fitting_core.fitting.fit_batch import BatchFit, WhenFirst, fit_batch, fit_batch_in_turn, refit
from fitting_core.fitting.focal_estimate import FocalEstimate
from fitting_core.fitting.gaze import at_rest, with_gaze
from fitting_core.fitting.hanging_shins import with_hanging_shins
from fitting_core.fitting.scene.people_apart import apart_from_each_other
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.starts.initial_guess import body_pixels
from fitting_core.fitting.starts.takes import different_takes
from fitting_core.fitting.subject import Subject, stature
from fitting_core.messages import Messenger
from fitting_core.results.automatic_gender import ChosenBodies, choose_bodies
from fitting_core.results.estimated_camera import estimated_camera
from fitting_core.results.exchange import check_result_folder, check_users_files
from fitting_core.results.faults import EXCHANGED_LEGS, EXCHANGED_LEGS_NATS
from fitting_core.results.folder import inputs_of, write_results
from fitting_core.results.gender_comparison import losses_of_genders
from fitting_core.results.outcome import FitOutcome, PersonTakes
from fitting_core.results.person import FittedPerson, fitted_person
from fitting_core.results.previous import read_start
from fitting_core.results.quality import quality_of, with_faults
from fitting_core.results.scene_report import scene_report

from .photo_input import PhotoInput, read_input
from .setups import genders_to_compare, load_ahead, may_choose_body, requested_setup


def fit_photo(request: FitRequest, messenger: Messenger) -> FitOutcome:
    """Fit the people of one photo and write the result folder; see docs/result-files.md.

    Raises a FittingError for everything that a user can act on; nothing is half-written then.
    """
    started = perf_counter()
    check_result_folder(request.folder)
    check_users_files(request.folder, inputs_of(request))
    if request.has_first and request.first_folder is not None:
        check_result_folder(request.first_folder)
        check_users_files(request.first_folder, inputs_of(request))
    with evaluated_by(chosen_arithmetic(request.engine, request.device, pictures=1)):
        load_ahead(request)
        photo = read_input(request, messenger)
    setup = requested_setup(request, scene=photo.scene)
    engine = choose_engine(request.engine, request.device, len(photo.subjects))
    ready = perf_counter()
    messenger.status(f"Fitting {len(photo.subjects)} × body, hands and face ({engine.name}, {engine.device})")

    def show_first(fit: BatchFit) -> None:
        run = EngineRun(engine, ready - started, perf_counter() - ready)
        _write_first(request, build_outcome(request, setup, photo, fit, run, messenger), messenger)

    fit = _fit(request, setup, photo, engine.make, messenger, show_first)
    run = EngineRun(engine, ready - started, perf_counter() - ready)
    outcome = build_outcome(request, setup, photo, fit, run, messenger)
    files = write_results(request, outcome, list(outcome.warnings), messenger)
    messenger.done(request.folder.resolve().name, files, len(outcome.people))
    return outcome


def _write_first(request: FitRequest, outcome: FitOutcome, messenger: Messenger) -> None:
    """Write the result with everybody's best take alone, without pictures and meshes, and say so."""
    if request.first_folder is None:
        return
    people = tuple(replace(person, takes=person.takes[:1]) for person in outcome.people)
    bare = replace(
        request,
        folder=request.first_folder,
        first_folder=None,
        write_obj=False,
        write_overlay=False,
        write_views=False,
    )
    files = write_results(bare, replace(outcome, people=people), list(outcome.warnings), messenger)
    messenger.first(bare.folder.resolve().name, files, len(people))


@dataclass(frozen=True, eq=False)
class EngineRun:
    """The engine that a photo was fitted with, and the seconds that reading and fitting have taken."""

    engine: ArrayEngine
    read_seconds: float
    fit_seconds: float


def build_outcome(
    request: FitRequest,
    setup: FitSetup,
    photo: PhotoInput,
    fit: BatchFit,
    run: EngineRun,
    messenger: Messenger,
) -> FitOutcome:
    """Build the outcome of a fit of one photo: pose its people; correct the camera, choose and compare genders if requested."""
    started = perf_counter()
    engine = run.engine
    photo, fit, estimate = _with_estimated_focal(request, setup, photo, fit, engine.make, messenger)
    bodies = _with_automatic_gender(request, setup, photo, fit, engine.make, messenger)
    if photo.scene is not None:
        apart = apart_from_each_other(bodies.setups, photo.subjects, bodies.fit, engine.make)
        bodies = replace(bodies, fit=apart)
    people = _fitted_people(request, bodies, photo, engine.make)
    genders = losses_of_genders(
        genders_to_compare(request),
        bodies,
        lambda gender: requested_setup(request, gender, photo.scene),
        photo.subjects,
        engine.make,
        messenger,
    )
    return FitOutcome(
        header=photo.header,
        camera=photo.camera,
        people=people,
        engine=engine.name,
        device=engine.device,
        seconds={"read": run.read_seconds, "fit": run.fit_seconds + perf_counter() - started},
        objective=request.objective,
        focal_estimate=estimate,
        genders=genders,
        choices=bodies.choices,
        warnings=photo.warnings,
    )


def _with_automatic_gender(
    request: FitRequest,
    setup: FitSetup,
    photo: PhotoInput,
    fit: BatchFit,
    make: ArrayMaker,
    messenger: Messenger,
) -> ChosenBodies:
    """Refit the people, each on the body that their proportions ask for, if that was left to the fit."""
    if not may_choose_body(request):
        return ChosenBodies((setup,) * len(photo.subjects), fit)
    return choose_bodies(
        setup,
        lambda gender: requested_setup(request, gender, photo.scene),
        photo.subjects,
        fit,
        make,
        messenger,
    )


def _with_estimated_focal(
    request: FitRequest,
    setup: FitSetup,
    photo: PhotoInput,
    fit: BatchFit,
    make: ArrayMaker,
    messenger: Messenger,
) -> tuple[PhotoInput, BatchFit, FocalEstimate | None]:
    """Refine the focal length if requested."""
    if not request.camera.estimate_focal:
        return photo, fit, None
    corrected = estimated_camera(setup, photo.subjects, photo.camera, fit, make, messenger)
    warnings = photo.warnings if corrected.warning is None else (*photo.warnings, corrected.warning)
    photo = replace(photo, camera=corrected.camera, subjects=corrected.subjects, warnings=warnings)
    return photo, corrected.fit, corrected.estimate


def _fit(
    request: FitRequest,
    setup: FitSetup,
    photo: PhotoInput,
    make: ArrayMaker,
    messenger: Messenger,
    when_first: WhenFirst,
) -> BatchFit:
    def report(fraction: float, stage: str, loss: float, row: NumpyArray) -> None:
        messenger.progress(fraction, stage, loss, preview(row) if request.preview else None)

    def preview(row: NumpyArray) -> list[list[float]]:
        pixels = body_pixels(setup.points, setup.layout, photo.subjects[0], row)
        return [[round(float(x), 1), round(float(y), 1)] for x, y in pixels]

    if request.has_first:
        return fit_batch_in_turn(setup, photo.subjects, make, when_first, report)
    if request.start is None:
        return fit_batch(setup, photo.subjects, make, report)
    from fitting_core.conversion.start_pose import foreign_start, is_own_result

    subject = photo.subjects[0]
    if is_own_result(request.start):
        start = read_start(request.start, setup.points.model, setup.layout)
    else:
        start, words = foreign_start(request, setup, subject)
        for text in words:
            messenger.warning(text)
    return refit(setup, subject, start, make, report)


def _fitted_people(
    request: FitRequest, bodies: ChosenBodies, photo: PhotoInput, make: ArrayMaker
) -> tuple[PersonTakes, ...]:
    """Pose everyone of one photo with their solutions, from the rows that the fit has for them."""
    fit = bodies.fit
    people: list[PersonTakes] = []
    for index, (subject, setup) in enumerate(zip(photo.subjects, bodies.setups, strict=True)):
        model = setup.points.model
        solutions = [
            replace(
                _posed_person(setup, subject, x, float(loss), request.gaze),
                loss_terms={name: float(costs[index, number]) for name, costs in fit.scores.items()},
            )
            for number, (x, loss) in enumerate(zip(fit.x[index], fit.loss[index], strict=True))
        ]
        own = solutions[
            : len(solutions) - fit.wider
        ]  # the same, and judged alike, however many takes are wanted
        quality = quality_of(
            subject,
            own,
            subject.permille_px(stature(model)),
            request.objective.is_default,
            photo.header.size,
        )
        if request.objective.is_default and quality.word != "good":
            legs_gain = gain_of_exchanged_legs(setup, subject, fit.x[index, 0], own[0].loss, make)
            quality = with_faults(quality, (EXCHANGED_LEGS,) if legs_gain > EXCHANGED_LEGS_NATS else ())
        quality = with_faults(quality, photo.faults)
        others = sorted(solutions[1:], key=lambda solution: solution.loss)
        chosen = different_takes([solutions[0], *others], request.takes)
        inside = penetration(model, chosen[0].vertices)
        met = None if photo.scene is None else scene_report(photo.scene, setup.layout, chosen[0])
        people.append(PersonTakes(photo.numbers[index], subject, chosen, quality, inside, met))
    return tuple(people)


def _posed_person(setup: FitSetup, subject: Subject, x: NumpyArray, loss: float, gaze: bool) -> FittedPerson:
    """Pose a solution whose eyes look where the pupils say, or rest, and whose shins hang where nobody sees them."""
    model, layout = setup.points.model, setup.layout
    still = at_rest(model, layout, with_hanging_shins(model, layout, subject, x))
    person = fitted_person(model, layout, subject, still, loss)
    turned = with_gaze(model, layout, subject, still, person.points) if gaze else still
    return person if np.array_equal(turned, still) else fitted_person(model, layout, subject, turned, loss)
