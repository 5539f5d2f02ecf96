"""The people in the pictures of a clip: found by the eyes and followed from picture to picture.

The body network says where it would look for a person in the next picture; once in a while the whole picture is searched for
newcomers, and whenever nobody is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import SeenBody
from fitting_core.eyes.detector import follow_bodies, see_person, with_newcomers
from fitting_core.eyes.openpose_points import openpose_points
from fitting_core.eyes.regions import Region
from fitting_core.keypoints.keypoints2d import BODY_COUNT, KEYPOINT_COUNT, Keypoints2D
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.keypoints.sections import SECTION_COUNT
from fitting_core.photo.seen_people import cues_at, cues_of

from ..frames.clip import Clip, Picture
from ..steps_kept import KeptSteps

_AT_ONCE = 30  # frames between searches for newcomers, kept as one step
_NAMES = ("counts", "keypoints", "depths", "widths", "regions")

SeenPeople = tuple[tuple[Keypoints2D, PhotoCues], ...]
Report = Callable[[int], None]


def see_clip(clip: Clip, numbers: NumpyArray, steps: KeptSteps, report: Report) -> Iterator[SeenPeople]:
    """Yield the people of every frame in turn; `report` hears how many frames are done."""
    regions: tuple[Region, ...] = ()
    pictures: Iterator[Picture] | None = None
    for first in range(0, len(numbers), _AT_ONCE):
        chunk = numbers[first : first + _AT_ONCE]
        name = f"seen_{first}"
        pictures = _opened(clip, numbers[first:], pictures, steps.has(name))
        source = pictures

        def seen(
            source: Iterator[Picture] | None = source,
            count: int = len(chunk),
            regions: tuple[Region, ...] = regions,
        ) -> dict[str, NumpyArray]:
            assert source is not None, "pictures are opened for a step that is not kept"
            return _as_arrays(_Follower(regions).follow(source, count))

        arrays = steps.step(name, _NAMES, seen)
        regions = tuple(Region(*map(float, row)) for row in arrays["regions"])
        yield from _from_arrays(arrays)
        report(first + len(chunk))


def _opened(
    clip: Clip, numbers: NumpyArray, pictures: Iterator[Picture] | None, is_kept: bool
) -> Iterator[Picture] | None:
    """Return the pictures from here on; none are decoded for a step that is kept."""
    if is_kept:
        return None
    return clip.pictures(numbers) if pictures is None else pictures


@dataclass(frozen=True, eq=False)
class _Seen:
    people: list[SeenPeople]
    regions: tuple[Region, ...]


class _Follower:
    """Follows people through some pictures that follow each other."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = tuple(regions)

    def follow(self, pictures: Iterator[Picture], count: int) -> _Seen:
        """Look at the next `count` pictures; hands and faces of one are seen while the bodies of the next are."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            waiting = [
                pool.submit(_details, picture, self._bodies(picture, number == 0))
                for number, picture in zip(range(count), pictures, strict=False)
            ]
            return _Seen([task.result() for task in waiting], self._regions)

    def _bodies(self, picture: Picture, is_search: bool) -> list[SeenBody]:
        bodies = follow_bodies(picture, self._regions)
        if is_search or not bodies:
            bodies = with_newcomers(picture, bodies)
        self._regions = tuple(body.following for body in bodies if body.following is not None)
        return bodies


def _details(picture: Picture, bodies: Sequence[SeenBody]) -> SeenPeople:
    size = (picture.shape[1], picture.shape[0])
    people = (see_person(picture, body) for body in bodies)
    return tuple((openpose_points(person, size), cues_of(person.body, picture)) for person in people)


def look_at_known(
    clip: Clip,
    numbers: NumpyArray,
    people: Sequence[Sequence[Keypoints2D]],
    steps: KeptSteps,
    report: Report,
) -> Iterator[SeenPeople]:
    """Yield the people of every frame, whose keypoints are known, with what the pictures show of them beside."""
    pictures: Iterator[Picture] | None = None
    for first in range(0, len(numbers), _AT_ONCE):
        chunk = people[first : first + _AT_ONCE]
        name = f"cues_{first}"
        pictures = _opened(clip, numbers[first:], pictures, steps.has(name))
        source = pictures

        def seen(
            source: Iterator[Picture] | None = source, chunk: Sequence[Sequence[Keypoints2D]] = chunk
        ) -> dict[str, NumpyArray]:
            assert source is not None, "pictures are opened for a step that is not kept"
            with ThreadPoolExecutor(max_workers=2) as pool:
                waiting = [pool.submit(_cues_at_all, next(source), frame_people) for frame_people in chunk]
                return _as_arrays(_Seen([task.result() for task in waiting], ()))

        arrays = steps.step(name, _NAMES, seen)
        found = _from_arrays(arrays)
        for frame_people, with_cues in zip(chunk, found, strict=True):
            yield tuple((person, cues) for person, (_, cues) in zip(frame_people, with_cues, strict=True))
        report(first + len(chunk))


def _cues_at_all(picture: Picture, people: Sequence[Keypoints2D]) -> SeenPeople:
    return tuple((person, cues_at(picture, person)) for person in people)


def _as_arrays(seen: _Seen) -> dict[str, NumpyArray]:
    """Return what was seen as arrays: NaN where nothing was."""
    everybody = [one for frame in seen.people for one in frame]
    depths = np.full((len(everybody), BODY_COUNT, 2), np.nan)
    widths = np.full((len(everybody), SECTION_COUNT, 5), np.nan)
    for number, (_, cues) in enumerate(everybody):
        if cues.body_depths is not None:
            depths[number] = cues.body_depths
        if cues.widths is not None:
            widths[number] = cues.widths
    keypoints = [person.stacked() for person, _ in everybody]
    regions = [(one.x, one.y, one.side, one.turn) for one in seen.regions]
    return {
        "counts": np.array([len(frame) for frame in seen.people], dtype=np.int64),
        "keypoints": np.array(keypoints).reshape(-1, KEYPOINT_COUNT, 3),
        "depths": depths,
        "widths": widths,
        "regions": np.array(regions, dtype=np.float64).reshape(-1, 4),
    }


def _from_arrays(arrays: dict[str, NumpyArray]) -> Iterator[SeenPeople]:
    place = 0
    for count in arrays["counts"]:
        yield tuple(_person_of(arrays, place + number) for number in range(int(count)))
        place += int(count)


def _person_of(arrays: dict[str, NumpyArray], place: int) -> tuple[Keypoints2D, PhotoCues]:
    depths, widths = arrays["depths"][place], arrays["widths"][place]
    cues = PhotoCues(None if np.isnan(depths).any() else depths, None if np.isnan(widths).any() else widths)
    return Keypoints2D.of_stack(arrays["keypoints"][place], "eyes"), cues
