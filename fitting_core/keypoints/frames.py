"""Finds the keypoints in a document, whatever they are wrapped in, and chooses one of its frames."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import cast

from fitting_core.errors import KeypointFileError, shown
from fitting_core.files.border import RefusedError
from fitting_core.files.json_document import MAXIMUM_DEPTH, JsonValue, measure
from fitting_core.keypoints.raw_people import RawKeypoints

_MOST_PLACES = 200  # that are looked at in search of keypoints
_DEEPEST = 6  # wrappers around the keypoints
_LONGEST_INNER_TEXT = 10_000_000  # characters of a document inside a string
# Entries of a body model's pose, whose rows of 63 or 69 numbers are no 21 or 23 points, and of animals.
_POSE_ENTRY = re.compile(
    r"(.*_)?(betas?|transl?|root_orient|global_orient|thetas|rotmat|fullpose|labels?)(_.*)?"
    r"|pose_(body|hand|jaw|eye|world)|(.*_)?(body|hand|jaw|leye|reye)_pose|(smpl|smplx|pred)_poses?|verts|vertices|animals",
    re.IGNORECASE,
)
_POSE_ENTRIES = 2  # of a file that is one
_NamedFrames = list[tuple[str, JsonValue]]


def _single(document: JsonValue) -> _NamedFrames:
    return [("", document)]


@dataclass(frozen=True)
class Dialect:
    """One way to write keypoints: a test that knows it, what splits it into frames, and what reads a frame."""

    name: str
    recognises: Callable[[JsonValue], bool]
    read: Callable[[JsonValue], RawKeypoints]
    frames: Callable[[JsonValue], _NamedFrames] = _single


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a file; each has a name, or an empty one where the file gives none. A frame of None holds nobody."""

    dialect: Dialect
    frames: _NamedFrames

    @property
    def has_names(self) -> bool:
        """True if the frames are those of pictures that the file names."""
        return all(name and not name.isdecimal() for name, _ in self.frames)

    def named(self, photo: str) -> int | None:
        """Return the number of the frame of a photo, by its name with or without the ending; None if there is none."""
        whole, stems = self._numbers
        return whole.get(photo, stems.get(PurePath(photo).stem))

    @cached_property
    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """The numbers of the frames by the names of their pictures, and by those without endings; the first of a name counts."""
        whole: dict[str, int] = {}
        stems: dict[str, int] = {}
        for number, (name, _) in enumerate(self.frames):
            path = PurePath(name)
            whole.setdefault(path.name, number)
            if name:
                stems.setdefault(path.stem, number)
        return whole, stems

    def read(self, number: int) -> RawKeypoints:
        """Read one frame; raises KeypointFileError, without the file's name."""
        frame = self.frames[number][1]
        if frame is None:
            return RawKeypoints((), self.dialect.name)
        return self.dialect.read(frame)


def find_frames(document: JsonValue, dialects: tuple[Dialect, ...]) -> Frames | None:
    """Return the frames of a document of any of the dialects; None if it holds none, however wrapped."""
    waiting = deque([(document, 0)])
    for _ in range(_MOST_PLACES):
        if not waiting:
            return None
        value, depth = waiting.popleft()
        found = _frames_here(value, dialects)
        if found is not None:
            return found
        if depth < _DEEPEST:
            waiting.extend((inner, depth + 1) for inner in _inside(value) if _may_hold(inner))
    return None


def is_pose(document: JsonValue) -> bool:
    """Return True for a table with entries of a body model's pose, or for a table or list around such tables."""
    for _ in range(_DEEPEST):
        if isinstance(document, dict):
            if sum(bool(_POSE_ENTRY.fullmatch(name)) for name in document) >= _POSE_ENTRIES:
                return True
            document = next(iter(document.values()), None)
        elif isinstance(document, list):
            document = document[0] if document else None
    return False


def _frames_here(value: JsonValue, dialects: tuple[Dialect, ...]) -> Frames | None:
    for dialect in dialects:
        if dialect.recognises(value):
            return Frames(dialect, dialect.frames(value))
    return _frames_of_many(value, dialects)


def _frames_of_many(value: JsonValue, dialects: tuple[Dialect, ...]) -> Frames | None:
    """Return a frame for each entry of a list, or of a table by pictures' names, whose entries are documents of one dialect."""
    entries: _NamedFrames = []
    if isinstance(value, list):
        entries = [("", entry) for entry in value]
    elif isinstance(value, dict):
        entries = list(value.items())
    known = [entry for _, entry in entries if entry is not None and entry != {} and entry != []]
    if len(entries) < 2 and not (isinstance(value, list) and entries):
        return None
    for dialect in dialects if known else ():
        if all(dialect.recognises(entry) for entry in known):
            return Frames(dialect, [(name, _only(dialect, entry)) for name, entry in entries])
    return None


def _only(dialect: Dialect, entry: JsonValue) -> JsonValue:
    """Return an entry of many as one frame: its first, if it has several itself."""
    return None if entry is None or entry in ({}, []) else dialect.frames(entry)[0][1]


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return [inner for name, inner in value.items() if not _POSE_ENTRY.fullmatch(name)][:_MOST_PLACES]
    if isinstance(value, list):
        return value[:_MOST_PLACES]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return [_inner_document(value)]
    return []


def _may_hold(value: JsonValue) -> bool:
    """Return True for what may hold a document: a table, a list of other things than numbers, a text."""
    if isinstance(value, list):
        return bool(value) and not isinstance(value[0], float)
    return isinstance(value, dict | str) and bool(value)


def _inner_document(text: str) -> JsonValue:
    """Return the document inside a string, as programs' interfaces send it; None for what is none."""
    if len(text) > _LONGEST_INNER_TEXT or measure(text).depth > MAXIMUM_DEPTH:
        raise RefusedError("a text in it is too long, or its lists are nested too deeply")
    try:
        return cast(JsonValue, json.loads(text, parse_int=float))
    except ValueError:
        return None


@dataclass(frozen=True)
class FrameChoice:
    """The frame that is wanted: by its number, else by the name of the photo, else the only one."""

    number: int | None = None
    photo: str = ""


def choose_frame(frames: Frames, choice: FrameChoice) -> tuple[int, str | None]:
    """Return the number of the wanted frame, and words where it was chosen for want of an order.

    Raises KeypointFileError for a number that is not there, and for a photo that none of the named frames is of.
    """
    count = len(frames.frames)
    if choice.number is not None:
        if not 0 <= choice.number < max(count, 1):
            raise KeypointFileError(
                f"there is no frame {choice.number}: it holds {count}, numbered from 0. Give --frame 0 to {count - 1}."
            )
        return choice.number, None
    by_name = frames.named(choice.photo) if choice.photo else None
    if by_name is not None:
        return by_name, None
    if count <= 1:
        return 0, None
    if frames.has_names and choice.photo:
        names = ", ".join(shown(name) for name, _ in frames.frames[:4])
        raise KeypointFileError(
            f"it holds {count} pictures ({names} …), none of them {shown(choice.photo)}. Choose one: --frame 0 to {count - 1}."
        )
    return 0, f"it holds {count} frames; frame 0 was read (another: --frame N, up to {count - 1})"
