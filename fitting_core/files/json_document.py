"""Untrusted JSON: plain values out of a file, after its depth and the memory that it will take have been counted."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

import numpy as np

from fitting_core.errors import shown

from .border import RefusedError
from .budget import Budget
from .regular_file import open_regular, size_of

# Numbers come as float whatever they look like: an integer of a million digits becomes infinity, which the
# reader of the points then refuses with its position.
if TYPE_CHECKING:
    JsonValue: TypeAlias = "bool | float | str | list[JsonValue] | dict[str, JsonValue] | None"
else:
    JsonValue = object  # what checks types at run time cannot follow the recursion

# The largest real keypoint files (a crowd with hands and faces) stay under 1 MB; a thousand frames under 10 MB.
MAXIMUM_BYTES = 50_000_000
# A camera or a table of keypoint weights has some hundred bytes.
SMALL_FILE_BYTES = 2**20
# Known dialects are at most 6 deep.
MAXIMUM_DEPTH = 64

# Bytes that Python needs at most for what each character outside strings begins or ends (64-bit CPython 3.11): a list of a few
# values, an object with its first key, a key, an entry with its number, half a string.
_COSTS = {b"[": 120, b"{": 280, b":": 240, b",": 40, b'"': 28}
_ESCAPE_COST = 80  # the piece of a string before it, and itself, until they are joined
_COUNTED = np.frombuffer(b"".join(_COSTS), dtype=np.uint8)
_BLOCK_BYTES = 2**18
_BINARY_SIGNATURES = {
    b"PK\x03\x04": "a zip or NumPy (.npz) archive, such as SMPLify's est_joints.npz (LSP 14)",
    b"\x93NUMPY": "a NumPy array",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"\x80\x04": "a Python pickle",
    b"%YAML": "an OpenCV YAML file (use --write_json, not --write_keypoint, in OpenPose)",
    b"<?xml": "an XML file (use --write_json, not --write_keypoint, in OpenPose)",
}


class Structure(NamedTuple):
    """Depth of the deepest list or object of a JSON text, and the bytes of memory that its values take at most."""

    depth: int
    size: int


def read_json_document(
    path: Path, most_bytes: int = MAXIMUM_BYTES, budget: Budget | None = None
) -> JsonValue:
    """Parse one file.

    Raises RefusedError when it is too large, empty, of another format, nested too deeply or not JSON, OSError when it
    cannot be opened.
    """
    left = Budget() if budget is None else budget
    return _parsed(_read_text(path, most_bytes, left), left)


def read_json_text(data: bytes, budget: Budget) -> JsonValue:
    """Parse one document out of a file of several; raises RefusedError as `read_json_document` does."""
    text = _decode(data)
    budget.spend(sys.getsizeof(text))
    return _parsed(text, budget)


def _parsed(text: str, budget: Budget) -> JsonValue:
    _refuse_excess(text, budget)
    try:
        return cast(JsonValue, json.loads(text, parse_int=float))
    except json.JSONDecodeError as error:
        raise RefusedError(
            f"it is not valid JSON: {shown(error.msg)} at line {error.lineno}, column {error.colno}"
        ) from error


def _read_text(path: Path, most_bytes: int, budget: Budget) -> str:
    with open_regular(path) as file:
        size = size_of(file)
        if size > most_bytes:
            raise RefusedError(
                f"it is {size / 1e6:.3g} MB; such a file has at most {most_bytes / 1e6:.3g} MB"
            )
        with budget.lend(
            5 * size
        ):  # the bytes, and the text: one emoji makes every character four bytes wide
            data = file.read(size)
            _refuse_other_formats(data)
            text = _decode(data)
    budget.spend(sys.getsizeof(text))
    return text


def _refuse_other_formats(data: bytes) -> None:
    if not data.strip():
        raise RefusedError("it is empty; what should have written it may have stopped before")
    for signature, words in _BINARY_SIGNATURES.items():
        if data.startswith(signature):
            raise RefusedError(f"it is {words}, not JSON")


def _decode(data: bytes) -> str:
    """Decode the text; byte order marks of Windows editors (UTF-8) and shells (UTF-16) are accepted."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"it is not text (byte {error.start} is not {'UTF-16' if utf_16 else 'UTF-8'})"
        ) from error


def _refuse_excess(text: str, budget: Budget) -> None:
    """Refuse a text before it is parsed: one that is too deep, as the parser's own limit is the thread's stack, or too rich."""
    with budget.lend(3 * sys.getsizeof(text)):
        structure = measure(text)
    if structure.depth > MAXIMUM_DEPTH:
        raise RefusedError(f"its lists are nested more than {MAXIMUM_DEPTH} deep; those of no such file are")
    budget.spend(structure.size)


def measure(text: str) -> Structure:
    """Count the brackets and values outside strings, in a number of steps proportional to the length."""
    escapes = text.count("\\")
    # All strings together are as long as the text. One with an escaped emoji is four bytes wide, and stands beside its pieces.
    strings = (7 if escapes else 1) * sys.getsizeof(text) + _ESCAPE_COST * escapes
    data = text.encode("utf-8", "surrogatepass")
    # Without pairs of backslashes a quotation mark is part of its string exactly where a backslash is before it.
    plain = np.frombuffer(data.replace(rb"\\", b"").replace(rb"\"", b""), dtype=np.uint8)
    step = np.zeros(256, dtype=np.int8)
    step[list(b"[{")] = 1
    step[list(b"]}")] = -1
    depth = deepest = 0
    is_inside = False
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(plain), _BLOCK_BYTES):
        block = plain[start : start + _BLOCK_BYTES]
        inside = np.logical_xor.accumulate(block == ord('"')) ^ is_inside
        is_inside = bool(inside[-1])
        outside = block[~inside | (block == ord('"'))]
        counts += np.bincount(outside, minlength=256)
        depths = depth + np.cumsum(step[outside], dtype=np.int64)
        if depths.size:
            depth, deepest = int(depths[-1]), max(deepest, int(depths.max()))
    return Structure(deepest, strings + int(counts[_COUNTED] @ np.array(list(_COSTS.values()))))
