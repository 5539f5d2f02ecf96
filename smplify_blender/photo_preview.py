# pyright: basic
"""Photos on disk → small upright pictures for the panel and the view. Nothing of it is scene data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import bpy.utils.previews
import numpy as np

from .result.photo_orientation import upright_pixels

_previews: Any = None


def load_preview(photo: Path, orientation: int) -> None:
    """Have the photo's preview ready, turned upright; once a photo and session."""
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    key = str(photo)
    if key in _previews:
        del _previews[key]
    preview = _previews.load(key, str(photo), "IMAGE")
    width, height = preview.image_size  # reads the file
    if orientation == 1 or not width or not height:
        return
    pixels = np.array(preview.image_pixels_float, dtype=np.float32).reshape(height, width, 4)
    upright = np.ascontiguousarray(upright_pixels(pixels[::-1], orientation)[::-1])
    for size, values in (("image_size", "image_pixels_float"), ("icon_size", "icon_pixels_float")):
        setattr(preview, size, (upright.shape[1], upright.shape[0]))
        getattr(preview, values).foreach_set(upright.ravel())


def preview_icon(photo: Path) -> int:
    """The icon of a loaded preview; 0 where there is none."""
    if _previews is None or str(photo) not in _previews:
        return 0
    return cast("int", _previews[str(photo)].icon_id)


def preview_pixels(photo: Path) -> Any:
    """(H, W, 4) of a loaded preview, the lowest row first, 0 … 1; None where there is none."""
    if _previews is None or str(photo) not in _previews:
        return None
    preview = _previews[str(photo)]
    width, height = preview.image_size
    if not width or not height:
        return None
    return np.array(preview.image_pixels_float, dtype=np.float32).reshape(height, width, 4)


def remove_previews() -> None:
    """Give them all back: when the add-on is disabled."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
