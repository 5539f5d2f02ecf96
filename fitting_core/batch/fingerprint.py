"""The fingerprint of a request: the same for the same options and the same content of the files that a fit is made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from fitting_core import __version__
from fitting_core.arguments.batch_parser import NAMES_OR_PATHS
from fitting_core.arguments.request import FitRequest, SequenceRequest

# Where and how fast a result is made, not what it holds.
_WITHOUT_EFFECT = ("folder", "engine", "device", "preview", "pixels", "bodies", "places", "others")
_BLOCK_BYTES = 2**20


def fingerprint(request: FitRequest | SequenceRequest) -> str:
    """Return the SHA-256 of a request: its options, the content of its files, and the program's version."""
    told = {name: value for name, value in _told(request).items() if name not in _WITHOUT_EFFECT}
    text = json.dumps(
        [__version__, told], sort_keys=True, default=str
    )  # an exact frame rate is no JSON number
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _told(request: object) -> dict[str, object]:
    values = {field.name: getattr(request, field.name) for field in fields(cast("Any", request))}
    return {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: object) -> object:
    if is_dataclass(value):
        return _told(value)
    if isinstance(value, Path):
        return _content(value)
    if name in NAMES_OR_PATHS and isinstance(value, str) and Path(value).exists():
        return _content(Path(value))
    return value


def _content(path: Path) -> str:
    """Return the SHA-256 of a file; for a folder that of its files' names, sizes and times of change."""
    try:
        if path.is_dir():
            inside = sorted((entry.name, *_size_and_time(entry)) for entry in path.iterdir())
            return hashlib.sha256(json.dumps(inside).encode("utf-8", "surrogatepass")).hexdigest()
        return _hashed(path, *_size_and_time(path))
    except (OSError, ValueError) as problem:
        return f"cannot be read: {problem}"


def _size_and_time(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=64)  # a body file, or one keypoint file of many frames, is the same for every photo
def _hashed(path: Path, _size: int, _time: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
