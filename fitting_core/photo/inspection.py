"""Inspects a photo and its keypoint file without fitting anything."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from fitting_core.arguments.request import InspectRequest
from fitting_core.errors import FittingError, NobodyFoundError
from fitting_core.keypoints.checks import CONFIDENT, is_usable
from fitting_core.keypoints.keypoint_files import ReadingOptions
from fitting_core.keypoints.keypoints2d import KeypointFile, Keypoints2D
from fitting_core.keypoints.people import choose_people, describe_people
from fitting_core.messages import Messenger
from fitting_core.photo.focal import FocalLength, focal_length
from fitting_core.photo.header import PhotoHeader, read_photo_header
from fitting_core.photo.people_of_file import people_of_file
from fitting_core.photo.seen_people import see_cues, see_photo


def inspect_photo(request: InspectRequest, messenger: Messenger) -> None:
    """Tell what a fit would find: a PERSON message for each person of the file, and one INSPECTED for the photo.

    A file in which nobody can be fitted is no error here: its people are shown all the same. Raises what a fit of the same
    files would raise otherwise.
    """
    header = read_photo_header(request.photo)
    focal = focal_length(header, request.focal)
    file = KeypointFile((), "")
    if request.keypoints is not None:
        file = _people_of_file(request, request.keypoints, header)
        if file.empty_frame_note:
            messenger.warning(file.empty_frame_note)
    elif request.detect:
        file = see_photo(request.photo, header, request.pixels, request.detector).as_file()
    for warning in file.warnings:
        messenger.warning(warning)
    main = _main_person(file.people)
    for number, person in enumerate(file.people):
        messenger.person(_person_facts(person, number, number == main))
    messenger.inspected(_photo_facts(header, focal, file))


def look_ahead(request: InspectRequest) -> None:
    """Look at the person whom a fit takes if nobody is named, where an inspection has handed over the photo's pixels.

    The fit that is likely to come looks at that person, too, and finds it remembered. For a process that stays; a file in which
    nobody is, or that cannot be read any more, is nothing to say anything of.
    """
    if request.keypoints is None or request.pixels is None:
        return
    with suppress(FittingError):
        header = read_photo_header(request.photo)
        people = _people_of_file(request, request.keypoints, header).people
        main = _main_person(people)
        if main is not None:
            see_cues(request.photo, header, [people[main]], request.pixels)


def _people_of_file(request: InspectRequest, keypoints: Path, header: PhotoHeader) -> KeypointFile:
    options = ReadingOptions(None, request.reading.frame, request.reading.points_size, request.photo.name)
    return people_of_file(keypoints, request.photo, header, options, request.pixels)


def _main_person(people: Sequence[Keypoints2D]) -> int | None:
    """Return the number of the person whom a fit takes if nobody is named."""
    try:
        return choose_people(people)[0]
    except NobodyFoundError:
        return None


def _photo_facts(header: PhotoHeader, focal: FocalLength, file: KeypointFile) -> dict[str, object]:
    return {
        "image_size": list(header.size),
        "photo_orientation": header.orientation,
        "focal_px": focal.px,
        "focal_source": focal.source,
        "focal_is_assumed": focal.is_assumed,
        "dialect": file.dialect,
        "description": describe_people(file.people) if file.dialect else "",
        "people": len(file.people),
        "frames": file.frame_count,
        "points_size_is_doubtful": file.is_of_unknown_size,
    }


def _person_facts(person: Keypoints2D, number: int, is_main: bool) -> dict[str, object]:
    """Return one person: pixels of the upright photo to a tenth, confidences to a thousandth."""
    points = person.stacked()
    confident = points[points[:, 2] >= CONFIDENT]
    box = [*confident[:, :2].min(axis=0), *confident[:, :2].max(axis=0)] if len(confident) else []
    seen_body = person.body[person.body[:, 2] > 0, 2]
    return {
        "number": number,
        "is_main": is_main,
        "is_usable": is_usable(person),
        "detector": person.detector,
        "box": [round(float(side), 1) for side in box],
        "description": describe_people([person]).split(" · ", 1)[1],
        "confidence": round(float(seen_body.mean()), 3) if seen_body.size else 0.0,
        "parts": {
            "body": bool(np.any(person.body[:, 2] > 0)),
            "face": bool(np.any(person.face[:, 2] > 0)),
            "left_hand": bool(np.any(person.left_hand[:, 2] > 0)),
            "right_hand": bool(np.any(person.right_hand[:, 2] > 0)),
        },
        "keypoints": [[round(float(x), 1), round(float(y), 1), round(float(c), 3)] for x, y, c in points],
    }
