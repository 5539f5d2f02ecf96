"""Cuts and cameras in made clips: what is one, what is none, and how far the background moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.sequence.frames.clip import FrameTimes, Picture
from fitting_core.sequence.shots.remarks import remarks_on_shots
from fitting_core.sequence.shots.watching import Shot, WatchedClip, watch_clip

SIZE = (480, 270)
RATE = Fraction(10)  # every frame is compared
_FAR = 1200  # side of a made world, px


@dataclass(frozen=True, eq=False)
class MadeClip:
    """Pictures in memory as a clip."""

    made: Sequence[np.ndarray]
    path: Path = Path("made.mp4")
    size: tuple[int, int] = SIZE
    warnings: tuple[str, ...] = field(default=())

    @property
    def frames(self) -> FrameTimes:
        numbers = np.arange(len(self.made))
        return FrameTimes(RATE, 1, numbers, numbers / float(RATE))

    def pictures(self, numbers: np.ndarray, longest_side_px: int | None = None) -> Iterator[Picture]:
        del longest_side_px
        yield from (self.made[int(number)] for number in numbers)


def world(seed: int) -> Image.Image:
    """A large picture of blobs of all sizes, whose colours are the same from seed to seed."""
    random = np.random.default_rng(seed)
    total = np.zeros((_FAR, _FAR, 3))
    for cells in (16, 64, 200):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(noise.resize((_FAR, _FAR), Image.Resampling.BICUBIC), dtype=float)
    return Image.fromarray((total / 3.0).astype(np.uint8))


WORLDS = [world(seed) for seed in range(3)]


def view(scene: int, x: float = 0.0, y: float = 0.0, zoom: float = 1.0, degrees: float = 0.0) -> Image.Image:
    """What a camera sees that looks at a place of a world (px from its middle)."""
    turn, half = np.radians(degrees), np.array(SIZE) / 2.0
    c, s = np.cos(turn) / zoom, np.sin(turn) / zoom
    middle = np.array([_FAR / 2 + x, _FAR / 2 + y]) - [c * half[0] - s * half[1], s * half[0] + c * half[1]]
    data = (c, -s, middle[0], s, c, middle[1])
    return WORLDS[scene].transform(SIZE, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)


def grainy(pictures: Sequence[Image.Image | np.ndarray]) -> list[np.ndarray]:
    random = np.random.default_rng(9)
    return [
        np.clip(np.asarray(picture, dtype=float) + random.normal(0, 4, (SIZE[1], SIZE[0], 1)), 0, 255).astype(
            np.uint8
        )
        for picture in pictures
    ]


def walker(frame: int, width: int = 70) -> tuple[slice, slice]:
    left = 20 + 9 * frame
    return slice(30, 250), slice(left, left + width)


def with_walker(picture: Image.Image, frame: int, width: int = 70) -> np.ndarray:
    """Somebody striped who walks through the picture."""
    drawn = np.asarray(picture).copy()
    rows, columns = walker(frame, width)
    drawn[rows, columns] = np.where(np.arange(rows.start, rows.stop)[:, None, None] // 20 % 2, 230, 30)
    return drawn


def person_at(frame: int, width: int = 70) -> Keypoints2D:
    """The same walker's keypoints: 25 points inside the box."""
    rows, columns = walker(frame, width)
    body = np.full((25, 3), 0.9)
    body[:, 0] = np.linspace(columns.start + 5, columns.stop - 5, 25)
    body[:, 1] = np.linspace(rows.start + 5, rows.stop - 5, 25)
    hand = np.zeros((21, 3))
    return Keypoints2D(body, hand, hand, np.zeros((70, 3)))


def watched(
    pictures: Sequence[Image.Image | np.ndarray], people: Sequence[Sequence[Keypoints2D]] = ()
) -> WatchedClip:
    clip = MadeClip(grainy(pictures))
    heard: list[int] = []
    found = watch_clip(clip, clip.frames, people or [()] * len(pictures), heard.append)
    assert heard == list(range(1, len(pictures) + 1))
    return found


def flash(frame: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), 250) if frame == 8 else np.asarray(view(0))


CUTS: dict[str, tuple[Callable[[int], Image.Image | np.ndarray], list[int]]] = {
    "one scene": (lambda frame: view(0), []),
    "a cut": (lambda frame: view(int(frame >= 8)), [8]),
    "two cuts, and back": (lambda frame: view(int(5 <= frame < 10)), [5, 10]),
    "a cut in the second frame": (lambda frame: view(int(frame >= 1)), [1]),
    "a cut before the last frame": (lambda frame: view(int(frame >= 15)), [15]),
    "another place of one scene": (lambda frame: view(0, 400.0 * (frame >= 8)), [8]),
    "a flash": (flash, []),
    "a fast pan": (lambda frame: view(0, 30.0 * frame - 200.0), []),
    "light that fades": (lambda frame: np.asarray(view(0)) * (1.0 - 0.05 * frame), []),
    "somebody walks through": (lambda frame: with_walker(view(0), frame, 200), []),
    "one grey": (lambda frame: np.full((SIZE[1], SIZE[0], 3), 120), []),
    "greys that brighten": (lambda frame: np.full((SIZE[1], SIZE[0], 3), 20 + 12 * frame), []),
}


