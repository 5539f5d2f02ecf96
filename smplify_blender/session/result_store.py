"""The result folders of this session's fits, by token, in the session's own temporary folder.

A .blend stores tokens, never paths; a token that this session has not given out names nothing.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from .fit_request import FitChoices

FOLDER = "smplify_fits"
FIRST = (
    "_first"  # ends the name of the folder, beside that of a token, for the result with the best takes alone
)
UNSAFE = re.compile(r"[^\w\-. ()]+")
MAX_NAME = 60  # characters; leaves room below what file systems allow


@dataclass(frozen=True)
class FitRecord:
    """One fit of this session: the folder of its result, and the choices of its making.

    `first_folder` holds the result with the best takes alone, until the whole one is known to be there; None from then on.
    """

    folder: Path
    choices: FitChoices
    first_folder: Path | None = None

    @property
    def shown(self) -> Path:
        """The folder that is to be read now."""
        return self.folder if self.first_folder is None else self.first_folder


_records: dict[str, FitRecord] = {}


def new_result(base: Path, name: str, choices: FitChoices) -> tuple[str, Path]:
    """Return a token and a folder for one fit, not made yet; the folder's last part reads like `name`."""
    token = uuid.uuid4().hex
    folder = base / FOLDER / token / readable_name(name)
    _records[token] = FitRecord(folder, choices)
    return token, folder


def first_folder(folder: Path) -> Path:
    """Return the folder for the result with the best takes alone, by that of the fit's whole result."""
    return folder.parent.with_name(folder.parent.name + FIRST) / folder.name


def show_first(token: str) -> None:
    """Take the result with the best takes alone for that of the fit: more is not there yet."""
    _records[token] = replace(_records[token], first_folder=first_folder(_records[token].folder))


def show_whole(token: str) -> None:
    """Take the whole result for that of the fit again."""
    _records[token] = replace(_records[token], first_folder=None)


def readable_name(name: str) -> str:
    """Return a name for a folder that reads like `name` on every system."""
    return UNSAFE.sub("_", name).strip(" .")[:MAX_NAME] or "fit"


def record_of(token: str) -> FitRecord | None:
    """Return a fit of this session while its folder is there."""
    record = _records.get(token)
    return record if record is not None and record.shown.is_dir() else None
