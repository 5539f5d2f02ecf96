# pyright: basic
"""Photos and movies as the files that the core's batch asks for, where its Python cannot decode them: Blender does."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from ...result.clip_rate import ClipRate
from ...result.errors import ResultError
from .clip_frames import ClipFrames
from .clip_pixels import clip_facts
from .pixel_copy import LONGEST_SIDE_PX, decoded_pixels, pixmap_header

_UNUSED_RATE = ClipRate(24, 1)  # of numbered images, which a movie has none of


def photo_pixmap(photo: Path) -> bytes | None:
    """Return a portable pixmap of a photo as it is stored, scaled down; None where Blender cannot decode it."""
    try:
        pixels = decoded_pixels(photo, LONGEST_SIDE_PX)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: Blender's, for a file that is no picture
        return None
    if pixels is None:
        return None
    return pixmap_header(pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


class HandedClip:
    """A movie whose frames go into a folder of their own under `base`; those of a run that was killed are taken as they are."""

    def __init__(self, movie: Path, base: Path) -> None:
        status = movie.stat()
        made_of = f"{movie.absolute()}\0{status.st_mtime_ns}\0{status.st_size}"
        name = hashlib.sha256(made_of.encode(errors="surrogatepass")).hexdigest()[:16]
        self._movie, self._folder = movie, base / name

    def facts(self) -> bytes:
        """Return what the core is told before it needs the frames. Raises ResultError."""
        found = clip_facts(self._movie)
        return json.dumps(
            {
                "frames": found.frame_count,
                "folder": "",
                "fps": str(found.rate),
                "size": found.size,
            }
        ).encode()

    def frames(self) -> tuple[ClipFrames, bytes]:
        """Return the frames, ready to be written one after another, and what the core is told then. Raises ResultError."""
        frames = ClipFrames(self._movie, (), _UNUSED_RATE)
        facts = frames.facts
        if facts.frame_count < 1:
            raise ResultError(f"{self._movie} has no frames. Choose another video.")
        frames.begin(self._folder, range(facts.frame_count))
        told = {
            "frames": facts.frame_count,
            "folder": str(self._folder.absolute()),
            "fps": str(facts.rate),
            "size": facts.size,
        }
        return frames, json.dumps(told).encode()

    def remove(self) -> None:
        """Remove the frames of a clip that is done."""
        shutil.rmtree(self._folder, ignore_errors=True)
