"""Reads size, orientation and focal length of a photo file, without an image library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fitting_core.errors import PhotoError
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.byte_source import ByteSource
from fitting_core.files.regular_file import open_regular
from fitting_core.photo.containers import CONTAINERS, Container, ImageFacts

# The largest phone and medium-format sensors have 200 megapixels (16384 × 12288).
MAXIMUM_PIXELS = 16384 * 12288
# Four bytes a pixel of the largest picture: more than any photo has, even uncompressed.
MAXIMUM_BYTES = 4 * MAXIMUM_PIXELS
# Smaller pictures show nobody well enough to fit.
MINIMUM_SIDE_PX = 16
# A 35-mm frame is 36 mm wide.
FULL_FRAME_WIDTH_MM = 36.0
# EXIF orientations from here on exchange width and height.
_FIRST_TURNED_ORIENTATION = 5
# Focal lengths in units of the longer side outside these are mistakes (35-mm equivalents of 5 and 2000 mm).
_FOCAL_RANGE = (5.0 / FULL_FRAME_WIDTH_MM, 2000.0 / FULL_FRAME_WIDTH_MM)

_SIGNATURE_BYTES = 16
_CONVERT = "Save it as JPEG or PNG and try again."
# Camera raw files are TIFF inside, but their first picture is a thumbnail.
_RAW_SUFFIXES = frozenset({".dng", ".nef", ".cr2", ".arw", ".orf", ".rw2", ".pef", ".srw"})


@dataclass(frozen=True)
class PhotoHeader:
    """The content of the head of a photo file.

    Sizes are (width, height) in pixels: `stored_size` as the file has them, `size` upright after
    `orientation` (EXIF, 1–8). `focal_mm35` is the 35-mm equivalent as written; `focal_px_from_exif` the focal
    length in pixels that follows from EXIF. `suffix` is the usual one of the format (`.jpg`), whatever the
    file is called.
    """

    stored_size: tuple[int, int]
    size: tuple[int, int]
    orientation: int
    focal_mm35: float | None
    focal_px_from_exif: float | None
    suffix: str


def read_photo_header(path: Path) -> PhotoHeader:
    """Read the header of a JPEG, PNG, WebP, TIFF or BMP file.

    Damaged EXIF counts as missing. Raises PhotoError when the file is missing, of another format, damaged
    before its size is known, or of a size that cannot be fitted.
    """
    if path.suffix.lower() in _RAW_SUFFIXES:
        raise PhotoError(f"{path} is a camera raw file, which is not read. {_CONVERT}")
    with (
        reader_border(path, PhotoError, "photo", "Export or copy the photo again."),
        open_regular(path) as file,
    ):
        container, facts = _read(path, file)
    _check_size(path, facts.size)
    return _header(facts, container.suffix)


def _read(path: Path, file: BinaryIO) -> tuple[Container, ImageFacts]:
    length = file.seek(0, 2)
    if length > MAXIMUM_BYTES:
        raise RefusedError(f"it has {length // 10**6} MB, where {MAXIMUM_BYTES // 10**6} are the limit")
    source = ByteSource(file, 0, length)
    start = source.read(0, min(_SIGNATURE_BYTES, length))
    for container in CONTAINERS:
        if container.begins(start):
            return container, container.read(source)
    raise PhotoError(f"{path} is {_in_words(start)}. {_CONVERT}")


def _in_words(start: bytes) -> str:
    if not start:
        return "empty"
    if start[4:8] == b"ftyp":
        return "a HEIC or AVIF picture or a video, which is not read"
    if start.startswith(b"GIF8"):
        return "a GIF, which is not read"
    if start.startswith((b"{", b"[")):
        return "text, perhaps the keypoint file, not a photo"
    return "not a JPEG, PNG, WebP, TIFF or BMP picture"


def _check_size(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    if min(size) < MINIMUM_SIDE_PX:
        raise PhotoError(
            f"{path} is {width} × {height} pixels; at least {MINIMUM_SIDE_PX} a side are needed. "
            "Give a larger photo."
        )
    if width * height > MAXIMUM_PIXELS:
        raise PhotoError(
            f"{path} is {width} × {height} pixels, more than {MAXIMUM_PIXELS // 10**6} million. "
            "Scale it down and detect the keypoints again."
        )


def _header(facts: ImageFacts, suffix: str) -> PhotoHeader:
    exif, (width, height) = facts.exif, facts.size
    turned = exif.orientation >= _FIRST_TURNED_ORIENTATION
    return PhotoHeader(
        stored_size=facts.size,
        size=(height, width) if turned else (width, height),
        orientation=exif.orientation,
        focal_mm35=exif.focal_mm35,
        focal_px_from_exif=_focal_px(facts),
        suffix=suffix,
    )


def _focal_px(facts: ImageFacts) -> float | None:
    """Focal length in pixels of the stored picture.

    f = f₃₅ · longer side / 36 mm. Strictly the 35-mm equivalent refers to the diagonal (43.27 mm), which for
    a 4 : 3 picture would give 4 % more; most software uses the longer side. Without it, the focal length in
    mm times the pixels a millimetre on the sensor, scaled when the picture was resized since.
    """
    exif, longer = facts.exif, max(facts.size)
    if exif.focal_mm35 is not None:
        return exif.focal_mm35 * longer / FULL_FRAME_WIDTH_MM
    if exif.focal_px is None:
        return None
    focal_px = exif.focal_px * facts.size[0] / (exif.width_px or facts.size[0])
    return focal_px if _FOCAL_RANGE[0] <= focal_px / longer <= _FOCAL_RANGE[1] else None
