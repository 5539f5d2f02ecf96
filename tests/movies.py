"""Movies for tests, written with PyAV."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_QUARTER_TURN = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)  # clockwise, as a telephone held upright writes it


def write_movie(
    path: Path, pictures: Sequence[np.ndarray], rate: Fraction = Fraction(25), times: Sequence[int] = ()
) -> Path:
    """Write pictures (height, width, 3) as a movie; `times` are their places in ticks of the rate, else one after another."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[number] if times else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn_movie(path: Path) -> None:
    """Let players turn an .mp4 by a quarter, clockwise: only the matrix in its track header changes."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    matrix = header + (24 if data[header] == 0 else 36) + 16
    data[matrix : matrix + 36] = struct.pack(">9i", *_QUARTER_TURN)
    path.write_bytes(data)


def grey_steps(count: int, size: tuple[int, int] = (64, 48)) -> list[np.ndarray]:
    """Pictures of one grey each, brighter from one to the next."""
    width, height = size
    return [np.full((height, width, 3), 20 + 10 * number, dtype=np.uint8) for number in range(count)]
