"""Reader of easy_ViTPose's JSON: people by their numbers, each point as y, x, confidence, and the points' names beside them.

`{"keypoints": [{"0": [[y, x, score] …]}, …], "skeleton": {"0": "nose", …}}`, an entry of `keypoints` a frame. Its 25 points are
in an order of its own (COCO with a neck, hips and feet), which the names tell. Source: JunkyByte/easy_ViTPose, README and
inference.py.
"""

from __future__ import annotations

from typing import cast

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.named_points import is_named_points, rows_of_named
from fitting_core.keypoints.other_layouts import COCO_NAMES
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints
from fitting_core.keypoints.whole_person import (
    check_people_count,
    is_whole_person,
    raw_keypoints,
    read_whole_person,
)

_ROW = (2, 3)  # y, x, and the confidence


def is_easy_vitpose(document: JsonValue) -> bool:
    """Return True if this is a document of people by their numbers and of the names of their points by theirs."""
    if not isinstance(document, dict) or not isinstance(document.get("skeleton"), dict):
        return False
    names = cast(JsonObject, document["skeleton"])
    frames = _frames(document)
    are_numbered = bool(names) and all(
        key.isdecimal() and isinstance(name, str) for key, name in names.items()
    )
    return are_numbered and bool(frames) and all(_is_frame(frame) for frame in frames)


def _frames(document: JsonObject) -> list[JsonValue]:
    value = document.get("keypoints")
    return value if isinstance(value, list) else [value]


def _is_frame(frame: JsonValue) -> bool:
    return frame is None or (isinstance(frame, dict) and all(_is_person(person) for person in frame.values()))


def _is_person(person: JsonValue) -> bool:
    return isinstance(person, list) and all(isinstance(row, list) and len(row) in _ROW for row in person)


def frames_of_easy_vitpose(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return the people of each frame, with the names of the points."""
    table = cast(JsonObject, document)
    names = table["skeleton"]
    return [("", cast(JsonValue, {"people": frame or {}, "names": names})) for frame in _frames(table)]


def read_easy_vitpose(document: JsonValue) -> RawKeypoints:
    """Read the people of one frame; raises KeypointFileError, without the file's name."""
    frame = cast("dict[str, JsonObject]", document)
    people, names = frame["people"], frame["names"]
    check_people_count(len(people))
    found = [
        read_whole_person(_in_order(cast("list[list[JsonValue]]", rows), names), f"person {number}")
        for number, rows in people.items()
    ]
    return raw_keypoints(found, "easy_ViTPose")


def _in_order(rows: list[list[JsonValue]], names: JsonObject) -> JsonValue:
    """Return points as x, y and confidence, in the order of a known layout."""
    turned = [[row[1], row[0], *row[2:]] for row in rows]
    in_coco_order = all(names.get(str(place)) == name for place, name in enumerate(COCO_NAMES))
    if in_coco_order and is_whole_person(cast(JsonValue, turned)):
        return cast(JsonValue, turned)
    by_name = {cast(str, names[str(place)]): row for place, row in enumerate(turned) if str(place) in names}
    named = cast(JsonValue, by_name)
    return rows_of_named(named) if is_named_points(named) else cast(JsonValue, turned)
