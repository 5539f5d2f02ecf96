"""A keypoint file and its photo to the people in it: what the file says, and what the photo says of a doubt about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fitting_core.arguments.photo_folder import other_keypoints
from fitting_core.arguments.request import FitRequest
from fitting_core.errors import PhotoError, shown
from fitting_core.keypoints.checks import CONFIDENT, is_usable
from fitting_core.keypoints.keypoint_files import ReadingOptions, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile, Keypoints2D
from fitting_core.keypoints.picture_size import agreeing_size
from fitting_core.keypoints.pixels import IN_A_CORNER
from fitting_core.messages import Messenger
from fitting_core.photo.header import PhotoHeader
from fitting_core.photo.seen_people import see_body_near, see_photo


def people_of_file(
    keypoints: Path, photo: Path, header: PhotoHeader, options: ReadingOptions, pixels: Path | None = None
) -> KeypointFile:
    """Read the people of a keypoint file in pixels of its photo.

    Where the file names no size, the photo is looked at about the largest person, and all of it where all points lie in a
    corner: the size of its copy under which the people seen in it agree with the points is told, and a doubt about points that
    agree as they stand is dropped. `pixels`: see `see_photo`. Raises KeypointFileError.
    """
    file = read_keypoint_file(keypoints, header.size, header.orientation, options=options)
    size = None if file.names_size else _size_of_points(file, photo, header, pixels)
    if size is None:
        return file
    if size == header.size:
        warnings = tuple(text for text in file.warnings if not text.startswith(IN_A_CORNER))
        return replace(file, warnings=warnings, is_of_unknown_size=False)
    words = (
        f"the people seen in the photo itself agree with its points if those are of a picture of {size[0]} × {size[1]}: "
        f"--points-size {size[0]}x{size[1]}"
    )
    return replace(file, warnings=(*file.warnings, words), is_of_unknown_size=True)


def _size_of_points(
    file: KeypointFile, photo: Path, header: PhotoHeader, pixels: Path | None
) -> tuple[int, int] | None:
    """Return the size of the picture that the points are of, as the photo shows it; None where it does not show that."""
    largest = max((person for person in file.people if is_usable(person)), key=_size_of_person, default=None)
    near = None if largest is None else see_body_near(photo, header, largest, pixels)
    if near is not None and largest is not None:
        size = agreeing_size([largest], [near], header.size)
        if size is not None or not file.is_of_unknown_size:
            return size
    if not file.is_of_unknown_size:
        return None
    try:
        seen = see_photo(photo, header, pixels)
    except PhotoError:  # a Python that cannot decode photos
        return None
    return agreeing_size(file.people, seen.people, header.size)


def _size_of_person(person: Keypoints2D) -> float:
    seen = person.body[person.body[:, 2] >= CONFIDENT, :2]
    return float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0


def people_of_request(request: FitRequest, header: PhotoHeader, messenger: Messenger) -> KeypointFile:
    """Return the people of the keypoint file that a fit names, or those who are found in the photo itself."""
    if request.keypoints is not None:
        reading = request.reading
        options = ReadingOptions(request.body_order, reading.frame, reading.points_size, request.photo.name)
        return people_of_file(request.keypoints, request.photo, header, options, request.pixels)
    others = () if request.detect else other_keypoints(request.photo)
    if others:
        messenger.warning(
            f"no keypoint file is named after {request.photo.name}, though there lie {', '.join(map(shown, others))}: if one of "
            "them is of this photo, name it; people are looked for in the photo itself"
        )
    messenger.status(f"{request.photo.name}: looking for people")
    return see_photo(request.photo, header, request.pixels, request.detector).as_file()
