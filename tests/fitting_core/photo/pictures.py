"""Made-up photos whose upright content is known: a dark picture with one bright quarter, in any format and orientation."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin

UPRIGHT_SIZE = (120, 80)

ORIENTATION, FOCAL_LENGTH, FOCAL_35, PLANE_X, PLANE_UNIT, PIXEL_X = (
    0x0112,
    0x920A,
    0xA405,
    0xA20E,
    0xA210,
    0xA002,
)
_EXIF_DIRECTORY = 0x8769

# The transposition that turns a stored picture upright, undone to store it.
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def upright_picture(size: tuple[int, int] = UPRIGHT_SIZE) -> Image.Image:
    """Red in the upper left quarter, blue in the lower right one, dark elsewhere."""
    width, height = size
    pixels = np.full((height, width, 3), 30, dtype=np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[height // 2 :, width // 2 :] = (20, 20, 220)
    return Image.fromarray(pixels)


def exif_of(tags: dict[int, Any], big_endian: bool = False) -> bytes:
    """An EXIF block: orientation in the first directory, everything else in EXIF's own."""
    exif = Image.Exif()
    exif.endian = ">" if big_endian else "<"
    if ORIENTATION in tags:
        exif[ORIENTATION] = tags[ORIENTATION]
    own = exif.get_ifd(_EXIF_DIRECTORY)
    for tag, value in tags.items():
        if tag != ORIENTATION:
            own[tag] = TiffImagePlugin.IFDRational(*value) if isinstance(value, tuple) else value
    if own:
        exif[_EXIF_DIRECTORY] = own
    return exif.tobytes()


def stored_picture(form: str, orientation: int = 1, exif: bytes | None = None, **options: Any) -> bytes:
    """A file of that format that shows `upright_picture` when its orientation is obeyed."""
    picture = upright_picture()
    transposition = _STORED[orientation]
    if transposition is not None:
        picture = picture.transpose(transposition)
    if form == "TIFF" and exif is None:
        options["tiffinfo"] = {ORIENTATION: orientation}  # Pillow cannot write EXIF into compressed ones
    elif exif is None and orientation != 1:
        exif = exif_of({ORIENTATION: orientation})
    if exif is not None:
        options["exif"] = exif
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **options)
    return buffer.getvalue()
