"""A JSON file of unknown origin → plain values, with limits on its size and depth. Free of bpy."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from fitting_core.errors import KeypointFileError

# Numbers come as float whatever they look like: an integer of a million digits becomes infinity, which the
# reader of the points then refuses with its position.
if TYPE_CHECKING:
    JsonValue: TypeAlias = "bool | float | str | list[JsonValue] | dict[str, JsonValue] | None"
else:
    JsonValue = object  # what checks types at run time cannot follow the recursion

# The largest real files (a crowd with hands and faces) stay under 1 MB; a thousand frames under 10 MB.
MAXIMUM_BYTES = 50_000_000
# Known dialects are at most 6 deep.
MAXIMUM_DEPTH = 64

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BINARY_SIGNATURES = {
    b"PK\x03\x04": "a zip or NumPy (.npz) archive, such as SMPLify's est_joints.npz (LSP 14)",
    b"\x93NUMPY": "a NumPy array",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"\x80\x04": "a Python pickle",
    b"%YAML": "an OpenCV YAML file (use --write_json, not --write_keypoint, in OpenPose)",
    b"<?xml": "an XML file (use --write_json, not --write_keypoint, in OpenPose)",
}


def read_json_document(path: Path) -> JsonValue:
    """Parse one file.

    Raises KeypointFileError, which the caller completes with the file's name, when it is missing, too large,
    empty, of another format or nested too deeply.
    """
    text = _decode(_read_bytes(path))
    try:
        return cast(JsonValue, json.loads(text, parse_int=float))
    except json.JSONDecodeError as error:
        raise KeypointFileError(
            f"it is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}. "
            "Choose the .json file that OpenPose (--write_json) or ControlNet wrote for this photo."
        ) from error
    except RecursionError as error:
        raise _too_deep() from error


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise KeypointFileError("it is a folder. Choose the .json file of this photo inside it.")
        if path.exists() and not path.is_file():
            raise KeypointFileError("it is not a regular file. Choose the .json file of this photo.")
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise KeypointFileError(
                f"it is {size / 1e6:.0f} MB; a keypoint file has at most {MAXIMUM_BYTES / 1e6:.0f} MB. "
                "Choose the file of this one photo, not of a whole collection."
            )
        with path.open("rb") as file:
            data = file.read(MAXIMUM_BYTES)
    except FileNotFoundError as error:
        raise KeypointFileError("there is no such file. Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise KeypointFileError(f"it cannot be read: {reason}.") from error
    _refuse_other_formats(data)
    _refuse_deep_nesting(data)
    return data


def _refuse_other_formats(data: bytes) -> None:
    if not data.strip():
        raise KeypointFileError("it is empty. Run the detector again; it may have stopped before writing.")
    for signature, words in _BINARY_SIGNATURES.items():
        if data.startswith(signature):
            raise KeypointFileError(f"it is {words}, not JSON. Choose the .json file of this photo.")


def _refuse_deep_nesting(data: bytes) -> None:
    """Count brackets outside strings before parsing: the parser's own limit depends on the thread's stack."""
    characters = np.frombuffer(_STRING.sub(b"", data), dtype=np.uint8)
    step = np.zeros(256, dtype=np.int8)
    step[list(b"[{")] = 1
    step[list(b"]}")] = -1
    steps = step[characters]
    depth = np.cumsum(steps[steps != 0], dtype=np.int32)
    if depth.size and int(depth.max()) > MAXIMUM_DEPTH:
        raise _too_deep()


def _too_deep() -> KeypointFileError:
    return KeypointFileError(
        f"its lists are nested more than {MAXIMUM_DEPTH} deep; no keypoint file is. Choose another file."
    )


def _decode(data: bytes) -> str:
    """Text of the file; byte order marks of Windows editors (UTF-8) and shells (UTF-16) are accepted."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise KeypointFileError(
            f"it is not text (byte {error.start} is not {'UTF-16' if utf_16 else 'UTF-8'}). "
            "Choose the .json file of this photo."
        ) from error
