"""A clip: the frames of a movie or of numbered pictures, when each is shown, and those that a sequence takes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import ClipError, RequestError, shown
from fitting_core.photo.header import MAXIMUM_PIXELS, MINIMUM_SIDE_PX

if TYPE_CHECKING:
    from jaxtyping import Float, Int, UInt8

    Picture = UInt8[NumpyArray, "height width 3"]
else:
    Picture = NumpyArray


MOST_FRAMES = 100_000  # of a sequence: what the add-on reads
# Rates that cameras and programs have; a clip whose own rate is as near to one as this has that one.
_USUAL_RATES = tuple(Fraction(rate) for rate in (12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)) + tuple(
    Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120, 240)
)
_SAME_RATE = 4e-4
_FASTEST = 1000


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """The frames of a sequence: `rate` of the clip, and by frame its number in the clip and its time, s; `step` between them."""

    rate: Fraction
    step: int
    numbers: NumpyArray
    times: Float[NumpyArray, " frames"]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def fps(self) -> float:
        """Frames a second of the sequence."""
        return float(self.rate / self.step)


@runtime_checkable
class Clip(Protocol):
    """A clip whose pictures can be had one after another."""

    @property
    def path(self) -> Path:
        """The file or folder."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        ...

    @property
    def frames(self) -> FrameTimes:
        """All frames at the clip's rate."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Oddities in words."""
        ...

    def pictures(self, numbers: NumpyArray, longest_side_px: int | None = None) -> Iterator[Picture]:
        """Yield the upright RGB pictures of some frames, whose numbers ascend; a number may come again.

        With `longest_side_px` they are scaled down to that if they are larger.
        """
        ...


def usual_rate(rate: Fraction) -> Fraction:
    """Return the rate that cameras have if this one is that but for rounding, else itself."""
    nearest = min(_USUAL_RATES, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) <= _SAME_RATE * rate else rate


def checked_rate(rate: Fraction, path: Path) -> Fraction:
    """Return the rate itself; raises ClipError for one that no clip has."""
    if not 0 < rate <= _FASTEST:
        raise ClipError(
            f"{path}: a clip of {float(rate):g} frames a second cannot be fitted. Give its rate with --fps."
        )
    return rate


def checked_size(size: tuple[int, int], path: Path) -> tuple[int, int]:
    """Return the size itself; raises ClipError for pictures too small or too large to be fitted."""
    width, height = size
    if min(size) < MINIMUM_SIDE_PX or width * height > MAXIMUM_PIXELS:
        raise ClipError(
            f"{path}: its pictures have {width} × {height} pixels; {MINIMUM_SIDE_PX} a side to {MAXIMUM_PIXELS // 10**6} million "
            "pixels can be fitted. Scale the clip."
        )
    return size


def regular_frames(
    times: Float[NumpyArray, " frames"], rate: Fraction
) -> tuple[Int[NumpyArray, " ticks"], Float[NumpyArray, " ticks"], bool]:
    """Return the number of the frame shown at every tick of a regular clock, the ticks (s), and whether frames came regularly.

    `times` ascend from 0. A clip of varying rate shows at each tick the last frame that has begun.
    """
    ticks = np.arange(len(times)) / float(rate)
    if np.abs(times - ticks).max(initial=0.0) < 0.5 / float(rate):
        return np.arange(len(times)), ticks, True
    count = int(np.floor(times[-1] * float(rate) + 0.5)) + 1
    ticks = np.arange(count) / float(rate)
    shown_then = np.searchsorted(times, ticks + 0.25 / float(rate), side="right") - 1
    return np.maximum(shown_then, 0), ticks, False


def chosen_frames(frames: FrameTimes, start: int, end: int | None, step: int, path: Path) -> FrameTimes:
    """Return every `step`-th frame from `start` to `end`, both counted in.

    Raises RequestError for a span that the clip does not have.
    """
    last = len(frames) - 1
    stop = last if end is None else end
    if not 0 <= start <= stop <= last:
        raise RequestError(
            f"{path} has the frames 0 to {last}: there is no span from --start {shown(start)} to --end {shown(stop)}."
        )
    chosen = slice(start, stop + 1, step)
    found = FrameTimes(frames.rate, step, frames.numbers[chosen], frames.times[chosen])
    if len(found) > MOST_FRAMES:
        raise RequestError(
            f"{path}: {len(found)} frames are more than the {MOST_FRAMES} of one sequence. Give --start, --end or --step."
        )
    return found
