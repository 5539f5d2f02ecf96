"""A request to the resident core: its fields by name, as docs/resident-process.md has them, and its line of JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from .command import FitProcessError

Fields = dict[
    str, Any
]  # of one of the core's request dataclasses, by name; parts of it are fields within fields
Content = Mapping[str, object] | Sequence[str]  # fields, or the words of a command line
MAX_LINE_BYTES = 2**20  # the core reads no longer ones


def with_field(fields: Fields, name: str, value: object) -> Fields:
    """Return `fields` with the field of a dotted name, such as `shape.height_cm`, set; None leaves it to the core."""
    first, _, rest = name.partition(".")
    if value is None:
        return fields
    inner = with_field(cast("Fields", fields.get(first, {})), rest, value) if rest else _plain(value)
    return {**fields, first: inner}


def fields_of(settings: object) -> Fields:
    """Return a dataclass's values by the names of its fields; those that are None are left to the core."""
    found: Fields = {}
    for field in dataclasses.fields(cast("Any", settings)):
        found = with_field(found, field.name, getattr(settings, field.name))
    return found


def _plain(value: object) -> object:
    """Return a value as JSON has it: paths as absolute ones in words."""
    if isinstance(value, Path):
        return str(value.absolute())
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def request_line(request_id: str, command: str, content: Content = ()) -> bytes:
    """Return one line of the core's stdin. Raises `FitProcessError` for one that the core would not read."""
    key = "fields" if isinstance(content, Mapping) else "arguments"
    sent = dict(content) if isinstance(content, Mapping) else list(content)
    body: Fields = {"id": request_id, "command": command}
    if sent:
        body[key] = sent
    line = json.dumps(body).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise FitProcessError(
            f"The request has {len(line)} bytes; the core reads {MAX_LINE_BYTES}. Shorten the paths."
        )
    return line