@pytest.mark.parametrize(("picture", "cuts"), CUTS.values(), ids=CUTS)
def test_cuts(picture: Callable[[int], Image.Image | np.ndarray], cuts: list[int]) -> None:
    shots = watched([picture(frame) for frame in range(16)]).shots
    assert [shot.first_frame for shot in shots] == [0, *cuts]
    assert [shot.last_frame for shot in shots] == [*(cut - 1 for cut in cuts), 15]


STILL: dict[str, Callable[[int], Image.Image | np.ndarray]] = {
    "a tripod": lambda frame: view(0),
    "a tripod that trembles": lambda frame: view(0, 0.8 * np.sin(frame), 0.8 * np.cos(1.7 * frame)),
    "somebody walks before it": lambda frame: with_walker(view(0), frame),
    "light that fades": lambda frame: np.asarray(view(0)) * (1.0 - 0.03 * frame),
    "a bare wall": lambda frame: np.full((SIZE[1], SIZE[0], 3), 180),
}


@pytest.mark.parametrize("picture", STILL.values(), ids=STILL)
def test_still_cameras(picture: Callable[[int], Image.Image | np.ndarray]) -> None:
    (shot,) = watched([picture(frame) for frame in range(15)]).shots
    assert shot.camera_motion is None


def test_nobody_is_background() -> None:
    """Somebody fills most of the picture's texture and walks: their keypoints say that it is not the world that moves."""
    wall = Image.new("RGB", SIZE, (120, 120, 120))
    pictures = [with_walker(wall, frame, 300) for frame in range(15)]
    people = [(person_at(frame, 300),) for frame in range(15)]
    assert watched(pictures, people).shots[0].camera_motion is None


MOVING: dict[str, tuple[Callable[[int], Image.Image | np.ndarray], float]] = {
    "a slow pan": (lambda frame: view(0, 1.8 * frame), 1.8 * 14 / 480),
    "a pan past all that was there": (lambda frame: view(0, 40.0 * frame - 280.0), 40.0 * 14 / 480),
    "a tilt": (lambda frame: view(0, 0.0, -3.0 * frame), 42 / 480),
    "a zoom": (lambda frame: view(0, zoom=1.0 + 0.012 * frame), 0.168 * 0.5 * np.hypot(1.0, 0.6)),
    "a roll": (lambda frame: view(0, degrees=0.6 * frame), np.radians(8.4) * 0.5 * np.hypot(1.0, 0.6)),
    "a hand": (
        lambda frame: view(0, 14.0 * np.sin(0.6 * frame), 14.0 * np.cos(0.46 * frame)),
        28.0 / 480,
    ),
    "a pan behind somebody": (lambda frame: with_walker(view(0, 4.5 * frame), frame), 4.5 * 14 / 480),
}


@pytest.mark.parametrize(("picture", "farthest"), MOVING.values(), ids=MOVING)
def test_moving_cameras(picture: Callable[[int], Image.Image | np.ndarray], farthest: float) -> None:
    (shot,) = watched([picture(frame) for frame in range(15)]).shots
    assert shot.camera_motion is not None
    assert shot.camera_motion.largest_shift == pytest.approx(farthest, rel=0.15)
    assert shot.camera_motion.last_frame >= 12


def test_a_camera_too_fast_to_follow() -> None:
    (shot,) = watched(
        [view(0, 300.0 * np.sin(1.3 * frame), 300.0 * np.sin(frame)) for frame in range(15)]
    ).shots
    assert shot.camera_motion is not None and shot.camera_motion.largest_shift is None


def test_each_shot_has_its_camera() -> None:
    """A still shot, then a pan: what was before the cut says nothing of what is after it."""
    shots = watched([view(0) if frame < 10 else view(1, 4.0 * frame) for frame in range(30)]).shots
    assert [shot.camera_motion is None for shot in shots] == [True, False]


def test_remarks_say_what_to_do() -> None:
    shots = watched([view(0) if frame < 10 else view(1, 4.0 * frame) for frame in range(30)]).shots
    numbers = np.arange(100, 130)
    said = list(remarks_on_shots(shots, numbers, shots[1]))
    assert "frames 100 to 109, 110 to 129" in said[0] and "--start" in said[0]
    assert said[1].startswith("The camera moves from frame 11") and "steady the clip" in said[1]
    assert len(list(remarks_on_shots(shots, numbers, shots[0]))) == 1
    assert list(remarks_on_shots([Shot(0, 9)], numbers, Shot(0, 9))) == []
