"""From a request of a sequence to its result folder: the table of contents of this room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from fitting_core.arguments.request import SequenceRequest
from fitting_core.arrays import NumpyArray
from fitting_core.engine import choose_engine, double_precision
from fitting_core.fitting.setup import FitSetup
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera, photo_camera
from fitting_core.photo.header import PhotoHeader
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.exchange import check_result_folder, check_users_files

from .frames.clip import Clip, FrameTimes, chosen_frames
from .frames.opening import clip_at
from .motion.body_and_lens import BodyAndLens, settled_body_and_lens
from .motion.fit_person import FitTools, TrackedPerson, fit_people, standing_points
from .motion.tracked_motion import TrackedMotion
from .motion.world import StandingPoints
from .outcome.motion_file import SequenceCamera
from .outcome.overlay_movie import check_can_write_movies
from .outcome.placing import placed_camera
from .outcome.result_folder import SequenceOutcome, inputs_of, write_sequence
from .pace import Pace
from .people.people_of_clip import chosen_tracks, people_of_clip, tracked_person
from .people.track_facts import track_facts
from .shots.remarks import remarks_on_shots
from .steps_kept import KeptSteps


def fit_or_list(request: SequenceRequest, messenger: Messenger) -> None:
    """Do what a request asks for: fit people, or say who there is. Raises as `fit_sequence` does."""
    if request.list_people:
        list_people(request, messenger)
    else:
        fit_sequence(request, messenger)


def list_people(request: SequenceRequest, messenger: Messenger) -> None:
    """Send a TRACK for everybody who is followed through the clip, the most prominent first, then DONE without files.

    What was seen is kept in the folder, and a fit of the same clip goes on from there. Raises as `fit_sequence` does.
    """
    check_result_folder(request.folder)
    check_users_files(request.folder, inputs_of(request))
    clip = clip_at(request.clip, request.fps)
    frames = chosen_frames(clip.frames, request.start, request.end, request.step, request.clip)
    _tell_clip(clip, frames, messenger)
    people = people_of_clip(request, clip, frames, _kept_steps(request), messenger)
    for remark in (*remarks_on_shots(people.watched.shots, frames.numbers), *people.remarks()):
        messenger.warning(remark)
    for number, track in enumerate(people.tracks):
        messenger.track(track_facts(track, number, people.keypoints, frames.numbers))
    messenger.done(request.folder.resolve().name, [], len(people.tracks))


def fit_sequence(request: SequenceRequest, messenger: Messenger) -> SequenceOutcome:
    """Fit the people of a clip and write the result folder; see docs/result-files.md.

    Raises a FittingError for everything that a user can act on. What was done before a kill or a cancel is kept in the
    folder, and the same request goes on from there.
    """
    started = perf_counter()
    check_result_folder(request.folder)
    check_users_files(request.folder, inputs_of(request))
    if request.write_overlay:
        check_can_write_movies()
    clip = clip_at(request.clip, request.fps)
    frames = chosen_frames(clip.frames, request.start, request.end, request.step, request.clip)
    _tell_clip(clip, frames, messenger)
    steps = _kept_steps(request)
    setup = fit_setup(request.model, "neutral" if request.gender == "automatic" else request.gender)
    camera = photo_camera(_header(clip), request.focal, request.camera)
    messenger.status(f"Focal length {camera.focal.px:.0f} px ({camera.focal.source})")
    found = people_of_clip(request, clip, frames, steps, messenger)
    chosen, warnings = chosen_tracks(request, found, messenger)
    people = [tracked_person(found, number, track, camera, clip) for number, track in chosen]
    read = perf_counter()
    engine = choose_engine(request.engine, request.device, sum(len(one.subjects) for one in people))
    settled = settled_body_and_lens(
        request,
        lambda gender: fit_setup(request.model, gender),
        BodyAndLens((setup,) * len(people), camera, people),
        engine.make,
        messenger,
    )
    make = double_precision(engine)
    tools = [
        FitTools(own, engine.make, make, frames.fps, request.smoothness, steps) for own in settled.setups
    ]
    motions = _fitted(tools, settled.people, messenger)
    outcome = SequenceOutcome(
        setups=settled.setups,
        clip=clip,
        frames=frames,
        camera=_in_world(settled.setups, motions, settled.camera, clip),
        motions=tuple(motions),
        people=tuple(settled.people),
        engine=engine,
        seconds={"read": read - started, "fit": perf_counter() - read},
        warnings=(*clip.warnings, *warnings, *settled.warnings),
        choices=settled.choices,
        shots=found.watched.shots,
        shot=found.shot_of(chosen[0][1]),
        returns=tuple(found.returns_of(track) for _, track in chosen),
    )
    files = write_sequence(request, outcome, messenger)
    steps.remove()
    messenger.done(request.folder.resolve().name, files, len(motions))
    return outcome


def _kept_steps(request: SequenceRequest) -> KeptSteps:
    """Open the steps of a request; those of a list of the clip's people serve the fit of any of them."""
    same = replace(request, folder=Path(), person=None, list_people=False)
    return KeptSteps(request.folder, [same], inputs_of(request))


def _tell_clip(clip: Clip, frames: FrameTimes, messenger: Messenger) -> None:
    for warning in clip.warnings:
        messenger.warning(warning)
    width, height = clip.size
    rate = f"{frames.fps:.5g}"
    messenger.status(f"{clip.path.name}: {len(frames)} frames of {width} × {height} at {rate} a second")


def _header(clip: Clip) -> PhotoHeader:
    """Return the clip's picture as a photo that says nothing of its lens."""
    return PhotoHeader(clip.size, clip.size, 1, None, None, ".png")


def _fitted(
    tools: Sequence[FitTools], people: Sequence[TrackedPerson], messenger: Messenger
) -> list[TrackedMotion]:
    """Fit the people together, so that they share a floor."""
    pace = Pace(messenger)
    total = sum(len(person.subjects) for person in people)
    done = [0.0] * len(people)
    for person in people:
        messenger.status(f"Person {person.number}: fitting {len(person.subjects)} frames")

    def report(place: int, fraction: float, words: str, cost: float) -> None:
        done[place] = fraction * len(people[place].subjects)
        pace.tell(sum(done) / total, f"person {people[place].number}: {words}", cost)

    return fit_people(tools, people, report)


def _in_world(
    setups: Sequence[FitSetup], motions: Sequence[TrackedMotion], camera: PhotoCamera, clip: Clip
) -> SequenceCamera:
    """Place the camera in the world that everybody's feet tell of."""
    standing = list(_standing(setups, motions))
    given = None
    if camera.world_from_camera is not None:
        given = camera.world_from_camera[:3, :3].T @ _axis(camera.world_up)
    place = placed_camera(setups, motions, standing, given)
    return SequenceCamera(camera.focal.px, camera.focal.source, camera.principal_point, clip.size, place)


def _standing(setups: Sequence[FitSetup], motions: Sequence[TrackedMotion]) -> Iterator[StandingPoints]:
    for setup, motion in zip(setups, motions, strict=True):
        yield replace(standing_points(setup, motion.x), contacts=motion.contacts)


def _axis(name: Literal["z", "y", "-y", "-z"] | str) -> NumpyArray:
    axis = np.zeros(3)
    axis["xyz".index(name[-1])] = -1.0 if name.startswith("-") else 1.0
    return axis
