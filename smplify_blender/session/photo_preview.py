# pyright: basic
"""Photos on disk as small upright pictures for the panel and the view. Nothing of it is scene data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import bpy.utils.previews
import numpy as np

from ..fit_process.messages import FoundPerson
from ..result.photo_orientation import upright_pixels

PERSON_ICON_PX = 32
FACE_SHARE = 0.4  # of a person's height that is shown at least, from the top
HEAD_ROOM = 0.7  # of half the picture, above the highest point

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
    upright = np.ascontiguousarray(upright_pixels(_pixels(preview)[::-1], orientation)[::-1])
    for size, values in (("image_size", "image_pixels_float"), ("icon_size", "icon_pixels_float")):
        setattr(preview, size, (upright.shape[1], upright.shape[0]))
        getattr(preview, values).foreach_set(upright.ravel())


def load_person_icons(photo: Path, people: Sequence[FoundPerson], image_size: tuple[int, int]) -> None:
    """Load a small square picture of each person, cut from the loaded preview around the head."""
    pixels = preview_pixels(photo)
    if pixels is None:
        return
    top_first = pixels[::-1]
    scale = top_first.shape[0] / image_size[1]
    for person in people:
        if person.box is None:
            continue
        left, top, right, bottom = (side * scale for side in person.box)
        _make_person_icon(photo, person.number, top_first, (left, top, right, bottom))


def load_track_icon(clip: Path, number: int, picture: Any, box: tuple[float, float, float, float]) -> None:
    """Load a small square picture of one person of a clip, cut from `picture` (H, W, 3), 0 … 255, around the head."""
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    colours = np.ones((*picture.shape[:2], 4), dtype=np.float32)
    colours[..., :3] = picture / 255.0
    _make_person_icon(clip, number, colours, box)


def _make_person_icon(
    photo: Path, number: int, top_first: Any, box: tuple[float, float, float, float]
) -> None:
    left, top, right, bottom = box
    half = max(right - left, FACE_SHARE * (bottom - top)) / 2.0
    middle = ((left + right) / 2.0, top + HEAD_ROOM * half)
    rows = _steps(middle[1] - half, middle[1] + half, top_first.shape[0])
    columns = _steps(middle[0] - half, middle[0] + half, top_first.shape[1])
    icon = np.ascontiguousarray(top_first[rows][:, columns][::-1])
    key = _person_key(photo, number)
    preview = _previews[key] if key in _previews else _previews.new(key)
    preview.icon_size = (PERSON_ICON_PX, PERSON_ICON_PX)
    preview.icon_pixels_float.foreach_set(icon.ravel())


def _steps(start: float, end: float, count: int) -> Any:
    """PERSON_ICON_PX indices from `start` to `end`, kept inside."""
    return np.clip(np.linspace(start, end, PERSON_ICON_PX), 0, count - 1).astype(np.int64)


def _person_key(photo: Path, number: int) -> str:
    return f"{photo}#{number}"


def person_icon(photo: Path, number: int) -> int:
    """Return the icon of one person; 0 where there is none."""
    key = _person_key(photo, number)
    if _previews is None or key not in _previews:
        return 0
    return cast("int", _previews[key].icon_id)


def preview_icon(photo: Path) -> int:
    """Return the icon of a loaded preview; 0 where there is none."""
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
    return _pixels(preview)


def _pixels(preview: Any) -> Any:
    """(H, W, 4) of a preview that has been read; in one go: value by value would hold Blender up for longer than a frame."""
    width, height = preview.image_size
    pixels = np.empty(height * width * 4, dtype=np.float32)
    preview.image_pixels_float.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def remove_previews() -> None:
    """Give them all back: when the add-on is disabled."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
