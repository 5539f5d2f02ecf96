"""Reader of MMPose's predictions, which RTMPose, ViTPose and Sapiens write too.

`{"meta_info": …, "instance_info": [{"keypoints": [[x, y] …], "keypoint_scores": […]}]}`; for a video `instance_info` holds
`{"frame_id": …, "instances": […]}` a frame. Older forms hold `preds` or lists of lists of people. Sources: open-mmlab/mmpose
demo/body3d_pose_lifter_demo.py and mmpose/apis/inferencers; facebookresearch/sapiens.
"""

from __future__ import annotations

from typing import cast

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.coco import is_person_list, read_person_list
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints

_LIST_KEYS = (
    "instance_info",
    "instances",
    "predictions",
    "preds",
    "pred_instances",
    "annotations",
    "results",
)


def _list_of(document: JsonValue) -> list[JsonValue] | None:
    if not isinstance(document, dict):
        return None
    for key in _LIST_KEYS:
        value = document.get(key)
        if isinstance(value, list) and (
            not value or all(entry is None or _is_entry(entry) for entry in value)
        ):
            return value
        if isinstance(value, dict) and is_person_list(value):
            return [value]
    return None


def _is_entry(value: JsonValue) -> bool:
    """True for a person, or for a frame with its instances."""
    return is_person_list(value) or _instances(value) is not None


def _instances(value: JsonValue) -> list[JsonValue] | None:
    if isinstance(value, dict) and isinstance(value.get("instances"), list):
        return cast("list[JsonValue]", value["instances"])
    return None


def is_mmpose(document: JsonValue) -> bool:
    """Return True if this is a document with a list of instances."""
    found = _list_of(document)
    return bool(found) or (found == [] and "instance_info" in cast(JsonObject, document))


def frames_of_mmpose(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return one list of people a frame."""
    entries = _list_of(document) or []
    if any(_instances(entry) is not None for entry in entries):
        return [("", cast(JsonValue, _instances(entry) or [])) for entry in entries]
    if any(isinstance(entry, list) for entry in entries):
        return [("", entry if isinstance(entry, list) else [entry]) for entry in entries]
    return [("", cast(JsonValue, entries))]


def read_mmpose(document: JsonValue) -> RawKeypoints:
    """Read the people of one frame; raises KeypointFileError, without the file's name."""
    people: JsonValue = [entry for entry in cast("list[JsonValue]", document) if entry is not None]
    found = read_person_list(people)
    return RawKeypoints(
        found.people, found.dialect.replace("COCO results", "MMPose"), None, found.warnings, found.detector
    )
