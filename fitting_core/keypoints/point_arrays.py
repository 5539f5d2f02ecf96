"""Reads an array of points from one JSON list of numbers, with every fault named by its position."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from fitting_core.errors import KeypointFileError
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.raw_people import Points

# Far beyond any photo: a larger number is damage, and its square would spoil the fit.
MAXIMUM_COORDINATE = 1e6
# OpenPose writes up to about 1.05; anything more is another scale.
MAXIMUM_CONFIDENCE = 1.5
_COLUMNS = ("x", "y", "confidence")


@dataclass(frozen=True, eq=False)
class PointArray:
    """Points of one part (confidence cut to 0–1, unseen rows zero) and what was odd about them in words."""

    points: Points
    oddities: tuple[str, ...]


def read_points(
    value: JsonValue, names_by_count: Mapping[int, tuple[str, ...]], where: str
) -> PointArray | None:
    """Read one part (`[x, y, c, …]`, rows of three, or x, y only); None when it is null or empty.

    `names_by_count` gives the point names for each admissible number of points; `where` names the array in
    errors. Raises KeypointFileError for a wrong length or an entry that is not a number of sensible size.
    """
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        raise KeypointFileError(
            f"{where} is {_in_words(value)}, not a list of numbers. Export the keypoints again."
        )
    flat = _flattened(value)
    shape = point_shape(flat, tuple(names_by_count))
    if shape is None:
        raise _wrong_length(len(flat), names_by_count, where)
    count, columns = shape
    _refuse_non_numbers(flat, names_by_count[count], columns, where)
    table = np.array(flat, dtype=np.float64).reshape(count, columns)
    oddities: list[str] = []
    if columns == 2:
        oddities.append(f"{where} has x and y but no confidence; every point in it counts as certain")
        table = np.column_stack([table, np.any(table != 0, axis=1).astype(np.float64)])
    return PointArray(_cleaned(table, where, oddities), tuple(oddities))


def point_shape(value: JsonValue, counts: Collection[int]) -> tuple[int, int] | None:
    """Return (points, columns) when the list holds one of these numbers of points, with or without confidences."""
    length = len(_flattened(value)) if isinstance(value, list) else 0
    return next(
        ((count, columns) for columns in (3, 2) for count in counts if length == count * columns), None
    )


def _flattened(value: list[JsonValue]) -> list[JsonValue]:
    if value and all(isinstance(row, list) for row in value):
        return [entry for row in cast("list[list[JsonValue]]", value) for entry in row]
    return value


def _wrong_length(length: int, counts: Iterable[int], where: str) -> KeypointFileError:
    expected = " or ".join(str(3 * count) for count in sorted(counts))
    return KeypointFileError(
        f"{where} has {length} numbers; {expected} are expected (x, y and confidence of each point). "
        "Export the keypoints again."
    )


def _refuse_non_numbers(flat: list[JsonValue], names: tuple[str, ...], columns: int, where: str) -> None:
    for index, entry in enumerate(flat):
        if isinstance(entry, float) and abs(entry) <= MAXIMUM_COORDINATE:  # false for NaN
            continue
        point = index // columns
        raise KeypointFileError(
            f"{where}, entry {index} ({_COLUMNS[index % columns]} of point {point}, {names[point]}) is "
            f"{_in_words(entry)}, not a number of sensible size. Detect again or set the point to 0, 0, 0."
        )


def _in_words(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        if np.isnan(value):
            return "NaN"
        return "infinite or too large to hold" if np.isinf(value) else f"{value:g}"
    words = {"bool": "true or false", "str": "text", "list": "a list", "dict": "an object"}
    return words[type(value).__name__]


def _cleaned(table: Points, where: str, oddities: list[str]) -> Points:
    """Clip confidences to 0–1, zero the rows that were not seen; add what was odd to `oddities`."""
    confidence = table[:, 2]
    placed = np.any(table[:, :2] != 0, axis=1)
    unsure = int(np.sum(placed & (confidence == 0)))
    if unsure:
        oddities.append(f"{where} has {unsure} points with a position but no confidence; they were left out")
    if np.any(confidence < 0) or np.any(confidence > MAXIMUM_CONFIDENCE):
        oddities.append(
            f"{where} has confidences from {confidence.min():g} to {confidence.max():g}; they were cut to 0–1"
        )
    cleaned = np.column_stack([table[:, :2], np.clip(confidence, 0.0, 1.0)])
    cleaned[~placed | (confidence <= 0)] = 0.0
    return cleaned
