"""A path in, the clip that lies there out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from .clip import Clip
from .movie import open_movie
from .picture_files import is_pattern, open_picture_files


def clip_at(path: Path, fps: Fraction | None = None) -> Clip:
    """Open a movie, a folder of numbered pictures or a pattern. Raises ClipError, and RequestError for a movie without PyAV."""
    if path.is_dir() or is_pattern(path):
        return open_picture_files(path, fps)
    return open_movie(path, fps)
