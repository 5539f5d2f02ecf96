# pyright: basic
"""A clip's frames as files that the core reads without a movie reader and without an image library.

Blender decodes, one frame after another, so that a window stays usable in between; a run that is given up goes on later.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ...result.clip_rate import ClipRate
from ...result.errors import ResultError
from .clip_pixels import ClipFacts, MovieReader, clip_facts, reading_movie
from .pixel_copy import decoded_pixels, pixmap_header, read_pixmap, write_pixmap

LONGEST_SIDE_PX = 1920
FREE_SHARE = 0.9  # of the disk's free room that frames may fill


class ClipFrames:
    """The wanted frames of a clip on their way into a folder, one file a frame of the clip, named by its number from 0, or like
    the image that it is.

    Frames that are not wanted get a file with the header alone, so that the numbers are those of the clip.
    """

    def __init__(self, clip: Path, images: Sequence[Path], rate: ClipRate) -> None:
        """Look at a movie, or at numbered `images`, which are shown at `rate`. Raises `ResultError` for what cannot be read."""
        self._clip, self._images = clip, images
        self._stack = ExitStack()
        self._reader: MovieReader | None = None
        self._left: list[int] = []
        self._folder = Path()
        self.total = 0
        self.facts = _facts_of_images(images, rate) if images else clip_facts(clip)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the files' pictures, px."""
        return self.facts.size_within(LONGEST_SIDE_PX)

    @property
    def done(self) -> int:
        """Number of wanted frames that are there."""
        return self.total - len(self._left)

    def begin(self, folder: Path, wanted: range) -> None:
        """Choose the folder; frames of an earlier run that are there are taken as they are. Raises `ResultError`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._check_room(folder, wanted)
            header = pixmap_header(*self.size)
            for number in range(wanted[-1] + 1):
                if not (folder / self._name(number)).is_file():
                    (folder / self._name(number)).write_bytes(header)
        except OSError as problem:
            raise ResultError(
                f"{folder} cannot be written ({problem.strerror}). Free some space."
            ) from problem
        self._folder, self.total = folder, len(wanted)
        self._left = [number for number in wanted if not self._is_there(number)]

    def write_next(self) -> bool:
        """Write one more frame; return False when all are there. Raises `ResultError`."""
        if not self._left:
            return False
        self._write(self._left[0])
        del self._left[0]
        return True

    def picture(self, number: int) -> np.ndarray:
        """Return one frame of the clip, (H, W, 3) bytes, and keep it in the folder. Raises `ResultError`."""
        if not self._is_there(number):
            self._write(number)
        return read_pixmap(self._folder / self._name(number))

    def _write(self, number: int) -> None:
        try:
            write_pixmap(self._pixels(number), self._folder / self._name(number))
        except OSError as problem:
            raise ResultError(
                f"Frame {number} cannot be written ({problem.strerror}). Free some space, and fit again: it goes on from there."
            ) from problem

    def close(self) -> None:
        """Let go of the movie; the files stay."""
        self._stack.close()
        self._reader = None

    def _is_there(self, number: int) -> bool:
        return (self._folder / self._name(number)).stat().st_size == self._bytes_a_frame

    def _name(self, number: int) -> str:
        return f"{self._images[number].stem if self._images else f'{number:06d}'}.ppm"

    @property
    def _bytes_a_frame(self) -> int:
        width, height = self.size
        return len(pixmap_header(width, height)) + 3 * width * height

    def _check_room(self, folder: Path, wanted: range) -> None:
        needed, free = len(wanted) * self._bytes_a_frame, shutil.disk_usage(folder).free
        if needed > FREE_SHARE * free:
            raise ResultError(
                f"{len(wanted)} frames take {needed / 1e9:.1f} GB in the temporary folder, where {free / 1e9:.1f} GB are free. "
                "Choose fewer frames or a step, or another temporary folder in Blender's preferences (File Paths)."
            )

    def _pixels(self, number: int) -> np.ndarray:
        if not self._images:
            if self._reader is None:
                self._reader = self._stack.enter_context(
                    reading_movie(self._clip, self.facts, LONGEST_SIDE_PX)
                )
            return self._reader.pixels(number)
        pixels = _image_pixels(self._images[number])
        if pixels.shape[1::-1] != self.size:
            raise ResultError(
                f"{self._images[number]} is of another size than {self._images[0].name}. Choose images of one size."
            )
        return pixels


def _facts_of_images(images: Sequence[Path], rate: ClipRate) -> ClipFacts:
    height, width, _ = _image_pixels(images[0], scaled=False).shape
    return ClipFacts((width, height), len(images), rate)


def _image_pixels(image: Path, scaled: bool = True) -> np.ndarray:
    longest = LONGEST_SIDE_PX if scaled else 10**6
    try:
        pixels = decoded_pixels(image, longest)
    except (OSError, RuntimeError) as error:  # RuntimeError: Blender's, for a file that is no picture
        raise ResultError(f"{image} cannot be read as a picture. Export it as PNG or JPEG.") from error
    if pixels is None:
        raise ResultError(f"{image} cannot be read as a picture. Export it as PNG or JPEG.")
    return pixels
