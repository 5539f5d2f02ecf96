"""From a request of several photos to their result folders: read, fitted one by one, then together, judged and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.together_parser import TogetherRequest
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.measurements import measured
from fitting_core.engine import choose_engine
from fitting_core.errors import CameraFileError, KeypointFileError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.pipeline.fit_photo import EngineRun, build_outcome
from fitting_core.pipeline.photo_input import PhotoInput, read_input
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.exchange import check_result_folder, check_users_files
from fitting_core.results.folder import inputs_of, json_bytes, write_results

from .given_cameras import with_given_cameras
from .same_moment import first_from_cameras, with_one_pose
from .same_person import with_one_shape

if TYPE_CHECKING:
    from jaxtyping import Float

TOGETHER_FILE = "together.json"


@dataclass(frozen=True, eq=False)
class TogetherFit:
    """The solutions of all photos, one a row, and for one moment the transforms from each camera's frame to the first one's.

    `world` are those from each camera's frame to the world that a file of cameras speaks of.
    """

    x: Float[NumpyArray, "photos columns"]
    cameras: Float[NumpyArray, "photos 4 4"] | None
    world: Float[NumpyArray, "photos 4 4"] | None = None


def fit_together(request: TogetherRequest, messenger: Messenger) -> TogetherFit:
    """Fit the person of several photos with one shape, or with one shape and one pose, and write a result folder a photo.

    The file together.json says what they share (docs/result-files.md). Raises a FittingError for everything that a user can act
    on.
    """
    started = perf_counter()
    for photo in request.photos:
        check_result_folder(photo.folder)
        check_users_files(photo.folder, inputs_of(photo))
    inputs = [read_input(photo, messenger) for photo in request.photos]
    subjects = _subjects(request, inputs)
    world = _given_cameras(request, inputs)
    first = request.photos[0]
    setup = fit_setup(first.model, first.gender)
    engine = choose_engine(first.engine, first.device, len(inputs))
    read = perf_counter()
    messenger.status(f"Fitting {len(subjects)} photos one by one ({engine.name}, {engine.device})")

    def report(fraction: float, stage: str, loss: float, row: NumpyArray) -> None:
        del row
        messenger.progress(fraction, stage, loss)

    alone = fit_batch(setup, subjects, engine.make, report)
    messenger.status(f"Fitting them together as one {request.common}")
    found = _together(request, setup, subjects, alone, world)
    fit = _as_fit(setup, subjects, found.x)
    run = EngineRun(engine, read - started, perf_counter() - read)
    for number, (photo, one) in enumerate(zip(request.photos, inputs, strict=True)):
        outcome = build_outcome(photo, setup, one, fit.part(slice(number, number + 1)), run, messenger)
        write_results(photo, outcome, list(outcome.warnings), messenger)
    write_bytes_atomically(request.folder / TOGETHER_FILE, json_bytes(_common_facts(request, setup, found)))
    files = [*(f"{photo.folder.name}/" for photo in request.photos), TOGETHER_FILE]
    messenger.done(request.folder.resolve().name, files, 1)
    return found


def _subjects(request: TogetherRequest, inputs: Sequence[PhotoInput]) -> list[Subject]:
    """Return the one person of every photo. Raises KeypointFileError where different detectors have seen them."""
    subjects = [one.subjects[0] for one in inputs]
    detectors = [subject.keypoints.detector for subject in subjects]
    other = next((number for number, name in enumerate(detectors) if name != detectors[0]), None)
    if other is not None:
        raise KeypointFileError(
            f"{request.photos[other].photo} and {request.photos[0].photo} have points of different detectors "
            f"({detectors[other]}, {detectors[0]}). Give keypoint files of one detector for all photos, or none."
        )
    return subjects


def _given_cameras(
    request: TogetherRequest, inputs: Sequence[PhotoInput]
) -> Float[NumpyArray, "photos 4 4"] | None:
    """Return where the cameras of a file stand in its world; None without one. Raises CameraFileError."""
    file = request.photos[0].camera.file
    if file is None:
        return None
    ups = {one.camera.world_up for one in inputs}
    if len(ups) > 1:
        raise CameraFileError(
            f"{file}: 'up' differs ({', '.join(sorted(ups))}). Name the same axis for all cameras."
        )
    found: list[NumpyArray] = []
    for photo, one in zip(request.photos, inputs, strict=True):
        if one.camera.world_from_camera is None:
            raise CameraFileError(
                f"{file}: the camera of {photo.photo.name} does not say where it stands. Give 'R' and 't' for all."
            )
        found.append(one.camera.world_from_camera)
    return np.stack(found)


def _together(
    request: TogetherRequest,
    setup: FitSetup,
    subjects: Sequence[Subject],
    alone: BatchFit,
    world: Float[NumpyArray, "photos 4 4"] | None,
) -> TogetherFit:
    if request.common == "person":
        return TogetherFit(with_one_shape(setup, subjects, alone.x[:, 0]), None)
    if world is not None:
        x = with_given_cameras(setup, subjects, alone.x, world).x
        return TogetherFit(x, first_from_cameras(setup, x), world)
    x = with_one_pose(setup, subjects, alone.x).x
    return TogetherFit(x, first_from_cameras(setup, x))


def _as_fit(setup: FitSetup, subjects: Sequence[Subject], x: Float[NumpyArray, "photos columns"]) -> BatchFit:
    """Return the rows as a fit of one solution a photo, with what each costs as a photo."""
    stage = setup.stages[-1]
    costs = stage_problem(setup, subjects, stage, x, numpy_double()).costs(x)
    scores = {name: np.asarray(cost)[:, None] for name, cost in costs.items()}
    return BatchFit(x[:, None], sum(scores.values(), np.zeros((len(x), 1))), 0, scores)


def _common_facts(request: TogetherRequest, setup: FitSetup, found: TogetherFit) -> dict[str, object]:
    """Return the content of together.json: the person's height, and where the cameras stood."""
    betas = found.x[0, setup.layout.betas()]
    photos: list[dict[str, object]] = []
    for number, photo in enumerate(request.photos):
        entry: dict[str, object] = {"photo": photo.photo.name, "folder": photo.folder.name}
        if found.cameras is not None:
            entry["first_from_camera"] = found.cameras[number].tolist()
        if found.world is not None:
            entry["world_from_camera"] = found.world[number].tolist()
        photos.append(entry)
    return {
        "status": "done",
        "kind": f"same-{request.common}",
        "height_cm": round(100.0 * measured(setup.points.model, betas).height_m, 1),
        "photos": photos,
    }
