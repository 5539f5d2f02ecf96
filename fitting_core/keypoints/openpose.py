"""Reader of `{"people": […]}` files: OpenPose of every version, and ControlNet / ComfyUI.

ControlNet writes OpenPose's keys with 18 body points and the size of its canvas. It marks a point that was
not found by 0, 0, 0 or by −1 px; it writes null for a missing part, and often a list of such documents, one a
frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from fitting_core.errors import KeypointFileError, shown
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.detector_habits import DETECTORS, DetectorName
from fitting_core.keypoints.keypoints2d import FACE_COUNT, HAND_COUNT
from fitting_core.keypoints.layouts import (
    BODY_25,
    COCO_18,
    FACE_COUNT_WITHOUT_PUPILS,
    FACE_NAMES,
    HAND_NAMES,
    MPI_15,
    BodyLayout,
)
from fitting_core.keypoints.pixels import in_unit_square
from fitting_core.keypoints.point_arrays import point_shape, read_points
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson

JsonObject = dict[str, JsonValue]

# OpenPose itself stops at 127 people (its POSE_MAX_PEOPLE).
MAXIMUM_PEOPLE = 500

_LAYOUTS: Mapping[int, BodyLayout] = {layout.count: layout for layout in (BODY_25, COCO_18, MPI_15)}
_BODY_NAMES = {count: layout.names for count, layout in _LAYOUTS.items()}
_HAND = {HAND_COUNT: HAND_NAMES}
_FACE = {FACE_COUNT: FACE_NAMES, FACE_COUNT_WITHOUT_PUPILS: FACE_NAMES[:FACE_COUNT_WITHOUT_PUPILS]}
_BODY_KEY = "pose_keypoints"
DETECTOR_KEY = "detector"

# ControlNet's hand detector gives −1 for a finger joint that it did not find, then divides by the canvas.
_NOT_FOUND_PX = -1.0
_NOT_FOUND_TOLERANCE_PX = 0.01

# Layouts of other detectors, by their number of points: recognised to be named, not read yet.
FOREIGN_LAYOUTS = {
    14: "LSP (14 points)",
    17: "COCO (17 points)",
    19: "OpenPose's BODY_19",
    23: "OpenPose's BODY_23",
    26: "Halpe (26 points)",
    33: "MediaPipe (33 points)",
    65: "OpenPose's BODY_65",
    133: "COCO-WholeBody (133 points)",
    135: "OpenPose's BODY_135",
    136: "Halpe (136 points)",
}


def is_openpose(document: JsonValue) -> bool:
    """Return True if this is a `{"people": …}` document or a list of them."""
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, dict) and "people" in first


def read_openpose(document: JsonValue) -> RawKeypoints:
    """Read a document for which `is_openpose` holds; raises KeypointFileError, without the file's name."""
    warnings: list[str] = []
    if isinstance(document, list):
        if len(document) > 1:
            warnings.append(f"it holds {len(document)} frames; the first was read")
        document = document[0]
    frame = cast(JsonObject, document)
    people = _people(frame)
    layout = _common_layout(people)
    canvas = _canvas(frame)
    raw_people = tuple(
        _read_person(person, f"people[{index}]", warnings) for index, person in enumerate(people)
    )
    if frame.get("animals"):
        warnings.append("its animals were left out; only people are fitted")
    return RawKeypoints(
        people=tuple(_without_markers(person, canvas) for person in raw_people),
        dialect=_dialect(frame, layout, canvas),
        layout=layout,
        canvas=canvas,
        warnings=tuple(warnings),
        detector=_detector(frame),
    )


def _detector(frame: JsonObject) -> DetectorName:
    """Return whose points they are: `detector` is our own key, in files that this product's eyes have made."""
    found: DetectorName = "openpose"
    for name in DETECTORS:
        if name == frame.get(DETECTOR_KEY):
            found = name
    return found


def _people(frame: JsonObject) -> list[JsonObject]:
    people = frame["people"]
    if people is None:
        return []
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise KeypointFileError('"people" is not a list of people. Export them as OpenPose JSON.')
    if len(people) > MAXIMUM_PEOPLE:
        raise KeypointFileError(
            f"it holds {len(people)} people; {MAXIMUM_PEOPLE} are the limit. Crop the photo and detect again."
        )
    return cast("list[JsonObject]", people)


