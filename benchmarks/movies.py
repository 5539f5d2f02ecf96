"""Movies that benchmarks write."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from fitting_core.arrays import NumpyArray


def write_movie(path: Path, pictures: Sequence[NumpyArray], rate: Fraction) -> None:
    """Write pictures (height, width, 3), RGB with even sides, as a movie; needs PyAV."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=rate)
        stream.pix_fmt, stream.bit_rate = "yuv420p", 8_000_000
        stream.height, stream.width = pictures[0].shape[:2]
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
