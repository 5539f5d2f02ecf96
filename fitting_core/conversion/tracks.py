"""People of a file and the frames they are in: who is who from frame to frame, as the file says it or by their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import shown
from fitting_core.files.plain_values import PlainValue, as_array

from .gaps import MOST_GAPS
from .programs import Program

Table = dict[str, PlainValue]
_ROW_SIZES = (4, 6)
_JOINT_COUNTS = (15, 21, 22, 23, 24, 52, 55)
# Lists beside the people of a frame that say who each is: PHALP's, ROMP's.
_IDENTITIES = ("tid", "track_ids")
_FRAMES_UNSEEN = (
    "tracked_time"  # PHALP: of each person of a frame, for how many frames the last pose has been repeated
)
_FRAME_NUMBERS = ("frame_id", "frame_ids")  # of somebody's rows, which are frames then
_MOST_ROWS = 64  # that are people: ROMP finds no more in a picture
_SHAPES = ("beta", "shape", "expr")  # of these a body has one


@dataclass(frozen=True, eq=False)
class Track:
    """One person: a table for all frames, or one for each of them; `name` is that of the person or place in the file.

    `identity` is what the file calls the person within a frame, `note` what is odd about the frames, in words.
    """

    name: str
    tables: tuple[Table, ...]
    identity: str = ""
    note: str = ""

    @property
    def frame_count(self) -> int:
        """Number of frames, as far as it is seen without reading them."""
        return len(self.tables) if len(self.tables) > 1 else _frames_of(next(iter(self.tables)))


def _frames_of(table: Table) -> int:
    roots = [value for key, value in table.items() if "orient" in key or "root_pose" in key or key == "Rh"]
    poses = [value for key, value in table.items() if "pose" in key or "thetas" in key]
    sizes = [
        len(array) if array.ndim == 2 and len(array) != 3 else _frames_in(array)
        for value in roots
        if (array := as_array(value)) is not None
    ]
    sizes = sizes or [_frames_in(array) for value in poses if (array := as_array(value)) is not None]
    return max(sizes, default=1)


def _frames_in(array: NumpyArray) -> int:
    """Return the frames of an array of rotations; one of rows of joints, or of matrices, has one."""
    is_one = array.ndim < 2 or array.shape == (3, 3) or (array.ndim == 2 and array.shape[1] in _ROW_SIZES)
    if array.ndim == 2 and array.shape[1] == 3:
        is_one = len(array) in _JOINT_COUNTS
    if array.ndim == 3 and array.shape[1:] == (3, 3):
        is_one = len(array) in _JOINT_COUNTS
    return 1 if is_one else len(array)


def people_of_table(table: Table, program: Program, name: str) -> list[Track]:
    """Return the people of one table: more than one where its poses are a list of motions, or its rows are people."""
    if program.rows_are_people and not any(key in table for key in _FRAME_NUMBERS):
        count = _row_count(table[program.needs[0]])
        if count <= _MOST_ROWS:
            known = _identities(table, count) or [""] * count
            return [
                Track(name if count == 1 else f"row {number}", (_row(table, number, count),), who)
                for number, who in enumerate(known)
            ]
    return [Track(name, (one,)) for one in _people_of_lists(table)]


def _row_count(value: PlainValue) -> int:
    """Return the rows of an array of at least two axes, or of a list of rows; 1 for anything else."""
    array = as_array(value)
    if array is not None:
        return len(array) if array.ndim > 1 else 1
    rows = cast("list[PlainValue]", value) if isinstance(value, list) else []
    return len(rows) if rows and all(isinstance(row, list | np.ndarray) for row in rows) else 1


def _row(table: Table, number: int, count: int) -> Table:
    """Return the entries of one person; those that have not a row a person are everybody's."""
    return {key: _own(value, number, count) for key, value in table.items()}


def _own(value: PlainValue, number: int, count: int) -> PlainValue:
    if isinstance(value, list) and len(cast("list[Any]", value)) == count:
        return value[number]
    array = as_array(value)
    if array is None or array.ndim < 2 or len(array) != count:
        return value
    return array[number] if array.ndim > 2 else array[number : number + 1]


