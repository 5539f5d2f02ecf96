# pyright: basic
"""A path as a .blend stores it in, an absolute one out."""

from __future__ import annotations

from pathlib import Path

import bpy

MOST_PATH_CHARACTERS = 32_767  # Windows' own limit; other systems have less


def path_of(text: str) -> Path | None:
    """Return a stored path as an absolute one; None for an empty one, or one longer than any system's."""
    return Path(bpy.path.abspath(text)) if 0 < len(text) <= MOST_PATH_CHARACTERS else None
