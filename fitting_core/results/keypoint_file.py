"""The people found in a photo to a keypoint file, as OpenPose 1.3 writes one, with what else was seen beside it."""

from __future__ import annotations

import json

import numpy as np

from fitting_core.arguments.request import DetectRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import NobodyFoundError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.openpose import DETECTOR_KEY
from fitting_core.keypoints.people import describe_people
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues
from fitting_core.messages import Messenger
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.mesh_picture import PinholeCamera
from fitting_core.photo.overlay import Figure, overlay_png
from fitting_core.photo.seen_people import see_photo

OPENPOSE_VERSION = 1.3


def write_seen_people(request: DetectRequest, messenger: Messenger) -> None:
    """Find the people of a photo and write their keypoints. Raises NobodyFoundError where there are none: nothing is written."""
    header = read_photo_header(request.photo)
    messenger.status(f"{request.photo.name}: looking for people")
    seen = see_photo(request.photo, header, detector=request.detector)
    if not seen.people:
        raise NobodyFoundError(
            f"{request.photo}: nobody was found in the photo. Give one on which a person is larger or clearer, or a crop of it."
        )
    for warning in seen.as_file().warnings:
        messenger.warning(warning)
    messenger.status(f"{request.photo.name}: {describe_people(seen.people)}")
    people = [openpose_entry(person, cues) for person, cues in zip(seen.people, seen.cues, strict=True)]
    document = {"version": OPENPOSE_VERSION, DETECTOR_KEY: seen.people[0].detector, "people": people}
    write_bytes_atomically(request.out, json.dumps(document).encode("ascii"))
    files = [request.out.name]
    if request.picture is not None:
        _draw(request, seen.people)
        files.append(request.picture.name)
    messenger.done(request.out.resolve().parent.name, files, len(people))


def openpose_entry(person: Keypoints2D, cues: PhotoCues = NO_CUES) -> dict[str, object]:
    """Return one person as OpenPose 1.3 writes one, with the cues under keys of ours, which other readers pass by.

    `body_depths_m` has 25 × (depth, worth), `body_widths_px` 23 × (x, y, x, y, worth): see `PhotoCues`.
    """
    entry: dict[str, object] = {
        "person_id": [-1],
        "pose_keypoints_2d": _rounded(person.body),
        "face_keypoints_2d": _rounded(person.face),
        "hand_left_keypoints_2d": _rounded(person.left_hand),
        "hand_right_keypoints_2d": _rounded(person.right_hand),
        "pose_keypoints_3d": [],
        "face_keypoints_3d": [],
        "hand_left_keypoints_3d": [],
        "hand_right_keypoints_3d": [],
    }
    ours = {"body_depths_m": cues.body_depths, "body_widths_px": cues.widths}
    return entry | {key: _rounded(values) for key, values in ours.items() if values is not None}


def _rounded(values: NumpyArray) -> list[float]:
    return [float(value) for value in np.round(values, 3).ravel()]


def _draw(request: DetectRequest, people: tuple[Keypoints2D, ...]) -> None:
    header = read_photo_header(request.photo)
    nothing = np.zeros((0, 3))
    figures = [Figure(nothing, nothing.astype(np.int64), person) for person in people]
    assert request.picture is not None
    camera = PinholeCamera(float(max(header.size)), np.array(header.size) / 2.0)  # nothing is seen through it
    write_bytes_atomically(request.picture, overlay_png(request.photo, header, figures, camera))
