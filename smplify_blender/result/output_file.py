"""Files that are there whole or not at all. Free of bpy."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_ERROR_LINE = re.compile(r"[A-Za-z_.]+(Error|Exception): ")


@contextmanager
def replaced_when_written(path: Path) -> Generator[Path]:
    """A temporary path beside `path`, with the same ending, that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def reason_in(text: str) -> str:
    """Why an operator failed, in one line: the last error of a traceback that Blender made its message, else the first line."""
    lines = [line.strip().removeprefix("Error: ") for line in text.splitlines() if line.strip()]
    errors = [line.split(": ", 1)[1] for line in lines if _ERROR_LINE.match(line)]
    return (errors[-1] if errors else lines[0] if lines else "Blender does not say why").rstrip(".")