def _people_of_lists(table: Table) -> Iterator[Table]:
    """Yield a table a person where the poses are a list of arrays, one of many frames a person (3DPW)."""
    value = table.get("poses")
    poses = [as_array(one) for one in cast("list[PlainValue]", value)] if isinstance(value, list) else []
    count = len(poses)
    if not count or not all(one is not None and one.ndim == 2 for one in poses):
        yield table
        return
    for number in range(count):
        yield {
            key: value[number]
            if isinstance(value, list) and len(cast("list[Any]", value)) == count
            else value
            for key, value in table.items()
        }


def people_with_names(frame: Table, people: list[list[Track]]) -> list[Track] | None:
    """Return the people of a frame with what a list beside them calls each; None if nothing does.

    `people` is what was found in each entry of their list. Those whose last pose is only repeated are left out.
    """
    known = _identities(frame, len(people))
    if known is None:
        return None
    repeated = frame.get(_FRAMES_UNSEEN)
    repeats = cast("list[Any]", repeated) if isinstance(repeated, list) else []
    is_seen = [not repeat for repeat in repeats] if len(repeats) == len(people) else [True] * len(people)
    return [
        replace(track, identity=who)
        for tracks, who, is_there in zip(people, known, is_seen, strict=True)
        for track in tracks[:1]
        if is_there
    ]


def _identities(table: Table, count: int) -> list[str] | None:
    """Return what each of so many people is called; None if the table does not say it of all."""
    for key in _IDENTITIES:
        array, value = as_array(table.get(key)), table.get(key)
        values: list[Any] = (
            array.ravel().tolist() if array is not None else value if isinstance(value, list) else []
        )
        names = [str(one) for one in values if isinstance(one, int | float | str)]
        if count and len(names) == len(values) == count:
            return names
    return None


def across_frames(frames: list[list[Track]]) -> list[Track]:
    """Return a track for each person, by what the file calls them, else by their order within the frames.

    Frames between the first and the last of a person in which the person is missing are frames without values, which are
    filled later, unless they are too many: those are left out. Either is said.
    """
    are_named = all(track.identity for tracks in frames for track in tracks)
    people: dict[str, dict[int, Table]] = {}
    for number, tracks in enumerate(frames):
        for order, track in enumerate(tracks):
            people.setdefault(track.identity if are_named else str(order), {}).setdefault(
                number, track.tables[0]
            )
    is_order_word = not are_named and len(people) > 1
    return [_followed(who, tables, len(frames), is_order_word) for who, tables in people.items()]


def _followed(who: str, tables: dict[int, Table], frame_count: int, is_by_order: bool) -> Track:
    first, last = min(tables), max(tables)
    missing = last - first + 1 - len(tables)
    are_filled = missing <= MOST_GAPS * (last - first + 1)
    words: list[str] = []
    if len(tables) < frame_count:
        between = "1 frame between has" if missing == 1 else f"{missing} frames between have"
        rest = f", and {between} no pose" if missing else ""
        left = "" if are_filled else ", so many that they are left out"
        words.append(
            f"Person {shown(who)} is in {len(tables)} of {frame_count} frames, from frame {first} on{rest}{left}."
        )
    if is_by_order:
        words.append(
            "The file does not say who is who from frame to frame: people are told by their order in each frame."
        )
    name = f"person {who}"
    if not missing or not are_filled:
        return Track(name, tuple(tables.values()), note=" ".join(words))
    empty = {key: _without_numbers(key, value) for key, value in tables[first].items()}
    numbers = range(first, last + 1)
    return Track(name, tuple(tables.get(number, empty) for number in numbers), note=" ".join(words))


def _without_numbers(key: str, value: PlainValue) -> PlainValue:
    """Return an entry as it is in a frame without a pose: NaN for every number of a rotation or a place."""
    if any(word in key.lower() for word in _SHAPES):
        return value
    array = as_array(value)
    if array is not None:
        return np.full(array.shape, np.nan) if array.dtype.kind == "f" else value
    if isinstance(value, list):
        return [_without_numbers("", item) for item in cast("list[PlainValue]", value)]
    return float("nan") if isinstance(value, float) else value
