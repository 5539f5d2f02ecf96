"""Reads an array of points from one JSON list, whatever clothes the points wear; a bad point is a missing one, with a word.

A point is a run of numbers in a flat list, a row of two to four numbers, an object with x and y, or null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import KeypointFileError
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.raw_people import Points

# Far beyond any photo: a larger number is damage, and its square would spoil the fit.
MAXIMUM_COORDINATE = 1e6
_MOST_COUNTS_TOLD = 4  # of points that a layout has, in a message
_LONGEST_NUMBER = 40  # characters
_COLUMNS = ("x", "y", "confidence")
# Keys of a point's confidence as an object has it: MediaPipe, PoseNet, Detectron2, Label Studio, DeepLabCut.
_CONFIDENCE_KEYS = ("confidence", "score", "visibility", "conf", "c", "v", "prob", "likelihood", "presence")
# Of joints in space: no body reaches farther from its middle; so many points, and so large a share of them on either side.
_FARTHEST_IN_SPACE_M, _ZERO_M = 3.0, 0.04
_LEAST_IN_SPACE, _DEPTH_SHARE = 10, 0.15
_NamesOf = Callable[[int], Sequence[str]]


@dataclass(frozen=True, eq=False)
class PointArray:
    """Points of one part (confidence as written, unseen rows zero) and what was odd about them in words."""

    points: Points
    oddities: tuple[str, ...]


def point_count(value: JsonValue, counts: Collection[int]) -> int | None:
    """Return how many points a list holds if that is one of `counts`, with or without confidences; else None."""
    value = _as_rows(value)
    if not isinstance(value, list) or not value:
        return None
    if _is_rows(value):
        return len(value) if len(value) in counts else None
    return next((count for columns in (3, 2) for count in counts if len(value) == count * columns), None)


def read_points(
    value: JsonValue,
    counts: Collection[int],
    where: str,
    names_of: _NamesOf = lambda count: (),
    scores: JsonValue = None,
) -> PointArray | None:
    """Read one part; None when it is null or empty.

    `counts` are the admissible numbers of points, `where` names the array in messages, `names_of` its points by their
    number, `scores` is a list of confidences that stands apart. Raises KeypointFileError for a wrong length.
    """
    if value is None or value == []:
        return None
    value = _as_rows(value)
    if not isinstance(value, list):
        raise KeypointFileError(
            f"{where} is {_in_words(value)}, not a list of numbers. Export the keypoints again."
        )
    count = point_count(value, counts)
    if count is None:
        raise _wrong_length(value, counts, where)
    rows = cast("list[JsonValue]", value) if _is_rows(value) else _rows_of_flat(value, count)
    confidences = _separate(scores, count)
    _check_not_in_space(rows, where, confidences is not None)
    if confidences is not None:
        rows = [cast(JsonValue, [*_xy(row), score]) for row, score in zip(rows, confidences, strict=True)]
    return _table(rows, where, names_of(count))


def _check_not_in_space(rows: Sequence[JsonValue], where: str, third_is_depth: bool) -> None:
    """Raise KeypointFileError for places in metres about the body, as lifters to space write them, instead of in a photo.

    Many of their x and y are negative, as OpenPose's from −1 to 1 are; so is the third number, or it is known to be no
    confidence, because those stand apart.
    """
    triples = [
        row
        for row in rows
        if isinstance(row, list) and len(row) == 3 and all(isinstance(entry, float) for entry in row)
    ]
    if len(triples) < _LEAST_IN_SPACE:
        return
    table = np.array(triples, dtype=np.float64)
    if not np.isfinite(table).all() or np.abs(table).max() > _FARTHEST_IN_SPACE_M:
        return
    behind: NumpyArray = np.mean(table < -_ZERO_M, axis=0) > _DEPTH_SHARE
    is_about_body = bool(behind[:2].any()) if third_is_depth else bool(behind[:2].all())
    if is_about_body and (third_is_depth or behind[2]):
        raise places_in_space(where)


def places_in_space(where: str) -> KeypointFileError:
    """Return the error for joints in metres where points of a photo are needed."""
    return KeypointFileError(
        f"{where or 'it'} holds places in space (x, y and z in metres), not points of a photo. Choose the file of the 2-D "
        "points that they were made from."
    )


def _as_rows(value: JsonValue) -> JsonValue:
    """Return the columns of an object (x, y and visible, as Ultralytics writes them) as rows; anything else as it is."""
    if not isinstance(value, dict):
        return value
    x, y = value.get("x"), value.get("y")
    if not isinstance(x, list) or not isinstance(y, list) or len(x) != len(y):
        return value
    seen = next((value[key] for key in ("visible", *_CONFIDENCE_KEYS) if key in value), None)
    if not isinstance(seen, list) or len(seen) != len(x):
        return [[first, second] for first, second in zip(x, y, strict=True)]
    return [list(row) for row in zip(x, y, seen, strict=True)]


def _is_rows(value: list[JsonValue]) -> bool:
    """True if the entries are points: lists and objects, and nulls among them."""
    return any(isinstance(entry, list | dict) for entry in value) and all(
        entry is None or isinstance(entry, list | dict) for entry in value
    )


def _rows_of_flat(value: list[JsonValue], count: int) -> list[JsonValue]:
    columns = len(value) // count
    return [value[start : start + columns] for start in range(0, len(value), columns)]


def _separate(scores: JsonValue, count: int) -> list[JsonValue] | None:
    """Return confidences that stand in a list of their own, one a point, each a number or a row of one."""
    if not isinstance(scores, list) or len(scores) != count:
        return None
    return [
        cast("list[JsonValue]", score)[0] if isinstance(score, list) and len(score) == 1 else score
        for score in cast("list[JsonValue]", scores)
    ]


def _xy(row: JsonValue) -> list[JsonValue]:
    entries = _entries(row)
    return entries[:2] if len(entries) >= 2 else [None, None]


def _entries(row: JsonValue) -> list[JsonValue]:
    """Return x, y and, where the point has one, its confidence; an empty list for what is no point."""
    if isinstance(row, dict):
        return _entries_of_object(row)
    if not isinstance(row, list):
        return []
    if len(row) == 4:  # x, y, z, visibility
        return [row[0], row[1], row[3]]
    return row if len(row) in (2, 3) else []


def _entries_of_object(row: Mapping[str, JsonValue]) -> list[JsonValue]:
    place = row.get("position", row)
    inner: Mapping[str, JsonValue] = (
        cast("Mapping[str, JsonValue]", place) if isinstance(place, dict) else row
    )
    x, y = (inner.get(key, inner.get(key.upper())) for key in ("x", "y"))
    confidence = next((row[key] for key in _CONFIDENCE_KEYS if key in row), None)
    return [x, y] if confidence is None else [x, y, confidence]


def _table(rows: list[JsonValue], where: str, names: Sequence[str]) -> PointArray:
    table = np.zeros((len(rows), 3))
    faults: list[str] = []
    bare = 0
    for index, row in enumerate(rows):
        entries = [_number_of(entry) for entry in _entries(row)]
        fault = _fault(row, entries)
        if fault is not None:
            faults.append(f"{_named(index, names)} {fault}")
            continue
        if not entries:
            continue
        x, y = cast("tuple[float, float]", (entries[0], entries[1]))
        bare += len(entries) == 2
        table[index] = (x, y, entries[2] if len(entries) == 3 else float(x != 0 or y != 0))
    return PointArray(_seen_only(table), tuple(_oddities(table, where, faults, bare)))


def _number_of(entry: JsonValue) -> JsonValue:
    """Return the number that a short text stands for; anything else as it is."""
    if not isinstance(entry, str) or len(entry) > _LONGEST_NUMBER:
        return entry
    try:
        return float(entry)
    except ValueError:
        return entry


def _fault(row: JsonValue, entries: list[JsonValue]) -> str | None:
    """Say why a point cannot be used; None if it can, or is said to be missing by a null in its place."""
    if row is None:
        return None
    if not entries:
        return "is no point"
    for column, entry in enumerate(entries):
        if isinstance(entry, bool) or not isinstance(entry, float | int):
            return f"has {_in_words(entry)} for {_COLUMNS[column]}"
        if not isfinite(entry) or abs(entry) > MAXIMUM_COORDINATE:
            return f"has {_in_words(float(entry))} for {_COLUMNS[column]}"
    return None


def _named(index: int, names: Sequence[str]) -> str:
    return f"point {index} ({names[index]})" if index < len(names) else f"point {index}"


def _seen_only(table: Points) -> Points:
    placed = np.any(table[:, :2] != 0, axis=1)
    return np.where((placed & (table[:, 2] != 0))[:, None], table, 0.0)


def _oddities(table: Points, where: str, faults: list[str], bare: int) -> list[str]:
    words: list[str] = []
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        left_out = "they were left out" if more else "it was left out"
        words.append(f"{where}: {faults[0]}{more}; {left_out}")
    if bare:
        words.append(f"{where} has x and y but no confidence; every point in it counts as certain")
    unsure = int(np.sum(np.any(table[:, :2] != 0, axis=1) & (table[:, 2] == 0)))
    if unsure:
        words.append(f"{where} has {unsure} points with a position but no confidence; they were left out")
    return words


def _wrong_length(value: list[JsonValue], counts: Collection[int], where: str) -> KeypointFileError:
    are_rows = _is_rows(value)
    unit = "points" if are_rows else "numbers (x, y and confidence of each point)"
    numbers = [count if are_rows else 3 * count for count in sorted(counts)]
    expected = f"{' or '.join(map(str, numbers))} are expected"
    if len(numbers) > _MOST_COUNTS_TOLD:
        expected = f"no known layout has so many, the smallest {numbers[0]} and the largest {numbers[-1]}"
    return KeypointFileError(f"{where} has {len(value)} {unit}; {expected}. Export the keypoints again.")


def _in_words(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, float | int) and not isinstance(value, bool):
        number = float(value)
        if isnan(number):
            return "NaN"
        return f"{number:g}" if isfinite(number) else "a number that is infinite or too large to hold"
    words = {"bool": "true or false", "str": "text", "list": "a list", "dict": "an object"}
    return words[type(value).__name__]
