"""Keypoint files known by their shape but not read yet: they get an error with their name."""

from __future__ import annotations

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.openpose import FOREIGN_LAYOUTS, JsonObject
from fitting_core.keypoints.point_arrays import point_shape

_MEDIAPIPE_KEYS = ("pose_landmarks", "poseLandmarks", "landmarks", "pose_world_landmarks")


def name_of_unread(document: JsonValue) -> str | None:
    """Name the dialect in words when the document's shape gives it away."""
    first = _first_object(document)
    if first is None:
        return None
    if any(key in first for key in _MEDIAPIPE_KEYS) or first.keys() >= {"x", "y", "visibility"}:
        return "MediaPipe landmarks"
    if "annotations" in first and "images" in first:
        return "a COCO annotation file of a whole collection"
    if "instance_info" in first or "predictions" in first:
        return "MMPose's predictions (COCO or COCO-WholeBody)"
    if "left_hand" in first and "right_hand" in first:
        return "an OpenPose editor's hands, without a body"
    if "keypoints" in first:
        return _name_of_keypoint_list(first)
    return None


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
        return 'an OpenPose editor\'s own file ("width", "height", "keypoints")'
    shape = point_shape(entry["keypoints"], FOREIGN_LAYOUTS)
    if shape is not None:
        return FOREIGN_LAYOUTS[shape[0]]
    return "a list of COCO results"
