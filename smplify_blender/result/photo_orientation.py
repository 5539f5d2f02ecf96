"""Stored pixels turned upright by the EXIF orientation."""

from __future__ import annotations

from typing import Any

import numpy as np

# EXIF 2.32, tag 0x0112: how the stored rows and columns have to be turned: (transpose, flip rows, flip
# columns), in that order.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def upright_pixels(stored: Any, orientation: int) -> Any:
    """Turn (H, W, …) pixels, first row on top, as EXIF orientation 1–8 asks for; a view."""
    transpose, flip_rows, flip_columns = TURNS[orientation]
    pixels = np.swapaxes(stored, 0, 1) if transpose else stored
    if flip_rows:
        pixels = pixels[::-1]
    if flip_columns:
        pixels = pixels[:, ::-1]
    return pixels
