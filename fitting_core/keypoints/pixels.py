"""Turns points as a file has them into pixels of the upright photo.

Files come in pixels of the photo, in pixels of a canvas of another size (`canvas.py`), in 0–1 or in −1–1 (OpenPose's
--keypoint_scale 3 and 4); ControlNet mixes pixels and 0–1 in one file, so each array is decided on its own.
The pixels may be of the photo as stored, before its EXIF orientation is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.canvas import Reading, readings
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson

# 0–1 coordinates outside the canvas reach a little over 1 (DWPose extrapolates feet); nobody is 2 px tall.
UNIT_SQUARE_LIMIT = 2.0
# −1–1: at least this share of the coordinates is clearly negative.
_SIGNED_SHARE = 0.2
_SIGNED_LIMIT = -0.05
# A point this far outside, as a share of the longer side, counts as outside the picture.
_OUTSIDE_MARGIN = 0.02
_MOSTLY_OUTSIDE = 0.5
_SOME_OUTSIDE = 0.25  # feet that a detector has guessed below the picture
# EXIF orientations from here on exchange width and height.
_FIRST_TURNED_ORIENTATION = 5
# Everybody within this share of both sides, counted from the upper left corner, may be of a smaller copy of the photo.
_CORNER = 0.6
IN_A_CORNER = "all its points lie in the upper left part"
_LEAST_OF_A_FIGURE = 8  # body points

Space = Literal["pixels", "0–1", "−1–1"]


@dataclass(frozen=True)
class PhotoFrame:
    """Size of the upright photo in pixels and its EXIF orientation (1–8) as stored."""

    size: tuple[int, int]
    orientation: int = 1

    @property
    def is_turned(self) -> bool:
        return self.orientation >= _FIRST_TURNED_ORIENTATION

    @property
    def stored_size(self) -> tuple[int, int]:
        width, height = self.size
        return (height, width) if self.is_turned else self.size


@dataclass(frozen=True, eq=False)
class PixelPeople:
    """People in pixels of the upright photo, in their file's body layout; the last two are those of `KeypointFile`."""

    people: tuple[RawPerson, ...]
    spaces: tuple[Space, ...]
    warnings: tuple[str, ...]
    is_of_unknown_size: bool = False
    names_size: bool = True


def in_unit_square(points: Points) -> bool:
    """Return True if these coordinates are relative (0–1 or −1–1) rather than pixels."""
    seen = points[points[:, 2] > 0, :2]
    return bool(seen.size) and float(np.abs(seen).max()) <= UNIT_SQUARE_LIMIT


def to_photo_pixels(
    raw: RawKeypoints, photo: PhotoFrame, points_size: tuple[int, int] | None = None
) -> PixelPeople:
    """Return all people in pixels of the upright photo (origin top left, y down).

    `points_size` is the size of the picture that the points are of, as the user says; it comes before what the file names.
    Raises KeypointFileError when the canvas or the points cannot belong to this photo.
    """
    parts = [part for person in raw.people for part in person.parts()]
    signed = _is_signed([part for part in parts if in_unit_square(part)])

    def space_of(part: Points) -> Space:
        return "pixels" if not in_unit_square(part) else "−1–1" if signed else "0–1"

    spaces: tuple[Space, ...] = tuple(sorted({space_of(part) for part in parts}))
    canvas = raw.canvas if points_size is None else (float(points_size[0]), float(points_size[1]))
    if canvas is None:
        turned = _fits_only_as_stored([part for part in parts if not in_unit_square(part)], photo)
        size = photo.stored_size if turned else photo.size
        reading = Reading(size, (1.0, 1.0))
    elif points_size is not None:
        turned, reading = False, _as_said(canvas, photo)
    else:
        turned, reading = _chosen_reading(canvas, photo, parts, "pixels" not in spaces)

    def convert(part: Points) -> Points:
        moved = _scaled(part, space_of(part), reading)
        return _upright(moved, photo) if turned else moved

    warnings: list[str] = []
    if reading.words and (reading.is_stretched or "pixels" in spaces or "padded" in reading.words):
        warnings.append(reading.words)
    if turned:
        warnings.append(
            "its points are of the photo as stored, before its EXIF rotation; they were turned with the photo"
        )
    people = tuple(person.mapped(convert) for person in raw.people)
    warnings.extend(_outside_warnings(people, photo))
    names_size = canvas is not None or "pixels" not in spaces
    doubtful = not names_size and _is_in_a_corner(people, photo)
    if doubtful:
        warnings.append(_corner_warning(people, photo))
    return PixelPeople(people, spaces, tuple(warnings), doubtful, names_size)


def _as_said(canvas: tuple[float, float], photo: PhotoFrame) -> Reading:
    """Return the reading of a size that the user gives: that of the photo scaled, or of the scaled photo padded."""
    found = [reading for reading in readings(canvas, photo.size, False) if not reading.is_stretched]
    width, height = photo.size
    plain = Reading((width, height), (width / canvas[0], height / canvas[1]))
    return found[0] if found and "padded" in found[0].words else plain


