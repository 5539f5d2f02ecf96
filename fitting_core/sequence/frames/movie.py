"""A movie file as a clip, read by PyAV, which is imported only when a movie is opened."""

from __future__ import annotations

import importlib.util
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import ClipError, RequestError
from fitting_core.files.border import reader_border
from fitting_core.files.regular_file import open_regular

from .clip import FrameTimes, Picture, checked_rate, checked_size, regular_frames, usual_rate

# Containers that hold one movie in one file. Others are lists of further files, which nothing here is to open.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,flv,asf,mxf,ogg,gif,h264,hevc,dv,ivf"
)
_NEXT_STEP = "Export it as MP4 (H.264), or give its frames as numbered pictures."


@dataclass(frozen=True, eq=False)
class Movie:
    """A movie file; a `Clip`. `quarter_turns` counter-clockwise stand its pictures upright."""

    path: Path
    size: tuple[int, int]
    frames: FrameTimes
    warnings: tuple[str, ...]
    quarter_turns: int

    def pictures(self, numbers: NumpyArray, longest_side_px: int | None = None) -> Iterator[Picture]:
        """See `Clip.pictures`. Raises ClipError where the movie ends early or is damaged."""
        wanted = deque(int(number) for number in numbers)
        with _opened(self.path) as (container, stream):
            for place, frame in enumerate(container.decode(stream)):
                times = _leading(wanted, place)
                if times:
                    small = frame if longest_side_px is None else _scaled_down(frame, longest_side_px)
                    yield from repeat(_upright(small, self.quarter_turns), times)
                if not wanted:
                    return
        raise ClipError(f"{self.path} is cut off or damaged: frame {wanted[0]} cannot be had. {_NEXT_STEP}")


def _leading(wanted: deque[int], place: int) -> int:
    """Take a number off the front as often as it stands there; return how often."""
    times = 0
    while wanted and wanted[0] == place:
        wanted.popleft()
        times += 1
    return times


def can_read_movies() -> bool:
    """True if PyAV is there."""
    return importlib.util.find_spec("av") is not None


def open_movie(path: Path, fps: Fraction | None = None) -> Movie:
    """Read the head and the times of a movie, no pictures but the first.

    `fps` overrules its rate: its frames count as shown so fast; of a movie without a steady rate as many a second are taken.

    Raises ClipError for a file that is no movie, RequestError without PyAV.
    """
    if not can_read_movies():
        raise RequestError(
            f"{path}: this Python cannot read movies. Install PyAV (pip install av), or give its frames as numbered pictures."
        )
    with _opened(path) as (container, stream):
        times = _times(container, stream, path)
        measured = stream.average_rate or stream.guessed_rate or stream.base_rate
        own = checked_rate(usual_rate(Fraction(measured or 0)), path)
    with _opened(path) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise ClipError(f"{path} holds no picture that can be decoded. {_NEXT_STEP}")
        turns = round(getattr(first, "rotation", 0) / 90) % 4
        size = (first.width, first.height)
    rate = own if fps is None else checked_rate(fps, path)
    numbers, ticks, is_regular = regular_frames(times, own)
    if is_regular:
        ticks = numbers / float(rate)  # another rate plays the same frames faster or slower
    elif fps is not None:
        numbers, ticks, _ = regular_frames(times, rate)
    warnings = (
        ()
        if is_regular
        else (
            f"{path.name} has no steady frame rate: of each {float(rate):.4g}th of a second the frame is taken that is shown "
            "then",
        )
    )
    upright = (size[1], size[0]) if turns % 2 else size
    return Movie(path, checked_size(upright, path), FrameTimes(rate, 1, numbers, ticks), warnings, turns)


@contextmanager
def _opened(path: Path) -> Generator[tuple[Any, Any]]:
    """Yield the container and its first stream of pictures; what goes wrong inside becomes a ClipError."""
    import av

    with (
        reader_border(path, ClipError, "movie", _NEXT_STEP),
        open_regular(path) as file,
        av.open(file, options={"format_whitelist": _CONTAINERS}) as container,
    ):
        if not container.streams.video:
            raise ClipError(f"{path} holds no pictures, only sound or data. {_NEXT_STEP}")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield container, stream


def _times(container: Any, stream: Any, path: Path) -> NumpyArray:
    """Return when each frame is shown, s after the first, in that order; read from the packets without decoding them."""
    stamps = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
    if not stamps:
        raise ClipError(f"{path} holds no frames. {_NEXT_STEP}")
    return (np.array(stamps, dtype=np.float64) - stamps[0]) * float(stream.time_base)


def _scaled_down(frame: Any, longest_side_px: int) -> Any:
    factor = longest_side_px / max(frame.width, frame.height)
    if factor >= 1.0:
        return frame
    width, height = (max(1, round(side * factor)) for side in (frame.width, frame.height))
    return frame.reformat(width=width, height=height, format="rgb24")


def _upright(frame: Any, quarter_turns: int) -> Picture:
    picture: NumpyArray = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(picture, quarter_turns)) if quarter_turns else picture
