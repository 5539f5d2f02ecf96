"""Read a request from one line of a resident process's stdin; bytes that are none raise an error in words."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from fitting_core.errors import RequestError, shown

Fields = Mapping[str, object]
COMMANDS = ("fit", "inspect", "convert", "sequence", "refit", "engines", "cancel", "ping")
COMMANDS_WITH_FIELDS = ("fit", "inspect", "convert")
KEYS = ("id", "command", "arguments", "fields")
MOST_ID_CHARACTERS = 200
MOST_WORDS = 1000  # of a command line; argparse takes quadratic time
MOST_BRACKETS = 64  # outside strings; a request's objects and lists are a dozen
MOST_DIGITS = 20  # of a whole number
_STRING = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL
)  # matches from every quotation mark, so takes linear time


@dataclass(frozen=True, eq=False)
class RequestLine:
    """A command with the words of its command line, or with the fields of its request by name."""

    id: str
    command: str
    arguments: tuple[str, ...] = ()
    fields: Fields | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


class BadLineError(Exception):
    """A line of stdin is no request; `request_id` is empty where the line does not say one."""

    def __init__(self, problem: RequestError, request_id: str = "") -> None:
        super().__init__(str(problem))
        self.code, self.request_id = problem.code, request_id


def parse_request(line: bytes) -> RequestLine:
    """Return one line of stdin as a request. Raises BadLineError, with the request's id where the line says one."""
    try:
        content = _json_object(line)
    except RequestError as problem:
        raise BadLineError(problem) from None
    request_id = content.get("id")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= MOST_ID_CHARACTERS:
        raise BadLineError(
            RequestError(
                f"A request needs an 'id', a string of at most {MOST_ID_CHARACTERS} characters that its answers will carry."
            )
        )
    try:
        return _checked(content, request_id)
    except RequestError as problem:
        raise BadLineError(problem, request_id) from None


def _checked(content: dict[str, Any], request_id: str) -> RequestLine:
    unknown = next((key for key in content if key not in KEYS), None)
    if unknown is not None:
        raise RequestError(f"A request has no '{shown(unknown)}'. Send {', '.join(KEYS)} only.")
    command = content.get("command")
    if not isinstance(command, str) or command not in COMMANDS:
        raise RequestError(f"The command '{shown(command)}' is not known. Send one of {', '.join(COMMANDS)}.")
    if "fields" in content:
        return RequestLine(request_id, command, fields=_fields(content, command))
    arguments = content.get("arguments", [])
    return RequestLine(request_id, command, _words(arguments))


def _words(arguments: object) -> tuple[str, ...]:
    words = cast("list[object]", arguments) if isinstance(arguments, list) else []
    if not isinstance(arguments, list) or not all(isinstance(word, str) for word in words):
        raise RequestError("'arguments' must be a list of strings, as on the command line.")
    if len(words) > MOST_WORDS:
        raise RequestError(f"'arguments' has {len(words)} words. Send at most {MOST_WORDS}.")
    return tuple(cast("list[str]", words))


def _fields(content: dict[str, Any], command: str) -> Fields:
    if "arguments" in content:
        raise RequestError("A request has either 'arguments' or 'fields'. Leave one of them out.")
    if command not in COMMANDS_WITH_FIELDS:
        raise RequestError(f"'{command}' takes no fields. Leave them out.")
    if not isinstance(content["fields"], dict):
        raise RequestError("'fields' must be an object with the fields of the request by name.")
    return cast("Fields", content["fields"])


def _json_object(line: bytes) -> dict[str, Any]:
    """Parse one line within limits that no request comes near: brackets, digits, each key once."""
    outside = _STRING.sub(b"", line)
    if outside.count(b"[") + outside.count(b"{") > MOST_BRACKETS:
        raise RequestError(
            f"A line on stdin has more than {MOST_BRACKETS} lists and objects. No request has."
        )
    try:
        value: Any = json.loads(line.decode(), object_pairs_hook=_each_key_once, parse_int=_short_integer)
    except UnicodeDecodeError as problem:
        raise RequestError(
            f"A line on stdin is not UTF-8 (byte {problem.start}). Send JSON in UTF-8."
        ) from None
    except (ValueError, RecursionError):
        raise RequestError("A line on stdin is not JSON. Send one JSON object a line.") from None
    if not isinstance(value, dict):
        raise RequestError("A line on stdin is not a JSON object. Send one JSON object a line.")
    return cast("dict[str, Any]", value)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RequestError(f"A line on stdin says '{shown(key)}' twice. Say it once.")
        found[key] = value
    return found


def _short_integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise RequestError(f"A line on stdin has a whole number of {len(text)} digits. No request has.")
    return int(text)
