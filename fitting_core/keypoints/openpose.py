"""Reader of `{"people": […]}` files: OpenPose of every version, ControlNet / ComfyUI, and AlphaPose's `--format open` and `cmu`.

ControlNet writes OpenPose's keys with 18 body points and the size of its canvas. It marks a point that was
not found by 0, 0, 0 or by −1 px; it writes null for a missing part. AlphaPose writes "bodies" with "joints" (`--format cmu`).
Sources: OpenPose's output page; Mikubill/sd-webui-controlnet; Fannovel16/comfyui_controlnet_aux; MVIG-SJTU/AlphaPose.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import cast

import numpy as np

from fitting_core.errors import KeypointFileError, shown
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.detector_habits import DETECTORS, DetectorName
from fitting_core.keypoints.keypoints2d import FACE_COUNT, HAND_COUNT
from fitting_core.keypoints.layouts import BODY_25, FACE_COUNT_WITHOUT_PUPILS, FACE_NAMES, HAND_NAMES
from fitting_core.keypoints.named_points import is_named_points, rows_of_named
from fitting_core.keypoints.other_layouts import COUNTS, POINT_LAYOUTS
from fitting_core.keypoints.pixels import in_unit_square
from fitting_core.keypoints.point_arrays import point_count, read_points
from fitting_core.keypoints.raw_people import JsonObject, Points, RawKeypoints, RawPerson
from fitting_core.keypoints.whole_person import WholePerson, check_people_count, read_whole_person

_PEOPLE_KEYS = ("people", "bodies", "persons")
_HAND = (HAND_COUNT,)
_FACE = (FACE_COUNT, FACE_COUNT_WITHOUT_PUPILS)
BODY_KEY = "pose_keypoints"
# Other names of the body's array: AlphaPose's joints, and those of tools that follow no standard.
_OTHER_BODY_KEYS = (
    "joints",
    "body_keypoints",
    "body_keypoints_2d",
    "keypoints",
    "keypoints_2d",
    "pose",
    "body",
)
_OWN_KEYS = frozenset(
    (
        "person_id", "id", "score", "box", "bbox", "face_keypoints", "hand_left_keypoints", "hand_right_keypoints",
        "body_depths_m", BODY_KEY,
    )
)  # fmt: skip
_MOST_NAMED = 8
_SIZE_KEYS = (("canvas_width", "canvas_height"), ("image_width", "image_height"), ("width", "height"))
_NO_LAYOUT = POINT_LAYOUTS[0]  # of a person without a body
DETECTOR_KEY = "detector"

# ControlNet's hand detector gives −1 for a finger joint that it did not find, then divides by the canvas.
_NOT_FOUND_PX = -1.0
_NOT_FOUND_TOLERANCE_PX = 0.01


def is_openpose(document: JsonValue) -> bool:
    """Return True if this is a `{"people": …}` document."""
    if not isinstance(document, dict):
        return False
    return "people" in document or any(_holds_people(document.get(key)) for key in _PEOPLE_KEYS)


def _holds_people(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(person, dict) for person in value)


def read_openpose(document: JsonValue) -> RawKeypoints:
    """Read a document for which `is_openpose` holds; raises KeypointFileError, without the file's name."""
    warnings: list[str] = []
    frame = cast(JsonObject, document)
    people = _people(frame)
    canvas = canvas_of(frame)
    found = [_read_person(person, f"people[{index}]", warnings) for index, person in enumerate(people)]
    if frame.get("animals"):
        warnings.append("its animals were left out; only people are fitted")
    return RawKeypoints(
        people=tuple(_without_markers(whole.person, canvas) for whole in found),
        dialect=_dialect(frame, found, canvas),
        canvas=canvas,
        warnings=tuple(warnings),
        detector=_detector(frame, found),
    )


def _detector(frame: JsonObject, people: list[WholePerson]) -> DetectorName:
    """Return whose points they are: `detector` is our own key, in files that this product's eyes have made."""
    for name in DETECTORS:
        if name == frame.get(DETECTOR_KEY):
            return name
    layouts = [whole.layout for whole in people if whole.person.body is not None]
    return layouts[0].detector if layouts else "openpose"


def _people(frame: JsonObject) -> list[JsonObject]:
    people = next(frame[key] for key in _PEOPLE_KEYS if key in frame)
    if people is None:
        return []
    if isinstance(people, dict) and all(isinstance(person, dict) for person in people.values()):
        people = list(people.values())  # by their numbers
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise KeypointFileError('"people" is not a list of people. Export them as OpenPose JSON.')
    check_people_count(len(people))
    return cast("list[JsonObject]", people)


