"""JSON values of a request's fields in, a checked request out: the form in which programs ask, as argv is that of people.

One decoder serves every request: it follows the dataclass's own fields and their types, so that a new field needs nothing here.
"""

from __future__ import annotations

import dataclasses
import os
import types
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from fitting_core.arguments.path_text import fault_of_path
from fitting_core.errors import RequestError, shown

Request = TypeVar("Request")
MOST_ITEMS = 1000  # of a list; there are 137 keypoints to name
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    Path: "a path",
}


class _MisfitError(Exception):
    """A value is not of the type that its field has; the text says what it has to be."""


def decoded(kind: type[Request], value: object, name: str = "fields") -> Request:
    """Build the dataclass `kind` from a JSON object with its fields by name; a field that is left out keeps its default.

    Nested dataclasses are objects, paths are strings, tuples are lists. Raises RequestError naming the field for an unknown or
    missing one, a value of another type, NaN, infinity and a list of the wrong length, and whatever the dataclass itself raises.
    """
    if not isinstance(value, dict):
        raise RequestError(f"{name}: {shown(value)} is not an object with the fields of the request.")
    content = cast("Mapping[str, object]", value)
    types_of_fields = _field_types(kind)
    for key in content:
        if key not in types_of_fields:
            known = ", ".join(types_of_fields)
            raise RequestError(f"{name}: there is no field “{shown(key)}”. The fields are {known}.")
    for field in dataclasses.fields(cast("Any", kind)):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in content:
            raise RequestError(f"{name}.{field.name} is missing.")
    return kind(**{key: _field(types_of_fields[key], item, f"{name}.{key}") for key, item in content.items()})


@cache
def _field_types(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _field(hint: Any, value: object, name: str) -> object:
    try:
        return _value(hint, value, name)
    except _MisfitError as problem:
        raise RequestError(f"{name}: {shown(value)} is not {problem}.") from None


def _value(hint: Any, value: object, name: str) -> object:
    if get_origin(hint) in (Union, types.UnionType):
        return _one_of(get_args(hint), value, name)
    if get_origin(hint) is Literal:
        return _named(get_args(hint), value)
    if get_origin(hint) is tuple:
        return _items(get_args(hint), value, name)
    if dataclasses.is_dataclass(hint):
        return decoded(cast("type[Any]", hint), value, name)
    return _PLAIN[hint](value)


def _one_of(hints: tuple[Any, ...], value: object, name: str) -> object:
    """Return the value as the first of several types that it fits."""
    wanted: list[str] = []
    for hint in hints:
        try:
            return _value(hint, value, name)
        except _MisfitError as problem:
            wanted.append(str(problem))
    raise _MisfitError(" or ".join(wanted))


def _named(choices: tuple[object, ...], value: object) -> object:
    if isinstance(value, str) and value in choices:
        return value
    raise _MisfitError(" or ".join(f'"{choice}"' for choice in choices))


def _items(hints: tuple[Any, ...], value: object, name: str) -> tuple[object, ...]:
    """Return a list as a tuple of one type in any number (`tuple[str, ...]`) or of one type a place (`tuple[float, float]`)."""
    any_number = len(hints) == 2 and hints[1] is Ellipsis
    expected = "a list" if any_number else f"a list of {len(hints)}"
    if not isinstance(value, list):
        raise _MisfitError(expected)
    items = cast("list[object]", value)
    if len(items) > MOST_ITEMS or (not any_number and len(items) != len(hints)):
        raise _MisfitError(f"{expected}, at most {MOST_ITEMS}" if any_number else expected)
    kinds = hints[:1] * len(items) if any_number else hints
    return tuple(
        _field(kind, item, f"{name}[{place}]")
        for place, (kind, item) in enumerate(zip(kinds, items, strict=True))
    )


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _MisfitError(_WORDS[bool])


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _MisfitError(_WORDS[int])


def _finite(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # a whole number of more than 308 digits
            number = float("inf")
        if isfinite(number):
            return number
    raise _MisfitError(_WORDS[float])


def _text(value: object) -> str:
    """Return a string that the system's file names could hold too: no NUL, nothing that has no bytes."""
    if isinstance(value, str) and "\0" not in value:
        try:
            os.fsencode(value)
        except UnicodeEncodeError:
            raise _MisfitError(_WORDS[str]) from None
        return value
    raise _MisfitError(_WORDS[str])


def _path(value: object) -> Path:
    try:
        text = _text(value)
    except _MisfitError:
        text = ""
    if not text or fault_of_path(text) is not None:
        raise _MisfitError(_WORDS[Path])
    return Path(text)


def _nothing(value: object) -> None:
    if value is not None:
        raise _MisfitError("null")


_PLAIN: dict[Any, Callable[[object], object]] = {
    bool: _boolean,
    int: _whole,
    float: _finite,
    str: _text,
    Path: _path,
    type(None): _nothing,
}
