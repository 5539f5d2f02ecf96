"""Reader of SAM 3D Body's people: 70 points in the photo, the same points in space, and the focal length.

Its estimator returns a dict a person, which people save by np.savez, np.save, pickle or JSON. The points have no confidences.
The depths of the body's points (camera frame, metres) go with the keypoints as a cue of which limb is nearer. Source:
facebookresearch/sam-3d-body, sam_3d_body/sam_3d_body_estimator.py and metadata/mhr70.py (February 2026).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.other_layouts import layouts_of
from fitting_core.keypoints.point_arrays import point_count
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints
from fitting_core.keypoints.whole_person import check_people_count, raw_keypoints, read_whole_person

_POINTS, _IN_SPACE, _PLACE, _FOCAL = "pred_keypoints_2d", "pred_keypoints_3d", "pred_cam_t", "focal_length"
_COUNT = 70
_FARTHEST_M = 1000.0
_FOCAL_RANGE_PX = (10.0, 500_000.0)
_WORTH = 1.0  # of its depths, as certain as the eyes' of a point in plain sight


def is_sam3d(document: JsonValue) -> bool:
    """Return True if this is one person of SAM 3D Body, or a list of them."""
    people = _people(document)
    return bool(people) and all(_is_person(person) for person in people)


def _is_person(value: JsonValue) -> bool:
    return isinstance(value, dict) and _table(value.get(_POINTS), (_COUNT, 2)) is not None


def _people(document: JsonValue) -> list[JsonValue]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    points = document.get(_POINTS)
    if not isinstance(points, list) or point_count(points, (_COUNT,)) is not None:
        return [document]
    # several people in one table, an array an entry
    keys = [key for key in (_POINTS, _IN_SPACE, _PLACE, _FOCAL) if isinstance(document.get(key), list)]
    lists = {key: cast("list[JsonValue]", document[key]) for key in keys}
    return [
        {key: values[number] for key, values in lists.items() if number < len(values)}
        for number in range(len(points))
    ]


def _table(value: JsonValue, shape: tuple[int, ...]) -> NumpyArray | None:
    """Return finite numbers of this shape; None for anything else."""
    try:
        table = np.array(value, dtype=np.float64).reshape(shape)
    except (TypeError, ValueError, OverflowError):
        return None
    return table if np.isfinite(table).all() and np.abs(table).max(initial=0.0) < 1e6 else None


def read_sam3d(document: JsonValue) -> RawKeypoints:
    """Read the people of one photo; raises KeypointFileError, without the file's name."""
    people = [cast(JsonObject, person) for person in _people(document)]
    check_people_count(len(people))
    found = [
        read_whole_person(person[_POINTS], f"[{index}].{_POINTS}") for index, person in enumerate(people)
    ]
    raw = raw_keypoints(found, "SAM 3D Body")
    return replace(
        raw,
        warnings=tuple(words for words in raw.warnings if "no confidence; every" not in words),
        depths=tuple(_depths(person) for person in people),
        focal_px=_focal_px(people),
    )


def _depths(person: JsonObject) -> NumpyArray | None:
    """Return the depth of each of BODY_25's points (m) and its worth; None where the points in space are missing."""
    joints, place = _table(person.get(_IN_SPACE), (_COUNT, 3)), _table(person.get(_PLACE), (3,))
    if joints is None or place is None:
        return None
    layout = layouts_of(_COUNT)[0].body
    z = joints[:, 2] + place[2]
    if np.abs(z).max() > _FARTHEST_M:
        return None
    depths = np.zeros((BODY_25.count, 2))
    for number, name in enumerate(BODY_25.names):
        if name in layout.indices:
            depths[number] = (z[layout.index(name)], _WORTH)
    return depths


def _focal_px(people: list[JsonObject]) -> float | None:
    for person in people:
        focal = _table(person.get(_FOCAL), (-1,))
        if focal is not None and focal.size and _FOCAL_RANGE_PX[0] <= focal[0] <= _FOCAL_RANGE_PX[1]:
            return float(focal[0])
    return None
