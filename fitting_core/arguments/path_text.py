"""Texts from outside that are to name a file: one that no file can have is told before any work is done."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from errno import EINVAL, ENAMETOOLONG

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
MOST_NAME_BYTES = 255  # of one name in a path, on every common file system


def fault_of_path(text: str) -> str | None:
    """Return why no file can have this path, as words that follow it in a message; None if one can."""
    if "\0" in text:
        return "holds the character NUL, which no path can"
    if _ADDRESS.match(text):
        return "is an address, and no path: mount its storage, or download it"
    try:
        names = os.fsencode(text).replace(b"\\", b"/").split(b"/")
    except UnicodeEncodeError:
        return "holds half a character, which no path can"
    if any(len(name) > MOST_NAME_BYTES for name in names):
        return f"has a name of more than {MOST_NAME_BYTES} bytes, which no file can have"
    try:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.lstat(text)
    except OSError as problem:
        if problem.errno in (EINVAL, ENAMETOOLONG):
            return "is longer than a path can be" if problem.errno == ENAMETOOLONG else "is no path here"
    return None
