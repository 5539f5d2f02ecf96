"""Files that are whole or not there: written under another name first, then renamed. Free of bpy."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from fitting_core.errors import OutputError


@contextmanager
def replace_when_complete(path: Path) -> Generator[Path]:
    """Yield a temporary path beside `path`, with its suffix; it replaces `path` on success, else is removed.

    Only write the file inside: every OSError there becomes an OutputError that names `path` and the reason.
    """
    temporary = path.with_name(f".unfinished-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path} cannot be written: {reason}. Free some space or choose another output folder."
        ) from error
    finally:
        with suppress(OSError):  # renamed already, never made, or on a disk that is gone
            temporary.unlink(missing_ok=True)


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Write a whole file at once; when that fails, raise OutputError and leave an older file as it was."""
    with replace_when_complete(path) as temporary:
        temporary.write_bytes(data)
