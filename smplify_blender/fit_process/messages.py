"""Bytes of a child's stdout in, messages out (docs/result-files.md, “Messages”, and docs/resident-process.md).

A library's print is passed over. An answer that cannot be read ends its request as an error: nobody waits for it any more.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

MAX_LINE_BYTES = 2**20  # a line without an end must not fill the memory
KEYPOINTS = 137  # body 25, left hand 21, right hand 21, face 70 (docs/result-files.md)
PREVIEW_POINTS = 25
PARTS = ("body", "face", "left_hand", "right_hand")
BAD_ANSWER = "bad-answer"  # the code of an answer that cannot be read
LAST_KINDS = ("ERROR", "DONE", "INSPECTED", "EXPLAINED", "ENGINES")  # after these nothing more comes
# The core's messages begin so; the ids are this package's own numbers.
_HEAD = re.compile(rb'\s*\{\s*"type":\s*"([A-Z_]{1,40})"(?:,\s*"id":\s*"([^"\\]{0,200})")?')
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Status:
    """The step that is being done, in words."""

    text: str


@dataclass(frozen=True)
class Progress:
    """The share of the fit that is done (0…1), its stage and loss, and, if asked for, the 25 body points in px."""

    fraction: float
    stage: str
    loss: float | None = None
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Warned:
    """Something the user should know; the fit goes on."""

    text: str


@dataclass(frozen=True)
class Failed:
    """The run has failed; `code` is a stable word, `text` names the cause and the next step."""

    code: str
    text: str


@dataclass(frozen=True)
class Done:
    """The run has worked; names, not paths."""

    folder: str
    files: tuple[str, ...]
    people: int


@dataclass(frozen=True)
class FirstDone:
    """The result with the best takes alone is there; the run goes on to the others, and its progress begins anew."""

    folder: str
    files: tuple[str, ...]
    people: int


@dataclass(frozen=True)
class Ready:
    """The resident process is there and answers."""

    version: str


@dataclass(frozen=True)
class FoundPerson:
    """One person of a keypoint file; pixels of the upright photo.

    `box` is left, top, right, bottom, or None; `parts` names what was seen; `keypoints` are 137 × (x, y, confidence), and
    `detector` is the core's name for whoever has found them.
    """

    number: int
    is_main: bool
    is_usable: bool
    box: tuple[float, float, float, float] | None
    description: str
    confidence: float
    parts: tuple[str, ...]
    keypoints: tuple[tuple[float, float, float], ...]
    detector: str = ""


@dataclass(frozen=True)
class FoundTrack:
    """One person who is followed through a clip; frames of the clip, from 0.

    `box` is left, top, right, bottom in `best_frame`, in which the person is seen best, px of the upright picture.
    """

    number: int
    first_frame: int
    last_frame: int
    frames_seen: int
    best_frame: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Inspected:
    """The photo of an inspection; `people` is a count."""

    image_size: tuple[int, int]
    photo_orientation: int
    focal_px: float
    focal_source: str
    focal_is_assumed: bool
    dialect: str
    description: str
    people: int
    frames: int = 1
    points_size_is_doubtful: bool = False


@dataclass(frozen=True)
class Explained:
    """What a file is, in sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Device:
    """One device of a chosen Python; `memory_gb` is None where it is unknown."""

    name: str
    label: str
    memory_gb: float | None


@dataclass(frozen=True)
class Engines:
    """The libraries and devices of a Python; `torch` is None where PyTorch is missing, `torch_error` then says why."""

    version: str
    python: str
    numpy: str
    torch: str | None
    torch_error: str
    devices: tuple[Device, ...]


Message = (
    Status
    | Progress
    | Warned
    | Failed
    | FirstDone
    | Done
    | Ready
    | FoundPerson
    | FoundTrack
    | Inspected
    | Explained
    | Engines
)


Answer = tuple[str, Message]  # the id of the request that it answers, and what it says


