# pyright: basic
"""Any frame of a movie as pixels, by Blender's own movie reader.

Blender lets Python read the pixels of a movie's first frame only; its sequencer renders every one, unchanged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np

from ...result.clip_rate import ClipRate, rate_of
from ...result.errors import ResultError
from ..created import remove_block
from .clip_plate import clip_size

COLOURS = "sRGB"  # of the file, of the work in between and of what is written: no value changes
TGA_HEADER_BYTES = 18
TGA_FROM_TOP = 0x20


@dataclass(frozen=True)
class ClipFacts:
    """Pictures of a clip: width and height in px, as Blender shows them, their number, and how many there are a second."""

    size: tuple[int, int]
    frame_count: int
    rate: ClipRate

    def size_within(self, long_side_px: int) -> tuple[int, int]:
        """Return the size of the pictures scaled down to at most `long_side_px` on their longer side, px."""
        scale = min(1.0, long_side_px / max(self.size))
        width, height = self.size
        return max(1, round(width * scale)), max(1, round(height * scale))


def clip_facts(movie: Path) -> ClipFacts:
    """Look at a movie. Raises `ResultError` where Blender cannot read it."""
    try:
        clip = bpy.data.movieclips.load(str(movie), check_existing=False)
    except RuntimeError as error:  # Blender's, for a file that is not there
        raise ResultError(f"{movie} cannot be read. Choose another movie.") from error
    try:
        size, rate = clip_size(clip), rate_of(clip.fps)
        if 0 in size or rate is None or clip.source != "MOVIE" or clip.frame_duration < 1:
            raise ResultError(
                f"{movie} is no movie that Blender can read. Convert it to MP4 (H.264), or choose numbered images."
            )
        return ClipFacts(size, clip.frame_duration, rate)
    finally:
        bpy.data.movieclips.remove(clip)


class MovieReader:
    """The frames of one movie. To be had from `reading_movie`."""

    def __init__(self, movie: Path, facts: ClipFacts, long_side_px: int, folder: Path) -> None:
        self._scene: Any = bpy.data.scenes.new("SMPLify clip")
        self._picture = folder / "frame.tga"
        render = self._scene.render
        render.resolution_x, render.resolution_y = facts.size_within(long_side_px)
        render.fps, render.fps_base = facts.rate.blender
        render.filepath = str(self._picture)
        render.use_file_extension = False
        render.image_settings.file_format = "TARGA_RAW"
        render.image_settings.color_mode = "RGB"
        self._scene.view_settings.view_transform = "Standard"
        self._scene.sequencer_colorspace_settings.name = COLOURS
        editor = self._scene.sequence_editor_create()
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences
        strip = strips.new_movie("clip", str(movie), 1, 0, fit_method="FIT")
        strip.colorspace_settings.name = COLOURS

    def pixels(self, frame: int) -> np.ndarray:
        """Return a frame of the clip, counted from 0, as (H, W, 3) bytes, first row on top. Raises `ResultError`."""
        self._scene.frame_set(frame)
        with cast("Any", bpy.context).temp_override(scene=self._scene):
            try:
                bpy.ops.render.render(write_still=True, scene=self._scene.name)
            except RuntimeError as error:
                raise ResultError(f"Frame {frame} of the clip cannot be read ({error}).") from error
        return _targa_pixels(self._picture.read_bytes())

    def close(self) -> None:
        """Take the scene away again."""
        remove_block(self._scene)


@contextmanager
def reading_movie(movie: Path, facts: ClipFacts, long_side_px: int) -> Generator[MovieReader]:
    """Lend a reader of the movie; its pictures are at most `long_side_px` on their longer side."""
    with tempfile.TemporaryDirectory(prefix="smplify-") as folder:
        reader = MovieReader(movie, facts, long_side_px, Path(folder))
        try:
            yield reader
        finally:
            reader.close()


def _targa_pixels(content: bytes) -> np.ndarray:
    """Return the pixels of an uncompressed Targa picture of 24 bits, as Blender writes it."""
    width, height = (int.from_bytes(content[at : at + 2], "little") for at in (12, 14))
    start = TGA_HEADER_BYTES + content[0]
    values = np.frombuffer(content, np.uint8, width * height * 3, start).reshape(height, width, 3)
    rows = values if content[17] & TGA_FROM_TOP else values[::-1]
    return np.ascontiguousarray(rows[:, :, ::-1])
