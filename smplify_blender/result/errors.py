"""The one way a result folder is refused. Free of bpy."""

from __future__ import annotations


class ResultError(Exception):
    """A result folder cannot be imported; the text names the file, the key, the value and the next step."""
