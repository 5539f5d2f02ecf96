"""Finds the poses in what a file holds: one table, a table inside others, several people, a list of frames."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

import numpy as np

from fitting_core.errors import shown
from fitting_core.files.plain_values import PlainValue, Unread

from .programs import PREFERRED, program_of
from .tracks import Table, Track, across_frames, people_of_table, people_with_names

_DEEPEST = 6
_MOST_PLACES = 100_000
_PERSON_KEYS = ("bbox", "id", "person_id", "track_id", "tid", "cam", "pred_cam_t", "camera")
_PICTURE_NAME = re.compile(r".*\.(jpe?g|png|webp|bmp|tiff?)", re.IGNORECASE)
_FRAME_NAME = re.compile(r"(frames?|images?|img|time|t|f)[_\- ]?\d{1,18}", re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,18}")


class _Search:
    """Walks what a file holds, with a limit on the places that are looked at."""

    def __init__(self, lists_are_people: bool) -> None:
        self._left = _MOST_PLACES
        self._lists_are_people = lists_are_people

    def tracks(self, value: PlainValue, name: str = "", depth: int = 0) -> list[Track]:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            return []
        if isinstance(value, dict):
            return self._of_table(cast(Table, value), name, depth)
        if isinstance(value, list):
            return self._of_list(cast("list[PlainValue]", value), name, depth)
        return []

    def _of_table(self, table: Table, name: str, depth: int) -> list[Track]:
        program = program_of(table)
        if program is not None and _has_numbers(table):
            return people_of_table(table, program, name)
        for key in PREFERRED:
            if isinstance(table.get(key), dict | list):
                found = self._of_part(table, key, name or key, depth + 1)
                if found:
                    return [_with_siblings(track, table) for track in found]
        found_by_key = {key: self.tracks(value, key, depth + 1) for key, value in table.items()}
        if _are_frames(found_by_key):
            return across_frames(list(found_by_key.values()))
        found = [track for tracks in found_by_key.values() for track in tracks]
        return [_with_siblings(track, table) for track in found]

    def _of_part(self, table: Table, key: str, name: str, depth: int) -> list[Track]:
        """Return who is in one entry of a table: the people of a frame where a list beside it says who they are."""
        part = table[key]
        if isinstance(part, list):
            people = [self.tracks(one, name, depth + 1) for one in cast("list[PlainValue]", part)]
            named = people_with_names(table, people)
            if named is not None:
                return named
        return self.tracks(part, name, depth)

    def _of_list(self, values: list[PlainValue], name: str, depth: int) -> list[Track]:
        inner = [self.tracks(value, str(number), depth + 1) for number, value in enumerate(values)]
        found = [tracks for tracks in inner if tracks]
        if len(found) < 2 or any(len(tracks) > 1 for tracks in found):
            is_frames = len(found) > 1 and all(track.frame_count == 1 for tracks in found for track in tracks)
            return across_frames(inner) if is_frames else [track for tracks in found for track in tracks]
        tracks = [tracks[0] for tracks in found]
        single = all(track.frame_count == 1 for track in tracks)
        if not single or self._lists_are_people or _are_people(tracks):
            return tracks
        return [Track(name, tuple(track.tables[0] for track in tracks))]


def _has_numbers(table: Table) -> bool:
    return any(isinstance(value, np.ndarray | list | Unread) for value in table.values())


def _with_siblings(track: Track, outer: Table) -> Track:
    """Add entries that stand beside a table of parameters, such as the place before the camera."""
    beside = {
        key: value
        for key, value in outer.items()
        if key in ("pred_cam_t", "pred_cam_t_full", "gender", "fps")
    }
    if not beside:
        return track
    return replace(track, tables=tuple({**beside, **own} for own in track.tables))


def _are_frames(found: dict[str, list[Track]]) -> bool:
    """True if the tables stand under the names or numbers of frames, and hold one frame each; some may hold nobody."""
    tracks = [track for tracks in found.values() for track in tracks]
    if sum(map(bool, found.values())) < 2 or any(track.frame_count > 1 for track in tracks):
        return False
    return any(all(form.fullmatch(key) for key in found) for form in (_PICTURE_NAME, _FRAME_NAME, _WHOLE))


def _are_people(tracks: list[Track]) -> bool:
    """True if a list's entries have what tells people of one picture apart, and not all the same of it."""
    for key in _PERSON_KEYS:
        values = [track.tables[0].get(key) for track in tracks]
        if all(value is not None for value in values):
            return len({str(value) for value in values}) == len(values)
    return False


def find_tracks(value: PlainValue, lists_are_people: bool = False) -> list[Track]:
    """Return everybody whose poses are in what a file holds; an empty list where there is nobody."""
    return _Search(lists_are_people).tracks(value)


def in_words(value: PlainValue, depth: int = 0) -> str:
    """Say what a file holds, in names and shapes, for messages."""
    if isinstance(value, dict):
        table = cast(Table, value)
        names = [
            f"{shown(key)} ({in_words(item, depth + 1)})"
            if isinstance(item, dict) and depth < 2
            else shown(key)
            for key, item in list(table.items())[:8]
        ]
        more = f" and {len(table) - 8} more" if len(table) > 8 else ""
        return (", ".join(names) or "nothing") + more
    if isinstance(value, np.ndarray):
        return "an array of " + " × ".join(map(str, value.shape)) + " numbers"
    if isinstance(value, list):
        items = cast("list[PlainValue]", value)
        return f"a list of {len(items)}" + (
            f", the first: {in_words(items[0], depth + 1)}" if items and depth < 2 else ""
        )
    return f"a {type(value).__name__}"
