"""Reads a keypoint file of any dialect.

To read another dialect, write `recognises` and `read` for it and add a `Dialect` to `READERS`: the first that
recognises the document reads it. What is known but not read yet stands in `unread_dialects.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from fitting_core.errors import KeypointFileError
from fitting_core.files.border import reader_border
from fitting_core.files.json_document import JsonValue, read_json_document
from fitting_core.keypoints.checks import is_usable, looks_like_body_25b, present, with_own_hands
from fitting_core.keypoints.keypoints2d import (
    BODY_COUNT,
    FACE_COUNT,
    HAND_COUNT,
    KeypointFile,
    Keypoints2D,
)
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, to_body_25
from fitting_core.keypoints.openpose import is_openpose, read_openpose
from fitting_core.keypoints.pixels import PhotoFrame, PixelPeople, to_photo_pixels
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson
from fitting_core.keypoints.unread_dialects import name_of_unread

BodyOrder = Literal["BODY_25", "BODY_25B"]
_NEXT_STEP = "Choose the .json file that OpenPose (--write_json) or ControlNet wrote for this photo."


@dataclass(frozen=True)
class Dialect:
    """One way to write keypoints: a test that knows it, and a function that reads it."""

    name: str
    recognises: Callable[[JsonValue], bool]
    read: Callable[[JsonValue], RawKeypoints]


READERS = (Dialect("OpenPose or ControlNet", is_openpose, read_openpose),)


def read_keypoint_file(
    path: Path, image_size: tuple[int, int], orientation: int = 1, body_order: BodyOrder | None = None
) -> KeypointFile:
    """Read every person of a file, in file order, in pixels of the upright photo (origin top left, y down).

    `image_size` is the width and height of the upright photo and `orientation` its EXIF orientation (1–8), by
    which points of the photo as stored are known and turned. `body_order` says how 25 points are ordered;
    None reads BODY_25 and warns when they look like BODY_25B. People who cannot be fitted keep their place.
    Raises KeypointFileError naming the file, the value and the next step.
    """
    frame = PhotoFrame(image_size, orientation)
    with reader_border(path, KeypointFileError, "keypoint file", _NEXT_STEP):
        try:
            return _read_document(read_json_document(path), frame, body_order)
        except KeypointFileError as error:
            raise type(error)(f"{path}: {error}") from error


def _read_document(document: JsonValue, frame: PhotoFrame, body_order: BodyOrder | None) -> KeypointFile:
    raw = _read(document)
    if body_order == BODY_25B.name and raw.layout is BODY_25:
        raw = replace(raw, layout=BODY_25B, dialect=raw.dialect.replace(BODY_25.name, BODY_25B.name))
    return _checked(raw, to_photo_pixels(raw, frame), body_order is None)


def _read(document: JsonValue) -> RawKeypoints:
    for dialect in READERS:
        if dialect.recognises(document):
            return dialect.read(document)
    unread = name_of_unread(document)
    if unread is not None:
        raise KeypointFileError(
            f"it looks like {unread}, which is not read yet. Export OpenPose or ControlNet JSON instead."
        )
    raise KeypointFileError(
        'it is JSON, but has no "people" as OpenPose and ControlNet write them. Choose the keypoint file.'
    )


def _checked(raw: RawKeypoints, pixels: PixelPeople, guess_order: bool) -> KeypointFile:
    people: list[Keypoints2D] = []
    warnings = [*raw.warnings, *pixels.warnings]
    for index, person in enumerate(pixels.people):
        keypoints, words = with_own_hands(_keypoints(person, raw), index)
        people.append(keypoints)
        warnings.extend(words)
        if guess_order and raw.layout is BODY_25 and _is_body_25b(person):
            warnings.append(
                f"person {index}: the 25 body points were read as BODY_25, but look like BODY_25B, which has "
                "another order; if the skeleton in the overlay is tangled, fit with --body-order body_25b"
            )
        if not is_usable(keypoints):
            warnings.append(f"person {index}: too few confident body points to fit")
    spaces = [space for space in pixels.spaces if space != "pixels"]
    dialect = f"{raw.dialect}, coordinates {' and '.join(pixels.spaces)}" if spaces else raw.dialect
    return KeypointFile(tuple(people), dialect, tuple(warnings))


def _is_body_25b(person: RawPerson) -> bool:
    return person.body is not None and looks_like_body_25b(person.body)


def _keypoints(person: RawPerson, raw: RawKeypoints) -> Keypoints2D:
    body = np.zeros((BODY_COUNT, 3)) if person.body is None else to_body_25(person.body, raw.layout)
    return Keypoints2D(
        body=body,
        left_hand=_part(person.left_hand, HAND_COUNT),
        right_hand=_part(person.right_hand, HAND_COUNT),
        face=_part(person.face, FACE_COUNT),
        detector=raw.detector,
    )


def _part(points: Points | None, count: int) -> Points:
    """Return a hand or face of full length; zero when it was not found or only guessed at."""
    part = np.zeros((count, 3))
    if points is not None and present(points):
        part[: len(points)] = points
    return part
