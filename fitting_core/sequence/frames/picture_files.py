"""Numbered pictures in a folder as a clip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path

import numpy as np

from fitting_core.arguments.folder_listing import PHOTO_SUFFIXES, listing_of, number_of
from fitting_core.arrays import NumpyArray
from fitting_core.errors import ClipError
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.pixels import copied_pixels, copied_size, decoded_pixels

from .clip import FrameTimes, Picture, checked_rate, checked_size

DEFAULT_RATE = Fraction(24)  # Blender's
PIXMAP_SUFFIX = ".ppm"  # binary, 8 bits; read without Pillow
_WILD = "*?["


@dataclass(frozen=True, eq=False)
class PictureFiles:
    """The pictures of a folder in the order of their numbers; a `Clip`."""

    path: Path
    size: tuple[int, int]
    frames: FrameTimes
    warnings: tuple[str, ...]
    files: tuple[Path, ...]

    def pictures(self, numbers: NumpyArray, longest_side_px: int | None = None) -> Iterator[Picture]:
        """See `Clip.pictures`. Raises PhotoError for a file that cannot be decoded, ClipError for one of another size."""
        for number in numbers:
            path = self.files[int(number)]
            if path.suffix == PIXMAP_SUFFIX:
                yield _thinned(self._copied(path), longest_side_px or max(self.size))
                continue
            header = read_photo_header(path)
            if header.size != self.size:
                raise ClipError(
                    f"{path} has {header.size[0]} × {header.size[1]} pixels, the first picture {self.size[0]} × {self.size[1]}. "
                    "Give pictures of one size."
                )
            yield decoded_pixels(path, header, longest_side_px or max(self.size))

    def _copied(self, path: Path) -> Picture:
        picture = copied_pixels(path)
        if picture.shape[1::-1] != self.size:
            raise ClipError(f"{path} is not of the first picture's size. Give pictures of one size.")
        return picture


def _thinned(picture: Picture, longest_side_px: int) -> Picture:
    """Return every so many-th pixel, so that the longer side has at most twice `longest_side_px`."""
    step = max(1, max(picture.shape) // longest_side_px)
    return picture[::step, ::step]


def open_picture_files(path: Path, fps: Fraction | None = None) -> PictureFiles:
    """Open a folder of pictures, or a pattern of their names such as shot_*.png or shot_%04d.png.

    Raises ClipError where there are none.
    """
    files = _files_of(path)
    if not files:
        raise ClipError(
            f"{path}: no picture ({', '.join(PHOTO_SUFFIXES)}) is there. Give a movie, a folder of pictures, or a pattern such "
            "as shot_*.png."
        )
    rate = checked_rate(fps or DEFAULT_RATE, path)
    warnings: tuple[str, ...] = ()
    if fps is None:
        warnings = (f"pictures have no frame rate: {float(rate):g} frames a second are assumed (--fps)",)
    is_copied = files[0].suffix == PIXMAP_SUFFIX
    size = checked_size(copied_size(files[0]) if is_copied else read_photo_header(files[0]).size, path)
    numbers = np.arange(len(files))
    return PictureFiles(path, size, FrameTimes(rate, 1, numbers, numbers / float(rate)), warnings, files)


def is_pattern(path: Path) -> bool:
    """True for a name that stands for many."""
    return any(sign in path.name for sign in _WILD) or "%" in path.name


def _files_of(path: Path) -> tuple[Path, ...]:
    if not is_pattern(path):
        return _ordered(path, listing_of(path).photos or _pixmaps_in(path))
    wild = _as_wild(path.name)
    names = [name for name in listing_of(path.parent).photos if fnmatchcase(name, wild)]
    return _ordered(path.parent, names)


def _pixmaps_in(folder: Path) -> list[str]:
    """Return the frames that a program without an image library has written, as Blender's add-on does."""
    return sorted(path.name for path in folder.glob(f"*{PIXMAP_SUFFIX}"))


def _as_wild(name: str) -> str:
    """Return a pattern with %d or %04d as one with wild cards."""
    before, sign, after = name.partition("%")
    digits, letter, rest = after.partition("d")
    if not sign or not letter or (digits and not digits.isdigit()):
        return name
    return f"{before}{'[0-9]' * int(digits) if digits and int(digits) < 20 else '*'}{rest}"


def _ordered(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Return the files by the numbers at the ends of their names, those without one by name before them."""

    def place(name: str) -> tuple[str, int, str]:
        found = number_of(Path(name).stem)
        return (found[0], found[1], name) if found else (name, -1, name)

    return tuple(folder / name for name in sorted(names, key=place))
