"""Readers of COCO's own files and of AlphaPose's list: entries of one person each, with the picture that it belongs to.

`[{"image_id": …, "keypoints": […], "score": …}]` (COCO results, AlphaPose, Detectron2, YOLO's), or
`{"images": […], "annotations": […]}` (a data set, COCO-WholeBody's too). Sources: cocodataset.org/#format-results;
jin-s13/COCO-WholeBody; MVIG-SJTU/AlphaPose docs/output.md.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import cast

from fitting_core.errors import KeypointFileError
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.openpose import canvas_of
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints
from fitting_core.keypoints.whole_person import (
    check_people_count,
    is_whole_person,
    raw_keypoints,
    read_whole_person,
)

_POINT_KEYS = ("keypoints", "pose_keypoints_2d", "pred_keypoints", "keypoints_2d")
_SCORE_KEYS = ("keypoint_scores", "keypoints_scores", "scores", "keypoint_confidences")
# Parts that COCO-WholeBody's annotations have beside the body's 17 points.
_WHOLE_BODY_PARTS = ("foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")
_LARGEST_SIDE_PX = 1e6
_PICTURE_KEYS = ("image_id", "file_name", "image", "filename", "frame_id", "frame")


def is_person_entry(value: JsonValue) -> bool:
    """Return True if this is one person with an array of all points."""
    return isinstance(value, dict) and any(is_whole_person(value.get(key)) for key in _POINT_KEYS)


def is_person_list(document: JsonValue) -> bool:
    """Return True if this is a list of people, or one person alone."""
    if isinstance(document, list):
        entries = [entry for entry in document if entry is not None]
        return bool(entries) and all(is_person_entry(entry) for entry in entries)
    return is_person_entry(document)


def frames_of_list(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Group the people by the picture that each names; one frame without a name where none does."""
    entries = cast("list[JsonValue]", document if isinstance(document, list) else [document])
    groups: dict[str, list[JsonValue]] = {}
    for entry in entries:
        groups.setdefault(_picture_of(entry), []).append(entry)
    return [(name, cast(JsonValue, group)) for name, group in groups.items()]


def _picture_of(entry: JsonValue) -> str:
    person = cast(JsonObject, entry) if isinstance(entry, dict) else {}
    name = next((person[key] for key in _PICTURE_KEYS if key in person), "")
    return f"{name:g}" if isinstance(name, float) else name if isinstance(name, str) else ""


def read_person_list(document: JsonValue) -> RawKeypoints:
    """Read the people of one frame."""
    entries = cast("list[JsonValue]", document if isinstance(document, list) else [document])
    people = [cast(JsonObject, entry) for entry in entries if isinstance(entry, dict)]
    check_people_count(len(people))
    found = [_person(person, f"[{index}]") for index, person in enumerate(people)]
    canvas = canvas_of(people[0]) if people and "canvas_width" in people[0] else None
    return raw_keypoints(found, "COCO results", canvas)


def _person(entry: JsonObject, where: str):
    key = next(key for key in _POINT_KEYS if is_whole_person(entry.get(key)))
    scores = next((entry[name] for name in _SCORE_KEYS if name in entry), None)
    return read_whole_person(_with_parts(entry, entry[key]), f"{where}.{key}", scores)


def _with_parts(entry: JsonObject, body: JsonValue) -> JsonValue:
    """Return the points of COCO-WholeBody's annotation in one array; the body's alone where the parts are not whole."""
    parts = [entry.get(name) for name in _WHOLE_BODY_PARTS]
    if not isinstance(body, list) or not all(isinstance(part, list) for part in parts):
        return body
    whole = [*body, *(number for part in parts for number in cast("list[JsonValue]", part))]
    return whole if is_whole_person(whole) else body


def is_data_set(document: JsonValue) -> bool:
    """Return True if this is a COCO annotation file of a whole collection."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("annotations"), list)
        and isinstance(document.get("images"), list)
    )


def _size_of(image: JsonObject) -> JsonObject:
    """Return the size of a picture of the collection as a canvas; nothing where it says none."""
    width, height = image.get("width"), image.get("height")
    is_size = all(isinstance(side, float) and 1 <= side <= _LARGEST_SIDE_PX for side in (width, height))
    return {"canvas_width": width, "canvas_height": height} if is_size else {}


def frames_of_data_set(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return the people of each picture under its file's name. Raises KeypointFileError if it holds no keypoints."""
    collection = cast(JsonObject, document)
    names: dict[str, str] = {}
    sizes: dict[str, JsonObject] = {}
    for image in cast("list[JsonValue]", collection["images"]):
        if isinstance(image, dict) and isinstance(image.get("file_name"), str):
            names[str(image.get("id"))] = PurePosixPath(cast(str, image["file_name"])).name
            sizes[str(image.get("id"))] = _size_of(image)
    groups: dict[str, list[JsonValue]] = {name: [] for name in names.values()}
    for entry in cast("list[JsonValue]", collection["annotations"]):
        if is_person_entry(entry):
            picture = str(cast(JsonObject, entry).get("image_id"))
            person = {**cast(JsonObject, entry), **sizes.get(picture, {})}
            groups.setdefault(names.get(picture, picture), []).append(person)
    if not any(groups.values()):
        raise KeypointFileError(
            "it is a COCO annotation file of a whole collection, and none of its annotations has keypoints. Choose the file of "
            "keypoints (person_keypoints_…json)."
        )
    return [(name, cast(JsonValue, group)) for name, group in groups.items()]
