"""Turns a keypoint file of any dialect into official OpenPose 1.3, a file a frame."""

from __future__ import annotations

import json
from pathlib import Path

from fitting_core.arguments.request import KeypointConversionRequest
from fitting_core.errors import OutputError, RequestError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.keypoints.keypoint_files import ReadingOptions, read_frames, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.keypoints.natural_size import natural_size, raw_frame
from fitting_core.keypoints.openpose import DETECTOR_KEY
from fitting_core.keypoints.people import describe_people
from fitting_core.messages import Messenger
from fitting_core.photo.header import read_photo_header
from fitting_core.results.keypoint_file import OPENPOSE_VERSION, openpose_entry

_ENDING = "_keypoints.json"


def convert_keypoints(request: KeypointConversionRequest, messenger: Messenger) -> None:
    """Write the people of a file as OpenPose does: one file, or with a folder as `out` and several frames one for each.

    Points are in pixels of the photo, else of the canvas that the file names, else as they are. Raises a FittingError for
    everything that a user can act on; files of frames that were written stay.
    """
    count = len(read_frames(request.file).frames)
    names = _names(request, count)
    written: list[str] = []
    people = 0
    for number, path in names:
        file = _read(request, number)
        for warning in file.warnings:
            messenger.warning(warning if count == 1 else f"frame {number}: {warning}")
        document = {
            "version": OPENPOSE_VERSION,
            **({} if not file.people else {DETECTOR_KEY: file.people[0].detector}),
            "people": [openpose_entry(person) for person in file.people],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, json.dumps(document).encode("ascii"))
        written.append(path.name)
        people += len(file.people)
        if len(names) == 1:
            messenger.status(f"{request.file.name}: {file.dialect}, {describe_people(file.people)}")
    messenger.done(names[0][1].resolve().parent.name, written, people)


def _names(request: KeypointConversionRequest, count: int) -> list[tuple[int | None, Path]]:
    """Return the frames that are written, and the file of each."""
    one = request.reading.frame
    if request.out.suffix.lower() == ".json":
        if count > 1 and one is None and request.photo is None:
            raise RequestError(
                f"{request.file} holds {count} frames: choose one with --frame N, or name a folder with --out for all of them."
            )
        names = [(one, request.out)]
    elif count == 1 or one is not None:
        names = [(one, request.out / f"{request.file.stem.removesuffix('_keypoints')}{_ENDING}")]
    else:
        stem = request.file.stem.removesuffix("_keypoints")
        numbers: list[int | None] = list(range(count))
        names = [(number, request.out / f"{stem}_{number:012d}{_ENDING}") for number in numbers]
    for _, path in names:
        if path.exists() and path.samefile(request.file):
            raise OutputError(f"{path} is the file that is converted. Name another one with --out.")
    return names


def _read(request: KeypointConversionRequest, number: int | None) -> KeypointFile:
    reading = request.reading
    name = "" if request.photo is None else request.photo.name
    options = ReadingOptions(None, number, reading.points_size, name)
    if request.photo is not None:
        header = read_photo_header(request.photo)
        return read_keypoint_file(request.file, header.size, header.orientation, options=options)
    size = reading.points_size or natural_size(raw_frame(request.file, options))
    if size is None:
        raise RequestError(
            f"{request.file}: its points are from 0 to 1, and it names no size. Give the photo (--photo) or its size "
            "(--points-size WxH)."
        )
    return read_keypoint_file(request.file, size, options=options)