class AnswerReader:
    """Takes bytes as they come and hands out the answers of all whole lines."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skips = False  # the rest of a line that is too long

    def feed(self, data: bytes) -> list[Answer]:
        """Return the answers of the lines that `data` completes.

        A line that is longer than MAX_LINE_BYTES fails its request at once; one that is no answer is left out.
        """
        *ends, rest = data.split(b"\n")
        answers: list[Answer | None] = []
        for end in ends:
            answers.append(self._take(end))
            answers.append(None if self._skips else parse_answer(bytes(self._rest)))
            self._rest.clear()
            self._skips = False
        answers.append(self._take(rest))
        return [answer for answer in answers if answer is not None]

    def _take(self, piece: bytes) -> Answer | None:
        if self._skips:
            return None
        self._rest += piece
        if len(self._rest) <= MAX_LINE_BYTES:
            return None
        head = _HEAD.match(self._rest[:_HEAD_BYTES])
        self._skips = True
        self._rest.clear()
        return None if head is None else _unreadable(head, f"is longer than {MAX_LINE_BYTES} bytes")


def parse_answer(line: bytes) -> Answer | None:
    """Return the request's id and the message on one line, or None where it is none that this release knows.

    A last answer (LAST_KINDS) that is damaged is a `Failed`.
    """
    try:
        value: Any = json.loads(line)
        if not isinstance(value, dict):
            return None
        known = cast("dict[str, Any]", value)
        message = _message(known)
        return None if message is None else (str(known.get("id", "")), message)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        head = _HEAD.match(line[:_HEAD_BYTES])
        is_last = head is not None and head[1].decode() in LAST_KINDS
        return _unreadable(head, "is damaged") if head is not None and is_last else None


def _unreadable(head: re.Match[bytes], reason: str) -> Answer:
    text = f"The fitting core's answer {reason}. Try again; if it stays so, install the extension again."
    return (head[2] or b"").decode(errors="replace"), Failed(BAD_ANSWER, text)


def _message(value: dict[str, Any]) -> Message | None:
    read = _KINDS.get(str(value["type"]))
    return None if read is None else read(value)


def _progress(value: dict[str, Any]) -> Progress:
    loss = value.get("loss")
    points = tuple((_finite(x), _finite(y)) for x, y in value.get("points", ()))
    return Progress(
        fraction=min(1.0, max(0.0, _finite(value["fraction"]))),
        stage=str(value.get("stage", "")),
        loss=None if loss is None else _finite(loss),
        points=points[:PREVIEW_POINTS],
    )


def _done(value: dict[str, Any]) -> Done:
    return Done(*_written(value))


def _written(value: dict[str, Any]) -> tuple[str, tuple[str, ...], int]:
    files = cast("list[Any]", value["files"])
    return str(value["folder"]), tuple(str(name) for name in files), int(value["people"])


def _person(value: dict[str, Any]) -> FoundPerson:
    box = [_finite(side) for side in value["box"]]
    keypoints = tuple(
        (_finite(x), _finite(y), _finite(confidence)) for x, y, confidence in value["keypoints"]
    )
    if len(keypoints) != KEYPOINTS:
        raise ValueError("not a whole set of keypoints")
    return FoundPerson(
        number=int(value["number"]),
        is_main=bool(value["is_main"]),
        is_usable=bool(value["is_usable"]),
        box=(box[0], box[1], box[2], box[3]) if len(box) == 4 else None,
        description=str(value["description"]),
        confidence=_finite(value["confidence"]),
        parts=tuple(name for name in PARTS if value["parts"].get(name)),
        keypoints=keypoints,
        detector=str(value.get("detector", "")),
    )


def _track(value: dict[str, Any]) -> FoundTrack:
    left, top, right, bottom = (_finite(side) for side in value["box"])
    names = ("number", "first_frame", "last_frame", "frames_seen", "best_frame")
    number, first, last, seen, best = (int(value[name]) for name in names)
    if not 0 <= first <= best <= last or number < 0:
        raise ValueError("not the frames of a track")
    return FoundTrack(number, first, last, seen, best, (left, top, right, bottom))


def _inspected(value: dict[str, Any]) -> Inspected:
    width, height = value["image_size"]
    return Inspected(
        image_size=(int(width), int(height)),
        photo_orientation=int(value["photo_orientation"]),
        focal_px=_finite(value["focal_px"]),
        focal_source=str(value["focal_source"]),
        focal_is_assumed=bool(value["focal_is_assumed"]),
        dialect=str(value["dialect"]),
        description=str(value["description"]),
        people=int(value["people"]),
        frames=int(value.get("frames", 1)),
        points_size_is_doubtful=bool(value.get("points_size_is_doubtful", False)),
    )


def _explained(value: dict[str, Any]) -> Explained:
    lines = value["lines"]
    if not isinstance(lines, list):
        raise TypeError("not a list of lines")
    return Explained(tuple(str(line) for line in cast("list[Any]", lines)))


def _engines(value: dict[str, Any]) -> Engines:
    torch = value["torch"]
    devices = tuple(
        Device(
            str(entry["name"]),
            str(entry["label"]),
            None if entry["memory_gb"] is None else _finite(entry["memory_gb"]),
        )
        for entry in value["devices"]
    )
    return Engines(
        version=str(value["version"]),
        python=str(value["python"]),
        numpy=str(value["numpy"]),
        torch=None if torch is None else str(torch),
        torch_error=str(value["torch_error"]),
        devices=devices,
    )


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


_KINDS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "STATUS": lambda value: Status(str(value["text"])),
    "PROGRESS": _progress,
    "WARNING": lambda value: Warned(str(value["text"])),
    "ERROR": lambda value: Failed(str(value["code"]), str(value["text"])),
    "DONE": _done,
    "FIRST": lambda value: FirstDone(*_written(value)),
    "READY": lambda value: Ready(str(value["version"])),
    "PERSON": _person,
    "TRACK": _track,
    "INSPECTED": _inspected,
    "EXPLAINED": _explained,
    "ENGINES": _engines,
}