def _chosen_reading(
    canvas: tuple[float, float], photo: PhotoFrame, parts: list[Points], are_relative: bool
) -> tuple[bool, Reading]:
    """Return the first reading that puts the points inside the photo, else the first; and whether it is of the photo as stored.

    Raises KeypointFileError where there is none.
    """
    sizes = [(False, photo.size), *([(True, photo.stored_size)] if photo.is_turned else [])]
    found = [(turned, size, way) for turned, size in sizes for way in readings(canvas, size, are_relative)]
    if not found:
        raise KeypointFileError(
            f"its points were made on a canvas of {canvas[0]:g} × {canvas[1]:g}, but the photo is "
            f"{photo.size[0]} × {photo.size[1]}, of another shape. Give the photo that the points were made from "
            "or detect again on this one without cropping; if the canvas is wrong, --points-size says the right size."
        )

    def outside_share(size: tuple[int, int], reading: Reading) -> float:
        points = _seen(
            [_scaled(part, "0–1" if in_unit_square(part) else "pixels", reading) for part in parts]
        )
        return _outside(points, size) / max(len(points), 1)

    whole = [candidate for candidate in found if not candidate[2].is_stretched]
    for most, candidates in ((0.0, whole), (_SOME_OUTSIDE, whole), (0.0, found)):
        for turned, size, reading in candidates:
            if outside_share(size, reading) <= most:
                return turned, reading
    return found[0][0], found[0][2]


def _is_signed(parts: list[Points]) -> bool:
    coordinates = (
        np.concatenate([part[part[:, 2] > 0, :2].ravel() for part in parts]) if parts else np.zeros(0)
    )
    return coordinates.size > 0 and float(np.mean(coordinates < _SIGNED_LIMIT)) >= _SIGNED_SHARE


def _scaled(part: Points, space: Space, reading: Reading) -> Points:
    xy = part[:, :2]
    if space == "pixels":
        xy = xy * np.asarray(reading.pixel_scale)
    elif space == "0–1":
        xy = xy * np.asarray(reading.unit_scale)
    else:
        xy = (xy + 1.0) / 2.0 * np.asarray(reading.unit_scale)
    seen = part[:, 2:] > 0
    return np.column_stack([np.where(seen, xy, 0.0), part[:, 2]])


def _upright(part: Points, photo: PhotoFrame) -> Points:
    """Points of the stored picture moved as its EXIF orientation 5–8 moves the pixels."""
    width, height = photo.stored_size
    x, y = part[:, 0], part[:, 1]
    moved = {
        5: (y, x),  # mirrored about the main diagonal
        6: (height - y, x),  # turned clockwise
        7: (height - y, width - x),  # mirrored about the other diagonal
        8: (y, width - x),  # turned anticlockwise
    }[photo.orientation]
    seen = part[:, 2:] > 0
    return np.column_stack([np.where(seen, np.column_stack(moved), 0.0), part[:, 2]])


def _seen(parts: list[Points]) -> Points:
    return np.concatenate([part[part[:, 2] > 0] for part in parts]) if parts else np.zeros((0, 3))


def _outside(points: Points, size: tuple[float, float]) -> int:
    """Number of points that lie clearly outside a picture of this size."""
    margin = _OUTSIDE_MARGIN * max(size)
    beyond = (points[:, :2] < -margin) | (points[:, :2] > np.asarray(size) + margin)
    return int(np.any(beyond, axis=1).sum())


def _fits_only_as_stored(parts: list[Points], photo: PhotoFrame) -> bool:
    """True if pixel coordinates leave the upright photo but fit the photo as stored."""
    points = _seen(parts)
    return photo.is_turned and _outside(points, photo.size) > 0 and _outside(points, photo.stored_size) == 0


def _is_in_a_corner(people: tuple[RawPerson, ...], photo: PhotoFrame) -> bool:
    """True if everybody's points lie in the upper left corner of the photo, and somebody has most of a body."""
    bodies = [int((person.body[:, 2] > 0).sum()) for person in people if person.body is not None]
    if max(bodies, default=0) < _LEAST_OF_A_FIGURE:
        return False
    points = _seen([part for person in people for part in person.parts()])
    return bool(points.size) and bool((points[:, :2].max(axis=0) < _CORNER * np.asarray(photo.size)).all())


def _corner_warning(people: tuple[RawPerson, ...], photo: PhotoFrame) -> str:
    reach = _seen([part for person in people for part in person.parts()])[:, :2].max(axis=0)
    width, height = photo.size
    return (
        f"{IN_A_CORNER} of the photo of {width} × {height} (they reach {reach[0]:.0f}, "
        f"{reach[1]:.0f}): if they were made on a smaller copy of it, say its size, "
        f"such as --points-size {width // 2}x{height // 2}"
    )


def _outside_warnings(people: tuple[RawPerson, ...], photo: PhotoFrame) -> list[str]:
    """Words about points outside the picture; an error when most of them are."""
    points = _seen([part for person in people for part in person.parts()])
    outside = _outside(points, photo.size)
    if not outside:
        return []
    width, height = photo.size
    words = (
        f"{outside} of {len(points)} points lie outside the photo of {width} × {height} "
        f"(they reach {points[:, 0].max():.0f}, {points[:, 1].max():.0f})"
    )
    if outside > _MOSTLY_OUTSIDE * len(points):
        raise KeypointFileError(
            f"{words}: they were made from another picture or another size of it. Detect again on this photo, or say the size of "
            "the picture that they were made from: --points-size WxH."
        )
    if _outside(points, (height, width)) == 0:
        words += f"; they would fit a picture of {height} × {width}, so the photo may have been turned since"
    return [words]
