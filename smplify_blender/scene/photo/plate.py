# pyright: basic
"""The photo as an upright image, packed into the file."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np

from ...result.errors import ResultError
from ...result.photo_orientation import upright_pixels
from ...result.read_body import read_bytes
from ...result.rotations import Array
from ..created import Created

MARK = "smplify_photo"  # custom property: hash of the photo as stored and its orientation
JPEG_QUALITY = 95


def photo_plate(
    photo: Path, orientation: int, image_size: tuple[int, int], created: Created, name: str = ""
) -> bpy.types.Image:
    """Return the upright photo as a packed image; one that an earlier import of the same photo has packed is used
    again.

    Blender ignores the EXIF orientation: where it is not 1, the pixels are turned and packed as a new JPEG.
    The image is called `name`, or like the file, and keeps no path to the photo. Raises `ResultError` where it cannot be read or
    is not `image_size` when upright.
    """
    content = read_bytes(photo)
    mark = _mark(content, orientation)
    earlier = marked_image(mark)
    if earlier is not None:
        return earlier
    name = name or photo.name
    image = created.add(_packed_image(name, content, photo))
    if orientation != 1:
        image = _turned(image, name, orientation, created)
    width, height = size_px(image)
    if (width, height) != image_size:
        raise ResultError(
            f"{photo} is {width} × {height} when upright, "
            f"the fit was made for {image_size[0]} × {image_size[1]}. Run the fit again with this photo."
        )
    image[MARK] = mark
    return image


def size_px(image: bpy.types.Image) -> tuple[int, int]:
    """Width and height of an image, px; (0, 0) if Blender cannot read it."""
    width, height = cast("Any", image).size
    return width, height


def image_pixels(image: bpy.types.Image) -> Array:
    """Return an image's pixels (H, W, 4) as its file holds them, first row on top."""
    width, height = size_px(image)
    pixels = np.empty(width * height * 4, dtype=np.float32)
    cast("Any", image.pixels).foreach_get(pixels)
    return cast("Array", pixels.reshape(height, width, 4)[::-1])


def scaled_pixels(image: bpy.types.Image, width: int, height: int) -> Array:
    """Return the pixels (height, width, 3) of an image that is scaled to a size, first row on top; the image stays as it is."""
    scaled = cast("bpy.types.Image", image.copy())
    try:
        scaled.scale(width, height)
        return image_pixels(scaled)[..., :3]
    finally:
        bpy.data.images.remove(scaled)


def find_plate(photo: Path, orientation: int) -> bpy.types.Image | None:
    """Return the image that an earlier import of the same photo has packed. Raises `ResultError` where it cannot be read."""
    return marked_image(photo_mark(photo, orientation))


def photo_mark(photo: Path, orientation: int) -> str:
    """Return the mark of a photo, by which its plate and its figures are known. Raises `ResultError` where it cannot be read."""
    return _mark(read_bytes(photo), orientation)


def _mark(content: bytes, orientation: int) -> str:
    return f"{hashlib.sha256(content).hexdigest()}-{orientation}"


def marked_image(mark: str) -> bpy.types.Image | None:
    """Return the plate with that mark."""
    for image in bpy.data.images:
        if image.get(MARK) == mark and image.library is None and (image.has_data or image.packed_file):
            return image
    return None


def _packed_image(name: str, content: bytes, photo: Path) -> bpy.types.Image:
    image = bpy.data.images.new(name, 1, 1)
    image.pack(data=content, data_len=len(content))
    image.source = "FILE"
    if 0 in size_px(image):
        bpy.data.images.remove(image)
        raise ResultError(
            f"{photo} is not a picture that Blender can read. Run the fit again with a JPEG or PNG."
        )
    return image


def _turned(image: bpy.types.Image, name: str, orientation: int, created: Created) -> bpy.types.Image:
    upright = upright_pixels(image_pixels(image), orientation)
    created.discard(image)
    turned = bpy.data.images.new(name, upright.shape[1], upright.shape[0])
    cast("Any", turned.pixels).foreach_set(np.ascontiguousarray(upright[::-1]).ravel())
    turned.file_format = "JPEG"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upright.jpg"
        turned.filepath_raw = str(path)
        turned.save(quality=JPEG_QUALITY)
        content = path.read_bytes()
    bpy.data.images.remove(turned)
    return created.add(_packed_image(f"{Path(name).stem}.jpg", content, Path(name)))
