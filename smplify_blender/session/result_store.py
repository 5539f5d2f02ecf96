"""The result folders of this session's fits, by token, in the session's own temporary folder.

A .blend stores tokens, never paths; a token that this session has not given out names nothing.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from .fit_request import FitChoices

FOLDER = "smplify_fits"
UNSAFE = re.compile(r"[^\w\-. ()]+")
MAX_NAME = 60  # characters; leaves room below what file systems allow


@dataclass(frozen=True)
class FitRecord:
    """One fit of this session: the folder of its result, and the choices of its making."""

    folder: Path
    choices: FitChoices


_records: dict[str, FitRecord] = {}


def new_result(base: Path, name: str, choices: FitChoices) -> tuple[str, Path]:
    """Return a token and a folder for one fit, not made yet; the folder's last part reads like `name`."""
    token = uuid.uuid4().hex
    folder = base / FOLDER / token / readable_name(name)
    _records[token] = FitRecord(folder, choices)
    return token, folder


def readable_name(name: str) -> str:
    """Return a name for a folder that reads like `name` on every system."""
    return UNSAFE.sub("_", name).strip(" .")[:MAX_NAME] or "fit"


def record_of(token: str) -> FitRecord | None:
    """Return a fit of this session while its folder is there."""
    record = _records.get(token)
    return record if record is not None and record.folder.is_dir() else None
