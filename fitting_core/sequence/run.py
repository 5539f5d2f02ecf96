"""From a request of a sequence to its result folder: the table of contents of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from fitting_core.arguments.request import SequenceRequest
from fitting_core.arrays import NumpyArray
from fitting_core.engine import choose_engine, double_precision
from fitting_core.errors import NobodyFoundError, RequestError
from fitting_core.eyes.arithmetic import chosen_arithmetic
from fitting_core.eyes.networks import evaluated_by
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import (
    BODY_COUNT,
    FACE_COUNT,
    HAND_COUNT,
    Keypoints2D,
)
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera, photo_camera
from fitting_core.photo.header import PhotoHeader
from fitting_core.pipeline import fit_setup
from fitting_core.results.exchange import check_result_folder, check_users_files

from .clip import Clip, FrameTimes, chosen_frames
from .fit_person import FitTools, TrackedPerson, fit_person, standing_points
from .keypoint_frames import keypoints_of_clip, read_people
from .looking import SeenPeople, look_at_known, see_clip
from .motion_file import SequenceCamera
from .movie import open_movie
from .overlay_movie import check_can_write_movies
from .picture_files import is_pattern, open_picture_files
from .placing import placed_camera
from .result_folder import SequenceOutcome, write_sequence
from .sides import with_own_sides
from .steps_kept import KeptSteps
from .tracked_motion import TrackedMotion
from .tracking import Track, track_people
from .world import StandingPoints

_REPORT_SECONDS = 0.2  # between messages of progress, at least


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
    clip = open_clip(request)
    frames = chosen_frames(clip.frames, request.start, request.end, request.step, request.clip)
    _tell_clip(clip, frames, messenger)
    steps = KeptSteps(request.folder, [replace(request, folder=Path())], inputs_of(request))
    setup = fit_setup(request.model, request.gender)
    camera = photo_camera(_header(clip), request.focal, request.camera)
    messenger.status(f"Focal length {camera.focal.px:.0f} px ({camera.focal.source})")
    seen = _seen_people(request, clip, frames, steps, messenger)
    chosen, warnings = _chosen_tracks(request, seen, frames, messenger)
    people = [_tracked(seen, track, number, camera, clip) for number, track in enumerate(chosen)]
    read = perf_counter()
    engine = choose_engine(request.engine, request.device, sum(len(one.subjects) for one in people))
    tools = FitTools(setup, engine.make, double_precision(engine), frames.fps, request.smoothness, steps)
    motions = _fitted(tools, people, messenger)
    outcome = SequenceOutcome(
        setup,
        clip,
        frames,
        _in_world(setup, motions, camera, clip),
        tuple(motions),
        tuple(people),
        engine,
        {"read": read - started, "fit": perf_counter() - read},
        (*clip.warnings, *warnings),
    )
    files = write_sequence(request, outcome, messenger)
    steps.remove()
    messenger.done(request.folder.resolve().name, files, len(motions))
    return outcome


def inputs_of(request: SequenceRequest) -> list[Path]:
    """Return the files that the result is made from and that may lie in its folder."""
    named = (request.clip, request.camera.file, request.keypoints)
    return [path for path in named if path is not None and path.exists()]


def open_clip(request: SequenceRequest) -> Clip:
    """Open the clip of a request. Raises ClipError, and RequestError for a movie without PyAV."""
    if request.clip.is_dir() or is_pattern(request.clip):
        return open_picture_files(request.clip, request.fps)
    return open_movie(request.clip, request.fps)


def _tell_clip(clip: Clip, frames: FrameTimes, messenger: Messenger) -> None:
    for warning in clip.warnings:
        messenger.warning(warning)
    width, height = clip.size
    rate = f"{frames.fps:.5g}"
    messenger.status(f"{clip.path.name}: {len(frames)} frames of {width} × {height} at {rate} a second")


def _header(clip: Clip) -> PhotoHeader:
    """Return the clip's picture as a photo that says nothing of its lens."""
    return PhotoHeader(clip.size, clip.size, 1, None, None, ".png")


def _seen_people(
    request: SequenceRequest, clip: Clip, frames: FrameTimes, steps: KeptSteps, messenger: Messenger
) -> list[SeenPeople]:
    """Return the people of every frame, from keypoint files where there are any, else from the pictures."""
    report = _frames_report(len(frames), "looking", messenger)
    found = {} if request.detect else keypoints_of_clip(clip, request.keypoints)
    arithmetic = chosen_arithmetic(request.engine, request.device, len(frames))
    if not found:
        messenger.status(f"{clip.path.name}: looking for people ({arithmetic.name})")
        with evaluated_by(arithmetic):
            return list(see_clip(clip, frames.numbers, steps, report))
    read = read_people(found, frames.numbers, clip.size, request.body_order, request.points_size)
    for warning in read.warnings:
        messenger.warning(warning)
    if read.missing:
        messenger.warning(f"{read.missing} of {len(frames)} frames have no keypoint file")
    messenger.status(f"Keypoints of {len(frames) - read.missing} frames ({read.dialect})")
    if request.depth_cue:
        with evaluated_by(arithmetic):
            return list(look_at_known(clip, frames.numbers, read.people, steps, report))
    return [tuple((person, NO_CUES) for person in people) for people in read.people]


