"""Scratch folders for copies of what lies at an address: of this user alone, removed at the end, swept after a kill."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fitting_core.errors import OutputError
from fitting_core.files.unfinished import sweep, unfinished_folder


@contextmanager
def scratch_folder() -> Generator[Path]:
    """Yield a new folder in the system's folder of temporary files (TMPDIR). Raises OutputError where none can be made there."""
    with _made() as folder:
        yield folder


@contextmanager
def _made() -> Generator[Path]:
    place = Path(tempfile.gettempdir())
    _swept(place)
    made = unfinished_folder(place)
    try:
        folder = made.__enter__()
        folder.chmod(0o700)
    except OSError as problem:
        raise OutputError(
            f"{place}: no folder for copies of what lies at an address can be made there ({problem.strerror or problem}). Name "
            "another by the variable TMPDIR."
        ) from problem
    try:
        yield folder
    finally:
        made.__exit__(None, None, None)


@cache
def _swept(place: Path) -> None:
    """Remove what killed processes have left, once a process."""
    sweep(place)
