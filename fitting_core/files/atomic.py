"""Files that are whole or not there: written under a name that nobody can foresee, then renamed."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fitting_core.errors import OutputError
from fitting_core.files.unfinished import unfinished_file


@contextmanager
def replace_when_complete(path: Path) -> Generator[Path]:
    """Yield an empty temporary file beside `path`, with its suffix; it replaces `path` on success, else is removed.

    Only write the file inside: every OSError there becomes an OutputError that names `path` and the reason.
    """
    try:
        with unfinished_file(path.parent, path.suffix) as temporary:
            yield temporary
            os.replace(temporary, path)
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) and "\0" not in str(path):
            raise
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(
            f"{path} cannot be written: {reason}. Free some space or choose another output folder."
        ) from error


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Write a whole file at once; when that fails, raise OutputError and leave an older file as it was."""
    with replace_when_complete(path) as temporary:
        temporary.write_bytes(data)