def _frames_report(count: int, words: str, messenger: Messenger) -> Callable[[int], None]:
    pace = _Pace(messenger)

    def report(done: int) -> None:
        pace.tell(done / count, f"{words}: {done} of {count}", 0.0)

    return report


class _Pace:
    """Reports progress with the time that is left, not too often."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._started = perf_counter()
        self._last = 0.0
        self._first: float | None = None  # what a run before this one had done already

    def tell(self, fraction: float, words: str, cost: float) -> None:
        """Report the fraction that is done."""
        now = perf_counter()
        if self._first is None:
            self._first = fraction
        if fraction < 1.0 and now - self._last < _REPORT_SECONDS:
            return
        self._last = now
        done = fraction - self._first
        left = (now - self._started) * (1.0 - fraction) / done if done > 0 else None
        ending = "" if left is None else f", {left:.0f} s left"
        self._messenger.progress(fraction, f"{words}{ending}", cost)


def _chosen_tracks(
    request: SequenceRequest, seen: Sequence[SeenPeople], frames: FrameTimes, messenger: Messenger
) -> tuple[list[Track], tuple[str, ...]]:
    """Return the tracks to be fitted. Raises NobodyFoundError, and RequestError for a number that is not there."""
    tracks = track_people([[person for person, _ in people] for people in seen], frames.fps)
    if not tracks:
        raise NobodyFoundError(
            f"{request.clip}: nobody was seen for long enough to be fitted. Give a clip on which a person is larger or clearer, "
            "or keypoint files of its frames."
        )
    for number, track in enumerate(tracks):
        words = f"frames {track.frames[0]} to {track.frames[-1]}, seen in {len(track.frames)}"
        messenger.status(f"Person {number}: {words}")
    if request.person == "all":
        return tracks, ()
    number = request.person or 0
    if number >= len(tracks):
        raise RequestError(
            f"There is no person {number}: {len(tracks)} are followed through the clip, numbered from 0."
        )
    others = len(tracks) - 1
    note = f"{others} more {'is' if others == 1 else 'are'} in the clip: --person all fits everybody"
    return [tracks[number]], (note,) if others and request.person is None else ()


def _tracked(
    seen: Sequence[SeenPeople], track: Track, number: int, camera: PhotoCamera, clip: Clip
) -> TrackedPerson:
    """Return a track with a subject for every frame of its span."""
    first, places = track.frames[0], {frame: place for place, frame in enumerate(track.frames)}
    detector = seen[first][track.indices[0]][0].detector
    nobody = (replace(_no_keypoints(), detector=detector), NO_CUES)

    def subject(frame: int) -> Subject:
        if frame not in places:
            return _subject(*nobody, camera, clip)
        place = places[frame]
        keypoints, cues = seen[frame][track.indices[place]]
        if track.exchanged[place].any():  # what else was seen has exchanged sides, too
            return _subject(with_own_sides(keypoints, track.exchanged[place]), NO_CUES, camera, clip)
        return _subject(keypoints, cues, camera, clip)

    span = range(first, track.frames[-1] + 1)
    is_seen = np.array([frame in places for frame in span])
    return TrackedPerson(number, first, tuple(subject(frame) for frame in span), is_seen)


def _no_keypoints() -> Keypoints2D:
    hand = np.zeros((HAND_COUNT, 3))
    return Keypoints2D(np.zeros((BODY_COUNT, 3)), hand, hand, np.zeros((FACE_COUNT, 3)))


def _subject(keypoints: Keypoints2D, cues: PhotoCues, camera: PhotoCamera, clip: Clip) -> Subject:
    return Subject(keypoints, camera.focal.px, camera.principal_point, None, float(clip.size[1]), cues)


def _fitted(tools: FitTools, people: Sequence[TrackedPerson], messenger: Messenger) -> list[TrackedMotion]:
    """Fit one person after another."""
    total = sum(len(person.subjects) for person in people)
    pace = _Pace(messenger)
    motions: list[TrackedMotion] = []
    before = 0
    for person in people:
        count = len(person.subjects)
        messenger.status(f"Fitting person {person.number}, {count} frames")

        def report(
            fraction: float, words: str, cost: float, before: int = before, count: int = count
        ) -> None:
            pace.tell((before + fraction * count) / total, words, cost)

        motions.append(fit_person(tools, person, report))
        before += count
    return motions


def _in_world(
    setup: FitSetup, motions: Sequence[TrackedMotion], camera: PhotoCamera, clip: Clip
) -> SequenceCamera:
    """Place the camera in the world that everybody's feet tell of."""
    standing = list(_standing(setup, motions))
    given = None
    if camera.world_from_camera is not None:
        given = camera.world_from_camera[:3, :3].T @ _axis(camera.world_up)
    place = placed_camera(setup, motions, standing, given)
    return SequenceCamera(camera.focal.px, camera.focal.source, camera.principal_point, clip.size, place)


def _standing(setup: FitSetup, motions: Sequence[TrackedMotion]) -> Iterator[StandingPoints]:
    for motion in motions:
        yield replace(standing_points(setup, motion.x), contacts=motion.contacts)


def _axis(name: Literal["z", "y", "-y", "-z"] | str) -> NumpyArray:
    axis = np.zeros(3)
    axis["xyz".index(name[-1])] = -1.0 if name.startswith("-") else 1.0
    return axis
