"""Points that stand under their own names: {"nose": [x, y, confidence], "LEFT_WRIST": {"x": …, "y": …}, …}.

Apple's Vision, Kinect, annotation tools and hand-made files write them so; names are compared without case, blanks and lines.
"""

from __future__ import annotations

from typing import cast

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.layouts import BODY_25, MIDDLES
from fitting_core.keypoints.other_layouts import COCO_23
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints
from fitting_core.keypoints.whole_person import raw_keypoints, read_whole_person

_LEAST_NAMES = 6
# Other words for BODY_25's points.
_SYNONYMS = {
    "pelvis": "mid_hip", "root": "mid_hip", "hips": "mid_hip", "hip": "mid_hip", "thorax": "neck", "left_toe": "left_big_toe",
    "right_toe": "right_big_toe", "left_foot": "left_big_toe", "right_foot": "right_big_toe",
    "left_foot_index": "left_big_toe", "right_foot_index": "right_big_toe",
    "left_hand": "left_wrist", "right_hand": "right_wrist",
}  # fmt: skip
_LONGEST_NAME = 40


def _spellings() -> dict[str, str]:
    """Return every spelling without blanks and lines: leftshoulder, shoulderleft, lshoulder."""
    plain = {name.replace("_", ""): name for name in BODY_25.names}
    plain |= {name.replace("_", ""): target for name, target in _SYNONYMS.items()}
    found = dict(plain)
    for name, target in plain.items():
        for side in ("left", "right"):
            if name.startswith(side):
                rest = name.removeprefix(side)
                found |= {rest + side: target, side[0] + rest: target}
    return found


_SPELLINGS = _spellings()


def _known(name: str) -> str | None:
    if len(name) > _LONGEST_NAME:
        return None
    plain = "".join(character for character in name.lower() if character.isalnum())
    return _SPELLINGS.get(plain)


def is_named_points(value: JsonValue) -> bool:
    """Return True if this is an object with enough points of a body under their names."""
    if not isinstance(value, dict):
        return False
    names = {_known(name) for name, point in value.items() if isinstance(point, list | dict)}
    return len(names - {None}) >= _LEAST_NAMES


def rows_of_named(value: JsonValue) -> JsonValue:
    """Return the points in BODY_25's order, or in COCO's with feet if neither neck nor mid-hip is named; null for others."""
    points: dict[str, JsonValue] = {}
    for name, point in cast("JsonObject", value).items():
        known = _known(name)
        if known is not None:
            points.setdefault(known, point)
    order = BODY_25 if points.keys() & set(MIDDLES) else COCO_23
    return [points.get(name) for name in order.names]


def read_named_points(document: JsonValue) -> RawKeypoints:
    """Read one person; raises KeypointFileError, without the file's name."""
    return raw_keypoints([read_whole_person(rows_of_named(document), "its points")], "Points by their names")
