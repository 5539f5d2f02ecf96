"""Reads the few values that a fit needs from TIFF directories: EXIF, or a TIFF file's own.

Sources: TIFF 6.0 for the structure, EXIF 2.32 (CIPA DC-008) for the tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from fitting_core.files.byte_source import ByteSource, DamagedDataError

IMAGE_WIDTH = 0x0100
IMAGE_LENGTH = 0x0101
_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_FOCAL_LENGTH = 0x920A
_PIXEL_X_DIMENSION = 0xA002
_FOCAL_PLANE_X_RESOLUTION = 0xA20E
_FOCAL_PLANE_RESOLUTION_UNIT = 0xA210
_FOCAL_LENGTH_IN_35MM_FILM = 0xA405

# Millimetres in a FocalPlaneResolutionUnit: inch, centimetre (EXIF), millimetre, micrometre (TIFF/EP and
# makers).
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_INCH = 2

# `struct` letters of the field types that the tags above may have: BYTE, SHORT, LONG, RATIONAL.
_FIELD_LETTERS = {1: "B", 3: "H", 4: "I", 5: "II"}
_INLINE_BYTES = 4
_ENTRY_BYTES = 12
# Cameras write about 60 entries a directory; more than this is damage.
_MAXIMUM_ENTRIES = 1000
_TIFF_MAGIC = 42
_BIG_TIFF_MAGIC = 43

# A lens outside this range is a mistake: 5 mm is a fisheye, 2000 mm the longest catalogue lens with
# converter.
_FOCAL_MM35_RANGE = (5.0, 2000.0)

Tags = Mapping[int, float]


@dataclass(frozen=True)
class ExifFacts:
    """Facts of EXIF: orientation 1–8, 35-mm equivalent in mm, focal length in px of width `width_px`."""

    orientation: int = 1
    focal_mm35: float | None = None
    focal_px: float | None = None
    width_px: int | None = None


def read_exif(source: ByteSource) -> ExifFacts:
    """Read an EXIF block (a TIFF header and its directories); damaged parts are passed over."""
    tags: dict[int, float] = {}
    with suppress(DamagedDataError):
        tags.update(read_tiff_tags(source))
    return facts_of(tags)


def read_tiff_tags(source: ByteSource) -> Tags:
    """Read the first values of the tags of the first directory and its EXIF directory; raises DamagedDataError.

    No other directory is followed, so that none can lead back to itself.
    """
    order = {b"II": "<", b"MM": ">"}.get(source.read(0, 2))
    if order is None:
        raise DamagedDataError("its TIFF header has no byte order")
    (magic,) = source.numbers(f"{order}H", 2)
    if magic == _BIG_TIFF_MAGIC:
        raise DamagedDataError("it is a BigTIFF, which is not read; save it as TIFF, JPEG or PNG")
    if magic != _TIFF_MAGIC:
        raise DamagedDataError("its TIFF header is not one")
    (offset,) = source.numbers(f"{order}I", 4)
    tags = _directory(source, order, offset)
    if _EXIF_DIRECTORY in tags:
        with suppress(DamagedDataError):
            tags |= _directory(source, order, int(tags[_EXIF_DIRECTORY]))
    return tags


def _directory(source: ByteSource, order: str, offset: int) -> dict[int, float]:
    (count,) = source.numbers(f"{order}H", offset)
    if count > _MAXIMUM_ENTRIES:
        raise DamagedDataError(f"a TIFF directory has {count} entries")
    tags: dict[int, float] = {}
    for index in range(count):
        entry = offset + 2 + index * _ENTRY_BYTES
        tag, field_type, values = source.numbers(f"{order}HHI", entry)
        letters = _FIELD_LETTERS.get(field_type)
        if letters is not None and values >= 1:
            with suppress(DamagedDataError):
                tags[tag] = _first_value(source, order + letters, values, entry + 8)
    return tags


def _first_value(source: ByteSource, layout: str, values: int, position: int) -> float:
    one = source.numbers  # the value stands inline when all values together fit into four bytes
    size = {"B": 1, "H": 2, "I": 4}.get(layout[1:], 8) * values
    offset = position if size <= _INLINE_BYTES else one(f"{layout[0]}I", position)[0]
    numbers = one(layout, offset)
    if len(numbers) == 1:
        return float(numbers[0])
    numerator, denominator = numbers
    if denominator == 0:
        raise DamagedDataError("a fraction has no denominator")
    return numerator / denominator


def facts_of(tags: Tags) -> ExifFacts:
    """Return the facts in a set of tags; values that make no sense count as missing."""
    orientation = int(tags.get(_ORIENTATION, 1))
    focal_mm35 = tags.get(_FOCAL_LENGTH_IN_35MM_FILM)
    shortest, longest = _FOCAL_MM35_RANGE
    width = int(tags.get(_PIXEL_X_DIMENSION, 0))
    return ExifFacts(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        focal_mm35=focal_mm35 if focal_mm35 is not None and shortest <= focal_mm35 <= longest else None,
        focal_px=_focal_px(tags),
        width_px=width if width > 0 else None,
    )


def _focal_px(tags: Tags) -> float | None:
    """Focal length (mm) times the pixels a millimetre on the sensor."""
    focal_mm, resolution = tags.get(_FOCAL_LENGTH, 0.0), tags.get(_FOCAL_PLANE_X_RESOLUTION, 0.0)
    unit_mm = _UNIT_MM.get(int(tags.get(_FOCAL_PLANE_RESOLUTION_UNIT, _INCH)))
    if unit_mm is None or focal_mm <= 0 or resolution <= 0:
        return None
    return focal_mm * resolution / unit_mm
