"""A photo's file to its upright pixels: by Pillow, or from a copy that a program without Pillow has handed over.

Pillow is imported only when a photo is decoded, so that this module can be imported without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import PhotoError
from fitting_core.files.regular_file import open_regular
from fitting_core.photo.encoding import has_pillow, resized
from fitting_core.photo.header import PhotoHeader

if TYPE_CHECKING:
    from jaxtyping import UInt8
    from PIL import Image

# Of a handed-over copy: 24 million pixels, more than any program needs to hand over.
MOST_COPY_BYTES = 72_000_000
_PPM_HEADER_BYTES = 40  # longer than any header that is written: "P6", two sizes, 255


def photo_pixels(
    path: Path, header: PhotoHeader, longest_side_px: int, copy: Path | None = None
) -> UInt8[NumpyArray, "height width 3"]:
    """Return a photo as `decoded_pixels` does; without Pillow from `copy`, a portable pixmap of the photo as it is stored.

    Raises PhotoError.
    """
    if copy is None or has_pillow():
        return decoded_pixels(path, header, longest_side_px)
    picture = upright(copied_pixels(copy), header.orientation)
    factor = min(1.0, longest_side_px / max(picture.shape[:2]))
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    return picture if factor == 1.0 else resized(picture, (width, height))


def decoded_pixels(
    path: Path, header: PhotoHeader, longest_side_px: int
) -> UInt8[NumpyArray, "height width 3"]:
    """Return the photo as RGB, turned upright, scaled down to at most `longest_side_px`. Raises PhotoError, ImportError."""
    from PIL import Image

    factor = min(1.0, longest_side_px / max(header.size))
    size = header.size if header.suffix == ".tif" else header.stored_size  # as Pillow decodes it
    width, height = (max(1, round(side * factor)) for side in size)
    try:
        with _large_photos_allowed(), Image.open(path) as image:
            # A JPEG can be decoded at a half, quarter or eighth of its size.
            image.draft("RGB", (width, height))
            small = mixable(image).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
            return np.asarray(_turned(_opaque(small), header))
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise PhotoError(
            f"{path} cannot be decoded: {error}. Open it in an image editor and export it as JPEG or PNG."
        ) from error


def copied_pixels(path: Path) -> UInt8[NumpyArray, "height width 3"]:
    """Return the pixels of a binary portable pixmap (P6, 8 bits). Raises PhotoError for anything else."""
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MOST_COPY_BYTES:
            raise PhotoError(
                f"{path} is no file of at most {MOST_COPY_BYTES} bytes: hand over a smaller copy."
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise PhotoError(f"{path} cannot be read: {error}. Hand over the photo's pixels again.") from error
    width, height = _pixmap_size(path, data[:_PPM_HEADER_BYTES])
    start = len(data) - width * height * 3
    if start != len(b"P6 %d %d 255\n" % (width, height)):
        raise PhotoError(
            f"{path} holds {len(data)} bytes, not {width} × {height} pixels. Hand over the photo's pixels again."
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(height, width, 3)


def copied_size(path: Path) -> tuple[int, int]:
    """Return width and height of a binary portable pixmap, by its beginning alone. Raises PhotoError."""
    try:
        with open_regular(path) as file:
            return _pixmap_size(path, file.read(_PPM_HEADER_BYTES))
    except OSError as error:
        raise PhotoError(f"{path} cannot be read: {error}. Hand over the picture's pixels again.") from error


def _pixmap_size(path: Path, beginning: bytes) -> tuple[int, int]:
    fields = beginning.split(maxsplit=4)
    numbers = [int(field) for field in fields[1:4] if field.isdigit() and len(field) < 6]
    if len(fields) < 4 or fields[0] != b"P6" or len(numbers) != 3 or numbers[2] != 255 or not min(numbers):
        raise PhotoError(
            f"{path} is no binary portable pixmap (P6) of 8 bits. Hand over the photo's pixels again."
        )
    return numbers[0], numbers[1]


def upright(
    picture: UInt8[NumpyArray, "rows columns 3"], orientation: int
) -> UInt8[NumpyArray, "height width 3"]:
    """Return stored pixels as EXIF orientation 1 to 8 asks for."""
    if orientation >= 5:  # rows and columns change places
        picture = picture.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    return np.ascontiguousarray(picture)


@contextmanager
def _large_photos_allowed() -> Generator[None]:
    """Silence Pillow's own limit and its remarks on EXIF: `read_photo_header` has checked the size."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def mixable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode whose pixels can be mixed, itself if it can be: a large one is not copied.

    16-bit grey is scaled to 8 bits rather than cut off; a palette becomes colours, with the transparency that it names.
    """
    if image.mode.startswith("I"):
        from PIL import Image

        return Image.fromarray((np.asarray(image, dtype=np.int64) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGB", "L", "RGBA", "LA") and "transparency" not in image.info:
        return image
    transparent = "transparency" in image.info or image.mode.endswith(("A", "a"))
    return image.convert("RGBA" if transparent else "RGB")


def _opaque(image: Image.Image) -> Image.Image:
    """Return RGB; what shows through is white, since the colours that lie under it are not meant to be seen."""
    if not image.mode.endswith("A"):
        return image.convert("RGB")
    from PIL import Image

    with_alpha = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), with_alpha).convert("RGB")


def _turned(image: Image.Image, header: PhotoHeader) -> Image.Image:
    """Return the picture upright. Pillow turns TIFF files by itself when it decodes them, and no others."""
    from PIL import Image

    transposes = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    if header.orientation == 1 or header.suffix == ".tif":
        return image
    return image.transpose(transposes[header.orientation])
