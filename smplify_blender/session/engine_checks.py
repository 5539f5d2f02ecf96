"""The chosen Python's answer about its libraries and devices, kept for this session."""

from __future__ import annotations

from pathlib import Path

from .fit_session import Job, session

_checks: list[tuple[Path | None, Job]] = []


def start_check(python: Path | None) -> Job:
    """Ask a Python (None: Blender's own) for its version, its PyTorch and its devices."""
    job = session().request("engines", (), python)
    _checks[:] = [(python, job)]
    return job


def last_check(python: Path | None) -> Job | None:
    """Return this session's last check if it was of this Python (None: Blender's own)."""
    return next((job for asked, job in _checks if asked == python), None)
