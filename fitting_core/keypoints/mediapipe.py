"""Reader of MediaPipe's landmarks: 33 of the body, 21 of each hand, 468 or 478 of the face, x and y from 0 to 1.

The forms are those of its Python, JavaScript and Tasks interfaces as people save them: `pose_landmarks` or `poseLandmarks`
(with `landmark`, `landmarks` or a list of people inside), `left_hand_landmarks`, `face_landmarks`, or the 33 points alone.
Source: google-ai-edge/mediapipe, docs of Pose, Hands, Face Mesh and Holistic.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import numpy as np

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.layouts import FACE_COUNT_WITHOUT_PUPILS, HAND_NAMES
from fitting_core.keypoints.other_layouts import MEDIAPIPE_33
from fitting_core.keypoints.point_arrays import places_in_space, read_points
from fitting_core.keypoints.raw_people import JsonObject, Points, RawKeypoints, RawPerson
from fitting_core.keypoints.whole_person import check_people_count

_BODY_COUNT, _HAND_COUNT = MEDIAPIPE_33.count, len(HAND_NAMES)
_WORLD_SHARE = (
    0.25  # of world landmarks have a negative x, and as many a negative y; those of a picture are its 0–1
)
_FLAT_COLUMNS = 4  # x, y, z and visibility, as classifiers of poses save them
_FACE_COUNTS = (468, 478)  # with the irises
_POSE_KEYS = ("pose_landmarks", "poseLandmarks", "pose", "landmarks", "body")
_FACE_KEYS = ("face_landmarks", "faceLandmarks", "multi_face_landmarks", "face")
_LEFT_KEYS = ("left_hand_landmarks", "leftHandLandmarks", "left_hand", "leftHand")
_RIGHT_KEYS = ("right_hand_landmarks", "rightHandLandmarks", "right_hand", "rightHand")
# The face mesh's point for each of the 68 of the iBUG 300-W mark-up, chosen by where they lie on the mesh.
FACE_POINTS = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # contour
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # eyebrows
    168, 197, 5, 4, 98, 97, 2, 326, 327,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lip
    78, 82, 13, 312, 308, 317, 14, 87,  # inner lip
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """One part of a person: its points and the keys that it stands under."""

    keys: tuple[str, ...]
    counts: tuple[int, ...]


_POSE = _Part(_POSE_KEYS, (_BODY_COUNT,))
_LEFT, _RIGHT = _Part(_LEFT_KEYS, (_HAND_COUNT,)), _Part(_RIGHT_KEYS, (_HAND_COUNT,))
_FACE = _Part(_FACE_KEYS, _FACE_COUNTS)


def is_mediapipe(document: JsonValue) -> bool:
    """Return True if this is a set of landmarks under MediaPipe's keys, or the list of 33 alone."""
    if isinstance(document, dict):
        return bool(_people_of(document, _POSE))
    return _is_points(_in_rows(document), _POSE.counts)


def _in_rows(document: JsonValue) -> JsonValue:
    """Return 132 numbers in one run as 33 rows of x, y, z and visibility; anything else as it is."""
    if not isinstance(document, list) or len(document) != _BODY_COUNT * _FLAT_COLUMNS:
        return document
    if not all(isinstance(number, float) for number in document):
        return document
    return [document[first : first + _FLAT_COLUMNS] for first in range(0, len(document), _FLAT_COLUMNS)]


def _is_points(value: JsonValue, counts: Collection[int]) -> bool:
    """True for a list of so many objects with x and y, or rows of three and more numbers."""
    if not isinstance(value, list) or len(value) not in counts:
        return False
    return all(_is_point(entry) for entry in value) and any(entry is not None for entry in value)


def _is_point(entry: JsonValue) -> bool:
    if isinstance(entry, dict):
        return "x" in entry and "y" in entry
    return entry is None or (isinstance(entry, list) and 2 <= len(entry) <= 5)


def _people_of(document: JsonObject, part: _Part) -> list[JsonValue]:
    """Return the landmark lists of this part, one a person, whatever they are wrapped in."""
    for key in part.keys:
        value = document.get(key)
        if isinstance(value, dict):
            value = value.get("landmark", value.get("landmarks"))
        if isinstance(value, list) and value:
            if _is_points(value, part.counts):
                return [value]
            inner = [
                entry.get("landmark", entry.get("landmarks")) if isinstance(entry, dict) else entry
                for entry in value
            ]
            if all(_is_points(entry, part.counts) for entry in inner):
                return inner
    return []


def read_mediapipe(document: JsonValue) -> RawKeypoints:
    """Read a document for which `is_mediapipe` holds; raises KeypointFileError, without the file's name."""
    warnings: list[str] = []
    frame: JsonObject = document if isinstance(document, dict) else {"landmarks": _in_rows(document)}
    bodies = _people_of(frame, _POSE)
    check_people_count(len(bodies))
    for index, body in enumerate(bodies):
        _check_not_world(body, f"pose_landmarks[{index}]")
    parts = [_people_of(frame, part) for part in (_LEFT, _RIGHT, _FACE)]
    people: list[RawPerson] = []
    for index, body in enumerate(bodies):
        left, right, face = (part[index] if len(part) > index else None for part in parts)
        people.append(
            RawPerson(
                _points(body, _POSE.counts, f"pose_landmarks[{index}]", warnings),
                _points(left, _LEFT.counts, "left_hand_landmarks", warnings),
                _points(right, _RIGHT.counts, "right_hand_landmarks", warnings),
                _face(_points(face, _FACE_COUNTS, "face_landmarks", warnings)),
                MEDIAPIPE_33,
            )
        )
    return RawKeypoints(
        tuple(people), f"MediaPipe, {MEDIAPIPE_33.name}", warnings=tuple(warnings), detector="eyes"
    )


def _check_not_world(body: JsonValue, where: str) -> None:
    """Raise KeypointFileError for MediaPipe's world landmarks, metres about the middle of the hips."""
    rows = [row for entry in cast("list[JsonValue]", body) if (row := _plain(entry)) is not None]
    places = [row[:2] for row in rows if all(isinstance(number, float) for number in row[:2])]
    if places and bool(np.all(np.mean(np.array(places) < 0, axis=0) > _WORLD_SHARE)):
        raise places_in_space(where)


def _points(value: JsonValue, counts: tuple[int, ...], where: str, warnings: list[str]) -> Points | None:
    array = read_points(_without_depth(value), counts, where)
    if array is None:
        return None
    # hands and faces have no visibility of their own, and MediaPipe writes none for them: that is no oddity
    warnings.extend(words for words in array.oddities if "no confidence; every" not in words)
    return array.points


def _without_depth(value: JsonValue) -> JsonValue:
    """Return rows x, y, z (, visibility (, presence)) as x, y (, visibility)."""
    if not isinstance(value, list):
        return value
    rows = [_plain(row) for row in value]
    if all(row is None or len(row) < 3 or not row[2] for row in rows):  # nobody has said what is seen
        rows = [None if row is None else row[:2] for row in rows]
    return cast(JsonValue, rows)


def _plain(row: JsonValue) -> list[JsonValue] | None:
    if isinstance(row, list):
        return [*row[:2], *row[3:4]]
    if not isinstance(row, dict):
        return None
    seen = row.get("visibility", row.get("presence"))
    return [row.get("x"), row.get("y"), *([] if seen is None else [seen])]


def _face(mesh: Points | None) -> Points | None:
    assert len(FACE_POINTS) == FACE_COUNT_WITHOUT_PUPILS
    return None if mesh is None else mesh[list(FACE_POINTS)]
