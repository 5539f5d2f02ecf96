"""Looks at the pictures of a clip once, small: where it is cut, if the camera moves, and what its people wear."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fitting_core.keypoints.keypoints2d import Keypoints2D

from ..frames.clip import Clip, FrameTimes
from .camera_motion import COMPARED_PER_SECOND, CameraMotion, CameraWatch
from .clothes import Clothes, clothes_of
from .cuts import AROUND, CutFinder
from .sketch import Sketch, sketch_of

_PICTURE_PX = 480  # longer side of the pictures that are looked at


@dataclass(frozen=True)
class Shot:
    """The frames of a sequence (both counted in) between two cuts, and the motion of its camera if that moves."""

    first_frame: int
    last_frame: int
    camera_motion: CameraMotion | None = None


@dataclass(frozen=True, eq=False)
class WatchedClip:
    """The shots of a clip, and the clothes of everybody in every frame; no clothes where the pictures were not seen."""

    shots: tuple[Shot, ...]
    clothes: tuple[tuple[Clothes, ...], ...] = ()


def unwatched(count: int) -> WatchedClip:
    """Return a clip of `count` frames of which nothing is known: one shot of a still camera."""
    return WatchedClip((Shot(0, count - 1),))


def watch_clip(
    clip: Clip, frames: FrameTimes, people: Sequence[Sequence[Keypoints2D]], report: Callable[[int], None]
) -> WatchedClip:
    """Look at the pictures of some frames, whose people are known; `report` hears how many are done.

    Raises what `Clip.pictures` raises.
    """
    shots = _ShotList(max(1, round(frames.fps / COMPARED_PER_SECOND)))
    clothes: list[tuple[Clothes, ...]] = []
    pictures = clip.pictures(frames.numbers, _PICTURE_PX)
    for frame, (picture, present) in enumerate(zip(pictures, people, strict=True)):
        shots.add(sketch_of(picture, present, clip.size))
        scale = picture.shape[1] / clip.size[0]
        clothes.append(tuple(clothes_of(picture, person, scale) for person in present))
        report(frame + 1)
    return WatchedClip(shots.ended(), tuple(clothes))


class _ShotList:
    """Hears the sketches of a clip in turn; compares every so many with the first of their shot once that is known."""

    def __init__(self, compared_step: int) -> None:
        self._step = compared_step
        self._finder = CutFinder()
        self._waiting: deque[Sketch] = deque()
        self._settled = 0  # frames whose shot is known
        self._first = 0
        self._camera = CameraWatch()
        self._shots: list[Shot] = []

    def add(self, sketch: Sketch) -> None:
        self._finder.add(sketch)
        self._waiting.append(sketch)
        if len(self._waiting) > AROUND:
            self._settle()

    def ended(self) -> tuple[Shot, ...]:
        while self._waiting:
            self._settle()
        self._end_shot()
        return tuple(self._shots)

    def _settle(self) -> None:
        sketch = self._waiting.popleft()
        if self._finder.is_cut(self._settled):
            self._end_shot()
        if (self._settled - self._first) % self._step == 0:
            self._camera.add(sketch, self._settled)
        self._settled += 1

    def _end_shot(self) -> None:
        self._shots.append(Shot(self._first, self._settled - 1, self._camera.motion()))
        self._first, self._camera = self._settled, CameraWatch()