def _part(person: JsonObject, key: str) -> JsonValue:
    """Return a part under its key since OpenPose 1.1 (`…_2d`) or the older one."""
    value = person.get(f"{key}_2d")
    return person.get(key) if value is None else value


def canvas_of(frame: JsonObject) -> tuple[float, float] | None:
    """Return the size of the picture that a document speaks of; None if it names none. Raises KeypointFileError."""
    pairs = [(frame.get(width), frame.get(height)) for width, height in _SIZE_KEYS]
    width, height = next(((w, h) for w, h in pairs if w is not None and h is not None), (None, None))
    if width is None or height is None:
        return None
    for value in (width, height):
        if isinstance(value, bool) or not isinstance(value, float | int) or not 1 <= value <= 1e6:
            raise KeypointFileError(
                f"its canvas size ({shown(width)} × {shown(height)}) is not a picture size. Export the keypoints again."
            )
    return float(cast(float, width)), float(cast(float, height))


def _read_person(person: JsonObject, where: str, warnings: list[str]) -> WholePerson:
    value, key = _body_of(person)
    if (
        value is None
        and person
        and not any(name.removesuffix("_2d").removesuffix("_3d") in _OWN_KEYS for name in person)
    ):
        names = ", ".join(f'"{shown(name)}"' for name in list(person)[:_MOST_NAMED]) or "no entries"
        warnings.append(f'{where} has no "{BODY_KEY}_2d"; it has {names}')
    elif key != BODY_KEY:
        warnings.append(f'{where} has no "{BODY_KEY}_2d"; its "{key}" was read as the body')
    whole = read_whole_person(value, f"{where}.{key}")
    found = WholePerson(RawPerson(), _NO_LAYOUT) if whole is None else whole
    warnings.extend(found.oddities)
    left, right, face = (
        _read_extra(_part(person, part), counts, names, f"{where}.{part}", warnings)
        for part, counts, names in (
            ("hand_left_keypoints", _HAND, HAND_NAMES),
            ("hand_right_keypoints", _HAND, HAND_NAMES),
            ("face_keypoints", _FACE, FACE_NAMES),
        )
    )
    own = found.person
    parts = replace(
        own,
        left_hand=own.left_hand if left is None else left,
        right_hand=own.right_hand if right is None else right,
        face=own.face if face is None else face,
    )
    return replace(found, person=parts)


def _body_of(person: JsonObject) -> tuple[JsonValue, str]:
    """Return the array of the body's points and its key; other keys count only where the usual one is absent."""
    value = _part(person, BODY_KEY)
    if value is not None:
        return value, BODY_KEY
    for key in _OTHER_BODY_KEYS:
        if point_count(person.get(key), COUNTS) is not None:
            return person[key], key
        if is_named_points(person.get(key)):
            return rows_of_named(person[key]), key
    return None, BODY_KEY


def _read_extra(
    value: JsonValue, counts: Collection[int], names: tuple[str, ...], where: str, warnings: list[str]
) -> Points | None:
    """Return a hand or the face; one of unknown length is left out with a warning (editors drop unseen points)."""
    if isinstance(value, list) and value and point_count(value, counts) is None:
        known = " or ".join(str(count) for count in sorted(counts))
        warnings.append(f"{where} has {len(value)} numbers, which are not {known} points; it was left out")
        return None
    array = read_points(value, counts, where, lambda count: names)
    if array is None:
        return None
    warnings.extend(array.oddities)
    return array.points


def _without_markers(person: RawPerson, canvas: tuple[float, float] | None) -> RawPerson:
    """Zero the points that ControlNet marks as not found by x or y = −1 px of its canvas."""
    if canvas is None:
        return person

    def cleaned(points: Points) -> Points:
        unit = np.asarray(canvas) if in_unit_square(points) else 1.0
        marked = np.any(np.abs(points[:, :2] * unit - _NOT_FOUND_PX) < _NOT_FOUND_TOLERANCE_PX, axis=1)
        return np.where(marked[:, None], 0.0, points)

    return person.mapped(cleaned)


def _dialect(frame: JsonObject, people: list[WholePerson], canvas: tuple[float, float] | None) -> str:
    names = sorted({whole.layout.name for whole in people if whole.person.body is not None})
    layout = " and ".join(names) or BODY_25.name
    version = frame.get("version")
    if canvas is not None and "canvas_width" in frame:
        return f"ControlNet, {layout}"
    if isinstance(version, str) and version.startswith("AlphaPose"):
        return f"AlphaPose, {layout}"
    if isinstance(version, float | int) and not isinstance(version, bool):
        return f"OpenPose {version:g}, {layout}"
    return f"OpenPose, {layout}"
