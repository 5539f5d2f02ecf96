"""Files of other programs, converted by the core into result folders of this session.

A conversion is kept under a token, so that the redo panel of an import, which runs the import again with another start frame,
does not convert the file again, and does not miss it if it has gone since.
"""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from ..fit_process.messages import Failed
from ..fit_process.request_fields import fields_of, with_field
from .fit_session import FitSession
from .result_store import readable_name

FOLDER = "smplify_imports"
KEPT = 8  # conversions; a redo panel is of the last one
POLL_SECONDS = 0.01
# The largest motion that is read takes seconds. Whatever takes this long will not end.
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class ConvertSettings:
    """A file of another program and how it is read, by the names of the core's `ConvertRequest`; None leaves it to the core."""

    file: Path
    model: Path | None = None
    gender: str | None = None
    vposer: Path | None = None
    photo: Path | None = None
    focal_px: float | None = None
    fps: float | None = None
    up: str | None = None
    add_hand_mean: bool = False
    person: int | None = None


@dataclass(frozen=True)
class Conversion:
    """A converted file: the folder of its result, the settings of its making, and the core's warnings."""

    token: str
    folder: Path
    settings: ConvertSettings
    warnings: tuple[str, ...]


_kept: dict[str, Conversion] = {}


def kept_conversion(token: str, settings: ConvertSettings) -> Conversion | None:
    """Return the conversion of that token, while its folder is there and it was made with the same settings."""
    found = _kept.get(token)
    return found if found is not None and found.settings == settings and found.folder.is_dir() else None


def convert(
    settings: ConvertSettings, base: Path, session: FitSession, python: Path | None = None
) -> Conversion | Failed:
    """Convert into a new folder under `base` and wait for it."""
    token = uuid.uuid4().hex
    folder = base / FOLDER / token / readable_name(settings.file.stem)
    fields = with_field(fields_of(settings), "folder", folder)
    job = session.request("convert", fields, python)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while job.running:
        if not session.poll():
            time.sleep(POLL_SECONDS)
        if time.monotonic() > give_up:
            session.stop()
    if job.failed is not None:
        return job.failed
    found = Conversion(token, folder, settings, tuple(job.warnings))
    _kept[token] = found
    while len(_kept) > KEPT:
        oldest = _kept.pop(next(iter(_kept)))
        shutil.rmtree(oldest.folder.parent, ignore_errors=True)  # a long motion takes tens of megabytes
    return found
