"""Readers of bare arrays: rtmlib's and DWPose's, a table of points alone, and SMPLify's est_joints.

rtmlib returns `keypoints` (people, points, 2) and `scores` (people, points); DWPose's annotator has `bodies` (`candidate`,
`subset`), `hands` and `faces`. `est_joints` is (5 or 3, 14, photos): x, y, confidence. Sources: Tau-J/rtmlib;
IDEA-Research/DWPose; SMPLify of 2016, its data.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import numpy as np

from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.keypoints2d import HAND_COUNT
from fitting_core.keypoints.layouts import COCO_18, FACE_COUNT_WITHOUT_PUPILS
from fitting_core.keypoints.openpose import canvas_of
from fitting_core.keypoints.other_layouts import COUNTS, LSP_14, layouts_of
from fitting_core.keypoints.point_arrays import read_points
from fitting_core.keypoints.raw_people import JsonObject, Points, RawKeypoints, RawPerson
from fitting_core.keypoints.whole_person import (
    WholePerson,
    check_people_count,
    is_whole_person,
    raw_keypoints,
    read_whole_person,
)

_KEYS = (
    "keypoints",
    "keypoints_2d",
    "kpts",
    "kpts_2d",
    "candidate",
    "points",
    "poses_2d",
    "joints2d",
    "keypoint",
)
_SCORE_KEYS = (
    "scores",
    "keypoint_scores",
    "keypoints_scores",
    "score",
    "conf",
    "confidence",
    "keypoint_score",
)
_DWPOSE_SCORES = (
    "subset"  # beside "candidate", of the network's own output; the annotator's has indices there
)
_SAME_PLACE = (
    0.25  # of a figure's size: people of one picture stand farther apart, a person's next frame does not
)
EST_JOINTS = "est_joints"
_LSP_ROWS = (3, 5)


def is_table(document: JsonValue) -> bool:
    """Return True if this is an array of points of one person, of people, or of people in frames."""
    return _depth(_points_of(document)[0]) is not None


def _points_of(document: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Return the array, and the confidences that stand apart."""
    if _is_pair(document):
        return cast("list[JsonValue]", document)[0], cast("list[JsonValue]", document)[1]
    if not isinstance(document, dict):
        return document, None
    points = next((document[key] for key in _KEYS if _depth(document.get(key)) is not None), None)
    scores = next((document[key] for key in _SCORE_KEYS if isinstance(document.get(key), list)), None)
    if scores is None and _are_shares(document.get(_DWPOSE_SCORES), points):
        scores = document[_DWPOSE_SCORES]
    return points, scores


def _are_shares(rows: JsonValue, people: JsonValue) -> bool:
    """True for a row of numbers from 0 to 1 a person, one a point: DWPose's confidences, and not its indices of points."""
    if not isinstance(rows, list) or not isinstance(people, list) or len(rows) != len(people):
        return False
    return bool(rows) and all(
        isinstance(row, list)
        and isinstance(person, list)
        and len(row) == len(person)
        and all(isinstance(share, float) and 0.0 <= share <= 1.0 for share in row)
        for row, person in zip(rows, people, strict=True)
    )


def _is_pair(document: JsonValue) -> bool:
    """True for a list of the people's points and of their confidences: what rtmlib's call returns, saved as it is."""
    if not isinstance(document, list) or len(document) != 2:
        return False
    people, scores = document
    if not isinstance(people, list) or not isinstance(scores, list) or len(people) != len(scores):
        return False
    return bool(people) and all(
        isinstance(person, list)
        and is_whole_person(person)
        and isinstance(own, list)
        and len(own) == len(person)
        and all(isinstance(number, float) for number in own)
        for person, own in zip(people, scores, strict=True)
    )


def _depth(value: JsonValue) -> int | None:
    """Return how many lists lie around the points of a person, at most 2; None where no layout has so many points."""
    for depth in range(3):
        if is_whole_person(value):
            return depth
        if not isinstance(value, list) or not value:
            return None
        value = next((entry for entry in value if entry), None)
    return None


