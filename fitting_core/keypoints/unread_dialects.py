"""Keypoint files known by their shape but not read: they get an error with their name."""

from __future__ import annotations

from fitting_core.errors import shown
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.raw_people import JsonObject

_MOST_NAMED = 8


def name_of_unread(document: JsonValue) -> str | None:
    """Name the dialect in words when the document's shape gives it away."""
    first = _first_object(document)
    if first is None:
        return None
    if "pose_world_landmarks" in first or "poseWorldLandmarks" in first:
        return "MediaPipe's landmarks in metres, without those of the picture (pose_landmarks)"
    if "animals" in first and not first.get("people"):
        return "the points of animals (AP-10K)"
    if "annotations" in first and "images" in first:
        return "a COCO annotation file of a whole collection, without keypoints"
    if "left_hand" in first and "right_hand" in first:
        return "an OpenPose editor's hands, without a body"
    if {"hand_left_keypoints_2d", "hand_right_keypoints_2d", "hands"} & first.keys():
        return "the hands of somebody, without a body"
    if "keypoints" in first:
        return _name_of_keypoint_list(first)
    return None


def entries_in_words(document: JsonValue) -> str:
    """Say what a document holds at its top, for messages."""
    if isinstance(document, dict):
        names = ", ".join(f'"{shown(name)}"' for name in list(document)[:_MOST_NAMED])
        return names or "an object without entries"
    if isinstance(document, list):
        first = f", the first of them {entries_in_words(document[0])}" if document else ""
        return f"a list of {len(document)} entries{first}"[:200]
    if isinstance(document, bool):
        return "true or false"
    return "a text" if isinstance(document, str) else "null" if document is None else "a number"


def _first_object(document: JsonValue) -> JsonObject | None:
    """Return the document, or the first entry of (a list of) a list, as an object with names."""
    for _ in range(3):
        if isinstance(document, dict):
            return document
        if not isinstance(document, list) or not document:
            return None
        document = document[0]
    return None


def _name_of_keypoint_list(entry: JsonObject) -> str:
    if "width" in entry and "height" in entry:
        return 'an OpenPose editor\'s own file ("width", "height", "keypoints") with a number of points that no body has'
    value = entry["keypoints"]
    count = len(value) if isinstance(value, list) else 0
    return f'a list of people whose "keypoints" have {count} entries, a number that no detector is known to write'
