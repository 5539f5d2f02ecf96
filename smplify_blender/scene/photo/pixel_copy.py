# pyright: basic
"""A photo's pixels as a file that the core reads without an image library: Blender decodes, the core looks for people."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import bpy
import numpy as np

FOLDER = "smplify_pixels"  # in Blender's own temporary folder of this session
KEPT = 8  # copies of 9 MB or so; a folder of a thousand photos must not fill the disk
LONGEST_SIDE_PX = 2048  # the core looks at no more
DISPLAY_GAMMA = 2.2  # of pictures with more than 8 bits, whose values Blender holds as light


def pixel_copy(photo: Path) -> Path | None:
    """Return a portable pixmap (P6) of the photo as it is stored, scaled down; None where Blender cannot decode it.

    Written once for the same file. Not to be called while something is drawn: the photo is an image of the .blend for a moment.
    """
    try:
        status = photo.stat()
        name = hashlib.sha256(
            f"{photo}\0{status.st_mtime_ns}\0{status.st_size}".encode(errors="replace")
        ).hexdigest()[:24]
        target = Path(bpy.app.tempdir) / FOLDER / f"{name}.ppm"
        return target if target.is_file() else _write(photo, target)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: Blender's, for a file that is no picture
        return None


def _write(photo: Path, target: Path) -> Path | None:
    pixels = decoded_pixels(photo, LONGEST_SIDE_PX)
    if pixels is None:
        return None
    write_pixmap(pixels, target)
    _forget_old(target.parent)
    return target


def write_pixmap(pixels: np.ndarray, target: Path) -> None:
    """Write (H, W, 3) bytes as a portable pixmap, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=target.parent)
    with open(handle, "wb") as file:
        file.write(pixmap_header(pixels.shape[1], pixels.shape[0]))
        file.write(pixels.tobytes())
    os.replace(beside, target)


def read_pixmap(path: Path) -> np.ndarray:
    """Return the (H, W, 3) bytes of a pixmap that `write_pixmap` wrote. Raises ValueError for one that holds no pixels."""
    _, width, height, _, values = path.read_bytes().split(maxsplit=4)
    return np.frombuffer(values, np.uint8).reshape(int(height), int(width), 3)


def pixmap_header(width: int, height: int) -> bytes:
    """Return the beginning of a portable pixmap (P6) of 8 bits."""
    return b"P6 %d %d 255\n" % (width, height)


def _forget_old(folder: Path) -> None:
    """Remove all but the newest copies."""
    copies = sorted(folder.glob("*.ppm"), key=lambda path: path.stat().st_mtime_ns)
    for copy in copies[:-KEPT]:
        copy.unlink(missing_ok=True)


def decoded_pixels(photo: Path, longest_side_px: int) -> np.ndarray | None:
    """Return a picture as it is stored, scaled down, as (H, W, 3) bytes, first row on top; None for one without pixels.

    Raises RuntimeError, as Blender does, for a file that is no picture.
    """
    image = bpy.data.images.load(str(photo), check_existing=False)
    try:
        width, height = (int(side) for side in tuple(image.size))  # type: ignore[arg-type]
        if not width or not height:
            return None
        factor = min(1.0, longest_side_px / max(width, height))
        if factor < 1.0:
            image.scale(max(1, round(width * factor)), max(1, round(height * factor)))
        width, height = (int(side) for side in tuple(image.size))  # type: ignore[arg-type]
        values = np.empty(width * height * image.channels, dtype=np.float32)
        image.pixels.foreach_get(values)  # type: ignore[arg-type]
        colours = values.reshape(height, width, image.channels)[::-1, :, : min(3, image.channels)].clip(
            0.0, 1.0
        )
        if image.is_float:
            colours = colours ** (1.0 / DISPLAY_GAMMA)
        pixels = np.rint(colours * 255.0).astype(np.uint8)
        return np.ascontiguousarray(
            np.broadcast_to(pixels[:, :, :1], (height, width, 3)) if pixels.shape[2] < 3 else pixels
        )
    finally:
        bpy.data.images.remove(image)
