# pyright: basic
"""The small pictures of the open bodies, as icons. `tools/gender_pictures.py` draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import bpy.utils.previews

FOLDER = Path(__file__).parent / "pictures"

_previews: Any = None


def gender_icon(gender: str) -> int:
    """Return the icon of a gender's body; 0 where its picture is gone."""
    pictures = loaded()
    return cast("int", pictures[gender].icon_id) if gender in pictures else 0


def loaded() -> Any:
    """Return the pictures by gender, read once."""
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
        for path in sorted(FOLDER.glob("*.png")):
            _previews.load(path.stem, str(path), "IMAGE")
    return _previews


def remove_gender_pictures() -> None:
    """Give the icons back to Blender."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
