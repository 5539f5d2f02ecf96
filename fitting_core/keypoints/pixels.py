"""Turns points as a file has them into pixels of the upright photo.

Files come in pixels of the photo, in pixels of a canvas of another size, in 0–1 or in −1–1 (OpenPose's
--keypoint_scale 3 and 4); ControlNet mixes pixels and 0–1 in one file, so each array is decided on its own.
The pixels may be of the photo as stored, before its EXIF orientation is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson

# 0–1 coordinates outside the canvas reach a little over 1 (DWPose extrapolates feet); nobody is 2 px tall.
UNIT_SQUARE_LIMIT = 2.0
# −1–1: at least this share of the coordinates is clearly negative.
_SIGNED_SHARE = 0.2
_SIGNED_LIMIT = -0.05
# ControlNet rounds its canvas to multiples of 64 px: a side of 512 px is off by up to 6 %.
_ROUNDING_TOLERANCE = 0.07
_SAME_ASPECT_TOLERANCE = 0.01
# A point this far outside, as a share of the longer side, counts as outside the picture.
_OUTSIDE_MARGIN = 0.02
_MOSTLY_OUTSIDE = 0.5
# EXIF orientations from here on exchange width and height.
_FIRST_TURNED_ORIENTATION = 5

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
    """People in pixels of the upright photo, in their file's body layout."""

    people: tuple[RawPerson, ...]
    spaces: tuple[Space, ...]
    warnings: tuple[str, ...]


def in_unit_square(points: Points) -> bool:
    """Return True if these coordinates are relative (0–1 or −1–1) rather than pixels."""
    seen = points[points[:, 2] > 0, :2]
    return bool(seen.size) and float(np.abs(seen).max()) <= UNIT_SQUARE_LIMIT


def to_photo_pixels(raw: RawKeypoints, photo: PhotoFrame) -> PixelPeople:
    """Return all people in pixels of the upright photo (origin top left, y down).

    Raises KeypointFileError when the canvas or the points cannot belong to this photo.
    """
    warnings: list[str] = []
    parts = [part for person in raw.people for part in person.parts()]
    signed = _is_signed([part for part in parts if in_unit_square(part)])

    def space_of(part: Points) -> Space:
        return "pixels" if not in_unit_square(part) else "−1–1" if signed else "0–1"

    spaces: tuple[Space, ...] = tuple(sorted({space_of(part) for part in parts}))
    if raw.canvas is None:
        pixel_parts = [part for part in parts if not in_unit_square(part)]
        turned = _fits_only_as_stored(pixel_parts, photo)
        source = photo.stored_size if turned else photo.size
    else:
        turned = _canvas_is_turned(raw.canvas, photo)
        source = raw.canvas
        warnings.extend(_canvas_warnings(raw.canvas, photo, turned, spaces))
    target = photo.stored_size if turned else photo.size

    def convert(part: Points) -> Points:
        moved = _scaled(part, space_of(part), source, target)
        return _upright(moved, photo) if turned else moved

    if turned:
        warnings.append(
            "its points are of the photo as stored, before its EXIF rotation; they were turned with the photo"
        )
    people = tuple(_map_parts(person, convert) for person in raw.people)
    warnings.extend(_outside_warnings(people, photo))
    return PixelPeople(people, spaces, tuple(warnings))


def _map_parts(person: RawPerson, convert: Callable[[Points], Points]) -> RawPerson:
    body, left, right, face = (
        None if part is None else convert(part)
        for part in (person.body, person.left_hand, person.right_hand, person.face)
    )
    return RawPerson(body, left, right, face)


def _is_signed(parts: list[Points]) -> bool:
    coordinates = (
        np.concatenate([part[part[:, 2] > 0, :2].ravel() for part in parts]) if parts else np.zeros(0)
    )
    return coordinates.size > 0 and float(np.mean(coordinates < _SIGNED_LIMIT)) >= _SIGNED_SHARE


def _scaled(part: Points, space: Space, source: tuple[float, float], target: tuple[int, int]) -> Points:
    xy = part[:, :2]
    if space == "pixels":
        xy = xy * (np.asarray(target) / np.asarray(source))
    elif space == "0–1":
        xy = xy * np.asarray(target)
    else:
        xy = (xy + 1.0) / 2.0 * np.asarray(target)
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


def _stretch(canvas: tuple[float, float], size: tuple[int, int]) -> float:
    """Width over height of the canvas against that of the photo, as a factor ≥ 1."""
    ratio = (canvas[0] / canvas[1]) / (size[0] / size[1])
    return max(ratio, 1.0 / ratio)


def _canvas_is_turned(canvas: tuple[float, float], photo: PhotoFrame) -> bool:
    if _stretch(canvas, photo.size) <= 1.0 + _ROUNDING_TOLERANCE:
        return False
    if photo.is_turned and _stretch(canvas, photo.stored_size) <= 1.0 + _ROUNDING_TOLERANCE:
        return True
    raise KeypointFileError(
        f"its points were made on a canvas of {canvas[0]:g} × {canvas[1]:g}, but the photo is "
        f"{photo.size[0]} × {photo.size[1]}, of another shape. Give the photo that the points were made from "
        "or detect again on this one without cropping."
    )


def _canvas_warnings(
    canvas: tuple[float, float], photo: PhotoFrame, turned: bool, spaces: tuple[Space, ...]
) -> list[str]:
    size = photo.stored_size if turned else photo.size
    words = f"its canvas of {canvas[0]:g} × {canvas[1]:g} was scaled to the photo's {size[0]} × {size[1]}"
    if _stretch(canvas, size) > 1.0 + _SAME_ASPECT_TOLERANCE:
        return [f"{words}, though its shape differs by {(_stretch(canvas, size) - 1) * 100:.0f} %"]
    return [words] if canvas != size and "pixels" in spaces else []


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
            f"{words}: they were made from another picture or another size of it. Detect again on this photo."
        )
    if _outside(points, (height, width)) == 0:
        words += f"; they would fit a picture of {height} × {width}, so the photo may have been turned since"
    return [words]