def frames_of_table(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return people and confidences a frame, as `{"points": …, "scores": …}`."""
    points, scores = _points_of(document)
    depth = _depth(points)
    if depth == 0:
        points, scores = [points], None if scores is None else [scores]
    people = cast("list[JsonValue]", points)
    rows = cast("list[JsonValue]", scores) if isinstance(scores, list) and len(scores) == len(people) else []
    rows = rows or [None] * len(people)
    if depth != 2 and not _is_one_person_moving(people):
        size = (
            {key: document[key] for key in ("width", "height") if key in document}
            if isinstance(document, dict)
            else {}
        )
        return [("", cast(JsonValue, {**_frame(people, rows), **size}))]
    if depth == 2:
        return [("", _frame(group, score)) for group, score in zip(people, rows, strict=True)]
    return [("", _frame([person], [score])) for person, score in zip(people, rows, strict=True)]


def _frame(people: JsonValue, scores: JsonValue) -> JsonObject:
    return {"points": people if isinstance(people, list) else [], "scores": scores}


def _is_one_person_moving(people: list[JsonValue]) -> bool:
    """True if every entry lies nearly where the one before it lies: frames of one person, not people of one picture."""
    tables = [read_points(person, COUNTS, "") if is_whole_person(person) else None for person in people]
    found = [table.points for table in tables if table is not None]
    if len(found) < 2:
        return False
    for first, second in pairwise(found):
        if len(first) != len(second):
            return False
        both = (first[:, 2] > 0) & (second[:, 2] > 0)
        if not both.any():
            continue
        size = float(np.ptp(first[both, :2], axis=0).max())
        if float(np.linalg.norm(first[both, :2] - second[both, :2], axis=1).mean()) > _SAME_PLACE * size:
            return False
    return True


def read_table(document: JsonValue) -> RawKeypoints:
    """Read the people of one frame."""
    frame = cast(JsonObject, document)
    people = cast("list[JsonValue]", frame["points"])
    scores = frame["scores"]
    rows = cast("list[JsonValue]", scores) if isinstance(scores, list) and len(scores) == len(people) else []
    check_people_count(len(people))
    found: list[WholePerson | None] = []
    for index, person in enumerate(people):
        usable = person if is_whole_person(person) else None
        found.append(read_whole_person(usable, f"[{index}]", rows[index] if rows else None))
    return raw_keypoints(found, "Array of points", canvas_of(frame))


def is_dwpose(document: JsonValue) -> bool:
    """Return True if this is what DWPose's annotator hands on."""
    bodies = document.get("bodies") if isinstance(document, dict) else None
    return (
        isinstance(bodies, dict)
        and isinstance(bodies.get("candidate"), list)
        and isinstance(bodies.get("subset"), list)
    )


def read_dwpose(document: JsonValue) -> RawKeypoints:
    """Read `bodies`, `hands` (all left ones, then all right ones) and `faces`."""
    frame = cast(JsonObject, document)
    bodies = cast(JsonObject, frame["bodies"])
    candidates = cast("list[JsonValue]", bodies["candidate"])
    subset = [row for row in cast("list[JsonValue]", bodies["subset"]) if isinstance(row, list)]
    check_people_count(len(subset))
    hands, faces = (frame.get(key) if isinstance(frame.get(key), list) else [] for key in ("hands", "faces"))
    warnings: list[str] = []
    people: list[RawPerson] = []
    for index, row in enumerate(subset):
        left, right = _entry(hands, index), _entry(hands, index + len(subset))
        people.append(
            RawPerson(
                _part(
                    [_candidate(candidates, place) for place in row[: COCO_18.count]], COCO_18.count, warnings
                ),
                _part(left, HAND_COUNT, warnings),
                _part(right, HAND_COUNT, warnings),
                _part(_entry(faces, index), FACE_COUNT_WITHOUT_PUPILS, warnings),
                COCO_18,
            )
        )
    return RawKeypoints(
        tuple(people), f"DWPose, {COCO_18.name}", canvas_of(frame), tuple(warnings), detector="coco"
    )


def _candidate(candidates: list[JsonValue], place: JsonValue) -> JsonValue:
    known = isinstance(place, float | int) and not isinstance(place, bool) and 0 <= place < len(candidates)
    row = candidates[int(cast(float, place))] if known else None
    return row[:2] if isinstance(row, list) else None


def _entry(values: JsonValue, index: int) -> JsonValue:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _part(value: JsonValue, count: int, warnings: list[str]) -> Points | None:
    """Return the points of one part, those at −1 as missing; None for a part of another length."""
    if not isinstance(value, list) or len(value) != count:
        return None
    rows = [row if isinstance(row, list) and len(row) in (2, 3) else None for row in value]
    array = read_points(cast(JsonValue, rows), (count,), "a part")
    if array is None:
        return None
    warnings.extend(words for words in array.oddities if "no confidence; every" not in words)
    return np.where(np.any(array.points[:, :2] < 0, axis=1)[:, None], 0.0, array.points)


def is_est_joints(document: JsonValue) -> bool:
    """Return True if this is SMPLify's file of DeepCut's joints."""
    value = document.get(EST_JOINTS) if isinstance(document, dict) else None
    if not isinstance(value, list) or not value:
        return False
    are_joints = all(isinstance(row, list) and len(row) == LSP_14.count for row in value)
    return are_joints and (len(value) in _LSP_ROWS or _is_photo_by_photo(value))


def _is_photo_by_photo(value: JsonValue) -> bool:
    """True if the array is (photos, 14, 3), as it is written since, instead of (5 or 3, 14, photos).

    Where both have as many numbers, the third of each joint is a confidence, and the joints of the third photo are none.
    """
    photos = cast("list[list[JsonValue]]", value)
    if not all(isinstance(joint, list) and len(joint) == 3 for photo in photos for joint in photo):
        return False
    if len(photos) not in _LSP_ROWS:
        return True
    joints = cast("list[list[list[JsonValue]]]", photos)
    return _are_confidences([joint[2] for photo in joints for joint in photo]) and not _are_confidences(
        [number for joint in joints[2] for number in joint]
    )


def _are_confidences(values: list[JsonValue]) -> bool:
    return all(isinstance(value, float) and 0 <= value <= 1 for value in values)


def frames_of_est_joints(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return 14 rows of x, y and confidence a photo."""
    value = cast("list[JsonValue]", cast(JsonObject, document)[EST_JOINTS])
    if _is_photo_by_photo(value):
        return [("", photo) for photo in value]
    x, y, confidence = cast("list[list[JsonValue]]", value)[:3]
    joints = [
        [place if isinstance(place, list) else [place] for place in cast("tuple[JsonValue, ...]", triple)]
        for triple in zip(x, y, confidence, strict=True)
    ]
    count = min(len(column) for joint in joints for column in joint)
    return [
        ("", cast(JsonValue, [[column[frame] for column in joint] for joint in joints]))
        for frame in range(count)
    ]


def read_est_joints(document: JsonValue) -> RawKeypoints:
    """Read one photo's joints."""
    layout = next(layout for layout in layouts_of(LSP_14.count) if layout.body is LSP_14)
    array = read_points(document, (LSP_14.count,), EST_JOINTS, lambda count: LSP_14.names)
    if array is None:
        return raw_keypoints([], "SMPLify's est_joints")
    person = WholePerson(RawPerson(array.points, layout=LSP_14), layout, array.oddities)
    return raw_keypoints([person], "SMPLify's est_joints")