def _part(person: JsonObject, key: str) -> JsonValue:
    """Return a part under its key since OpenPose 1.1 (`…_2d`) or the older one."""
    value = person.get(f"{key}_2d")
    return person.get(key) if value is None else value


def _common_layout(people: list[JsonObject]) -> BodyLayout:
    """Return the layout of the body arrays; BODY_25 when there are none."""
    person_with: dict[int, int] = {}  # by number of points
    for index, person in enumerate(people):
        value = _part(person, _BODY_KEY)
        shape = point_shape(value, _LAYOUTS)
        if shape is not None:
            person_with.setdefault(shape[0], index)
        else:
            _refuse_foreign_body(value, f"people[{index}]")
    if len(person_with) > 1:
        (first, first_index), (second, second_index) = list(person_with.items())[:2]
        raise KeypointFileError(
            f"people[{first_index}] has {first} body points but people[{second_index}] has {second}. "
            "Export all people in one layout."
        )
    return _LAYOUTS[next(iter(person_with), BODY_25.count)]


def _refuse_foreign_body(value: JsonValue, where: str) -> None:
    shape = point_shape(value, FOREIGN_LAYOUTS)
    if shape is not None:
        raise KeypointFileError(
            f"{where} has {shape[0]} body points, the layout of {FOREIGN_LAYOUTS[shape[0]]}, which is not "
            "read yet. Export BODY_25 (OpenPose) or the 18 points of ControlNet instead."
        )


def _canvas(frame: JsonObject) -> tuple[float, float] | None:
    width, height = frame.get("canvas_width"), frame.get("canvas_height")
    if width is None or height is None:
        return None
    for value in (width, height):
        if not isinstance(value, float) or not 1 <= value <= 1e6:
            raise KeypointFileError(
                f"its canvas size ({shown(width)} × {shown(height)}) is not a picture size. Export the keypoints again."
            )
    return cast("tuple[float, float]", (width, height))


def _read_person(person: JsonObject, where: str, warnings: list[str]) -> RawPerson:
    body = read_points(_part(person, _BODY_KEY), _BODY_NAMES, f"{where}.{_BODY_KEY}")
    if body is not None:
        warnings.extend(body.oddities)
    left, right, face = (
        _read_extra(_part(person, key), names, f"{where}.{key}", warnings)
        for key, names in (
            ("hand_left_keypoints", _HAND),
            ("hand_right_keypoints", _HAND),
            ("face_keypoints", _FACE),
        )
    )
    return RawPerson(None if body is None else body.points, left, right, face)


def _read_extra(
    value: JsonValue, names_by_count: Mapping[int, tuple[str, ...]], where: str, warnings: list[str]
) -> Points | None:
    """Return a hand or the face; one of unknown length is left out with a warning (editors drop unseen points)."""
    if isinstance(value, list) and value and point_shape(value, names_by_count) is None:
        counts = " or ".join(str(count) for count in sorted(names_by_count))
        warnings.append(f"{where} has {len(value)} numbers, which are not {counts} points; it was left out")
        return None
    array = read_points(value, names_by_count, where)
    if array is None:
        return None
    warnings.extend(array.oddities)
    return array.points


def _without_markers(person: RawPerson, canvas: tuple[float, float] | None) -> RawPerson:
    """Zero the points that ControlNet marks as not found by x or y = −1 px of its canvas."""
    if canvas is None:
        return person

    def cleaned(points: Points | None) -> Points | None:
        if points is None:
            return None
        unit = np.asarray(canvas) if in_unit_square(points) else 1.0
        marked = np.any(np.abs(points[:, :2] * unit - _NOT_FOUND_PX) < _NOT_FOUND_TOLERANCE_PX, axis=1)
        return np.where(marked[:, None], 0.0, points)

    return RawPerson(
        cleaned(person.body), cleaned(person.left_hand), cleaned(person.right_hand), cleaned(person.face)
    )


def _dialect(frame: JsonObject, layout: BodyLayout, canvas: tuple[float, float] | None) -> str:
    version = frame.get("version")
    if canvas is not None:
        return f"ControlNet, {layout.name}"
    if isinstance(version, float):
        return f"OpenPose {version:g}, {layout.name}"
    return f"OpenPose, {layout.name}"
