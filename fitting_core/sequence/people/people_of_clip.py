"""The people of a clip: seen in every frame, told apart by shots, followed, and those who are to be fitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fitting_core.arguments.request import SequenceRequest
from fitting_core.errors import FittingError, NobodyFoundError, RequestError
from fitting_core.eyes.arithmetic import chosen_arithmetic
from fitting_core.eyes.networks import evaluated_by
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import BODY_COUNT, FACE_COUNT, HAND_COUNT, Keypoints2D
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera

from ..frames.clip import Clip, FrameTimes
from ..frames.keypoint_frames import keypoints_of_clip, read_people
from ..motion.fit_person import TrackedPerson
from ..pace import frames_report
from ..shots.kept_watch import kept_watch
from ..shots.remarks import remarks_on_shots
from ..shots.watching import Shot, WatchedClip, unwatched, watch_clip
from ..steps_kept import KeptSteps
from .looking import SeenPeople, look_at_known, see_clip
from .returning import Rejoined, rejoin
from .sides import with_own_sides
from .tracking import Track, by_prominence, track_people


@dataclass(frozen=True, eq=False)
class ClipPeople:
    """The people of a clip: who is seen in every frame, the shots, and everybody who is followed, the most prominent first."""

    seen: tuple[SeenPeople, ...]
    watched: WatchedClip
    followed: Rejoined
    frames: FrameTimes

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Everybody who is followed, by the numbers that `--person` takes."""
        return self.followed.tracks

    @cached_property
    def keypoints(self) -> list[list[Keypoints2D]]:
        """The keypoints of the people of every frame."""
        return keypoints_of(self.seen)

    def shot_of(self, track: Track) -> Shot:
        """Return the shot in which somebody is."""
        return next(shot for shot in self.watched.shots if track.frames[0] <= shot.last_frame)

    def returns_of(self, track: Track) -> tuple[tuple[int, int], ...]:
        """Return the last frame before and the first after every absence that was bridged by joining tracks."""
        return tuple((before, after) for one, before, after in self.followed.returns if one is track)

    def remarks(self) -> Iterator[str]:
        """Yield what there is to say of people who came back, and of those who may have."""
        numbers, places = self.frames.numbers, {track: number for number, track in enumerate(self.tracks)}
        for track, before, after in self.followed.returns:
            yield (
                f"Person {places[track]} is gone after frame {numbers[before]} and back in frame {numbers[after]}, known by the "
                "clothes; the motion between is a bridge"
            )
        for earlier, later in self.followed.doubts:
            yield (
                f"Person {places[later]}, from frame {numbers[later.frames[0]]}, may be person {places[earlier]} come back: the "
                "clothes do not tell for sure, and they are two people here"
            )


def keypoints_of(seen: Sequence[SeenPeople]) -> list[list[Keypoints2D]]:
    """Return the keypoints of the people of every frame, without what else was seen of them."""
    return [[person for person, _ in people] for people in seen]


def people_of_clip(
    request: SequenceRequest, clip: Clip, frames: FrameTimes, steps: KeptSteps, messenger: Messenger
) -> ClipPeople:
    """Return everybody who is followed through the clip. Raises NobodyFoundError, and KeypointFileError."""
    seen = tuple(_seen_people(request, clip, frames, steps, messenger))
    keypoints = keypoints_of(seen)
    watched = _watched(clip, frames, keypoints, steps, messenger)
    spans = [slice(shot.first_frame, shot.last_frame + 1) for shot in watched.shots]
    tracks = track_people(keypoints, frames.fps, spans)
    if not tracks:
        raise NobodyFoundError(
            f"{request.clip}: nobody was seen for long enough to be fitted. Give a clip on which a person is larger or clearer, "
            "or keypoint files of its frames."
        )
    followed = rejoin(tracks, watched)
    ordered = tuple(by_prominence(followed.tracks, keypoints))
    return ClipPeople(seen, watched, replace(followed, tracks=ordered), frames)


def _seen_people(
    request: SequenceRequest, clip: Clip, frames: FrameTimes, steps: KeptSteps, messenger: Messenger
) -> list[SeenPeople]:
    """Return the people of every frame, from keypoint files where there are any, else from the pictures."""
    report = frames_report(len(frames), "looking", messenger)
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


def _watched(
    clip: Clip,
    frames: FrameTimes,
    people: Sequence[Sequence[Keypoints2D]],
    steps: KeptSteps,
    messenger: Messenger,
) -> WatchedClip:
    """Look for cuts and a moving camera; pictures that cannot be had are no obstacle to people whose keypoints are known."""
    messenger.status(f"{clip.path.name}: looking for cuts and a camera that moves")
    report = frames_report(len(frames), "looking for cuts", messenger)
    try:
        return kept_watch(steps, people, lambda: watch_clip(clip, frames, people, report))
    except (FittingError, ImportError) as problem:
        messenger.warning(f"The pictures could not be looked at for cuts and a camera that moves: {problem}")
        return unwatched(len(frames))


def chosen_tracks(
    request: SequenceRequest, people: ClipPeople, messenger: Messenger
) -> tuple[list[tuple[int, Track]], tuple[str, ...]]:
    """Return the tracks to be fitted with their numbers, and remarks. Raises RequestError for a number that is not there.

    All of them are of one shot: that of the person who is asked for, or of the most prominent one.
    """
    tracks, numbers = people.tracks, people.frames.numbers
    for number, track in enumerate(tracks):
        first, last = numbers[track.frames[0]], numbers[track.frames[-1]]
        messenger.status(f"Person {number}: frames {first} to {last}, seen in {len(track.frames)}")
    chosen = 0 if request.person is None or request.person == "all" else request.person
    if chosen >= len(tracks):
        raise RequestError(
            f"There is no person {chosen}: {len(tracks)} are followed through the clip, numbered from 0."
        )
    shot = people.shot_of(tracks[chosen])
    remarks = [*remarks_on_shots(people.watched.shots, numbers, shot), *people.remarks()]
    for remark in remarks:
        messenger.warning(remark)
    if request.person == "all":
        return [(number, one) for number, one in enumerate(tracks) if people.shot_of(one) is shot], tuple(
            remarks
        )
    others = len(tracks) - 1
    if others and request.person is None:
        remarks.append(
            f"{others} more {'is' if others == 1 else 'are'} in the clip: --person all fits everybody"
        )
    return [(chosen, tracks[chosen])], tuple(remarks)


def tracked_person(
    people: ClipPeople, number: int, track: Track, camera: PhotoCamera, clip: Clip
) -> TrackedPerson:
    """Return a track with a subject for every frame of its span."""
    first, places = track.frames[0], {frame: place for place, frame in enumerate(track.frames)}
    detector = people.seen[first][track.indices[0]][0].detector
    nobody = (replace(_no_keypoints(), detector=detector), NO_CUES)

    def subject(frame: int) -> Subject:
        if frame not in places:
            return _subject(*nobody, camera, clip)
        place = places[frame]
        keypoints, cues = people.seen[frame][track.indices[place]]
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
