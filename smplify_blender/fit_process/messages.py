"""Bytes of a child's stdout → messages (docs/result-files.md, “Messages”). Free of bpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

MAX_LINE_BYTES = 2**20  # a line without an end must not fill the memory


@dataclass(frozen=True)
class Status:
    """What is being done now, in words."""

    text: str


@dataclass(frozen=True)
class Progress:
    """How far the fit is, 0…1, and in which stage."""

    fraction: float
    stage: str


@dataclass(frozen=True)
class Warned:
    """Something the user should know; the fit goes on."""

    text: str


@dataclass(frozen=True)
class Failed:
    """The run has failed; `code` is a stable word, `text` what to do about it."""

    code: str
    text: str


@dataclass(frozen=True)
class Done:
    """The run has worked; names, not paths."""

    folder: str
    files: tuple[str, ...]
    people: int


Message = Status | Progress | Warned | Failed | Done


class MessageReader:
    """Takes bytes as they come and hands out the messages of all whole lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """Messages of the lines that `data` completes; lines that are none are left out."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest = b""
        messages = [parse_message(line) for line in lines]
        return [message for message in messages if message is not None]


def parse_message(line: bytes) -> Message | None:
    """The message on one line, or None where it is none that this release knows."""
    try:
        value: Any = json.loads(line)
        if not isinstance(value, dict):
            return None
        return _message(cast("dict[str, Any]", value))
    except (ValueError, KeyError, TypeError):
        return None


def _message(value: dict[str, Any]) -> Message | None:
    match value["type"]:
        case "STATUS":
            return Status(str(value["text"]))
        case "PROGRESS":
            return Progress(min(1.0, max(0.0, float(value["fraction"]))), str(value.get("stage", "")))
        case "WARNING":
            return Warned(str(value["text"]))
        case "ERROR":
            return Failed(str(value["code"]), str(value["text"]))
        case "DONE":
            files = cast("list[Any]", value["files"])
            return Done(str(value["folder"]), tuple(str(name) for name in files), int(value["people"]))
        case _:
            return None
