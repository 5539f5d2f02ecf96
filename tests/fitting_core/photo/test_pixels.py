"""Pixels of photos of every kind that Pillow decodes: colours, grey, 16 bits, palettes, transparency, EXIF orientations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from fitting_core.photo import pixels
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.pixels import decoded_pixels

# Left half and right half of the picture.
LEFT, RIGHT = (200, 40, 90), (10, 220, 160)
GREY_LEFT, GREY_RIGHT = 93, 150  # as Pillow weighs the colours
SIZE = (40, 30)


def colours() -> Image.Image:
    picture = np.empty((30, 40, 3), dtype=np.uint8)
    picture[:, :20], picture[:, 20:] = LEFT, RIGHT
    return Image.fromarray(picture)


def grey(values: type) -> Image.Image:
    scale = 257 if values is np.uint16 else 1
    return Image.fromarray((np.asarray(colours().convert("L")).astype(values) * scale).astype(values))


def see_through() -> Image.Image:
    picture = colours().convert("RGBA")
    picture.putalpha(Image.fromarray(np.tile(np.repeat(np.array([0, 255], np.uint8), 20), (30, 1))))
    return picture


def palette_with_a_hole() -> Image.Image:
    picture = colours().convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
    picture.info["transparency"] = picture.getpixel((0, 0))
    return picture


GREY = ((GREY_LEFT,) * 3, (GREY_RIGHT,) * 3)
WHITE = (255, 255, 255)
KINDS: dict[str, tuple[Callable[[], Image.Image], str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "colours": (colours, "png", (LEFT, RIGHT)),
    "grey": (lambda: grey(np.uint8), "png", GREY),
    "grey of 16 bits": (lambda: grey(np.uint16), "png", GREY),
    "grey of 16 bits, TIFF": (lambda: grey(np.uint16), "tif", GREY),
    "CMYK": (lambda: colours().convert("CMYK"), "jpg", (LEFT, RIGHT)),
    "palette": (lambda: colours().convert("P", palette=Image.Palette.ADAPTIVE), "png", (LEFT, RIGHT)),
    "palette with a hole": (palette_with_a_hole, "png", (WHITE, RIGHT)),
    "transparent": (see_through, "png", (WHITE, RIGHT)),
    "transparent grey": (lambda: see_through().convert("LA"), "png", (WHITE, (GREY_RIGHT,) * 3)),
    "black and white": (lambda: colours().convert("1", dither=Image.Dither.NONE), "png", ((0,) * 3, WHITE)),
}


@pytest.mark.parametrize("longest_side_px", [40, 20], ids=["as it is", "scaled down"])
@pytest.mark.parametrize(("picture", "suffix", "expected"), KINDS.values(), ids=KINDS)
def test_pictures_of_every_kind(
    tmp_path: Path,
    picture: Callable[[], Image.Image],
    suffix: str,
    expected: tuple[tuple[int, ...], tuple[int, ...]],
    longest_side_px: int,
) -> None:
    path = tmp_path / f"photo.{suffix}"
    picture().save(path, quality=100)
    found = decoded_pixels(path, read_photo_header(path), longest_side_px)
    assert found.shape == (longest_side_px * 3 // 4, longest_side_px, 3)
    for place, colour in zip((1, -2), expected, strict=True):
        assert found[longest_side_px // 2, place] == pytest.approx(colour, abs=6)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_as_their_exif_asks(tmp_path: Path, orientation: int, suffix: str) -> None:
    ramp = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(ramp).convert("RGB").save(path, exif=exif, quality=100)
    with Image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"), dtype=int)
    found = decoded_pixels(path, read_photo_header(path), 64)
    assert found.shape == expected.shape and np.abs(found - expected).max() <= 8


def test_a_large_picture_is_not_copied_before_it_is_scaled_down() -> None:
    picture = colours()
    assert pixels.mixable(picture) is picture
