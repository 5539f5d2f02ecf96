"""Headers of every format, orientation and byte order, against pictures that Pillow wrote."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fitting_core.errors import PhotoError
from fitting_core.photo.header import MAXIMUM_PIXELS, read_photo_header
from tests.fitting_core.photo.pictures import (
    FOCAL_35,
    FOCAL_LENGTH,
    ORIENTATION,
    PIXEL_X,
    PLANE_UNIT,
    PLANE_X,
    UPRIGHT_SIZE,
    exif_of,
    stored_picture,
    upright_picture,
)

_WIDTH, _HEIGHT = UPRIGHT_SIZE
_FORMATS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG": ("JPEG", ".jpg", {}),
    "progressive JPEG": ("JPEG", ".jpg", {"progressive": True}),
    "PNG": ("PNG", ".png", {}),
    "WebP": ("WEBP", ".webp", {}),
    "lossless WebP": ("WEBP", ".webp", {"lossless": True}),
    "TIFF": ("TIFF", ".tif", {}),
    "compressed TIFF": ("TIFF", ".tif", {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("name", _FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_and_orientations(tmp_path: Path, name: str, orientation: int) -> None:
    form, suffix, options = _FORMATS[name]
    path = tmp_path / "photo.dat"  # the format is known by its content
    path.write_bytes(stored_picture(form, orientation, **options))
    header = read_photo_header(path)
    turned = orientation >= 5
    assert header.size == UPRIGHT_SIZE
    assert header.stored_size == ((_HEIGHT, _WIDTH) if turned else UPRIGHT_SIZE)
    assert header.orientation == orientation
    assert header.suffix == suffix
    assert header.focal_mm35 is None
    assert header.focal_px_from_exif is None


@pytest.mark.parametrize("form", ["BMP", "WEBP", "JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("size", [(16, 17), (640, 480), (301, 1999)])
def test_plain_sizes(tmp_path: Path, form: str, size: tuple[int, int]) -> None:
    path = tmp_path / "photo"
    upright_picture(size).save(path, format=form)
    assert read_photo_header(path).size == size


def test_bmp_with_rows_from_the_top(tmp_path: Path) -> None:
    data = bytearray(stored_picture("BMP"))
    data[22:26] = struct.pack("<i", -_HEIGHT)
    (tmp_path / "a.bmp").write_bytes(data)
    assert read_photo_header(tmp_path / "a.bmp").size == UPRIGHT_SIZE


# A sensor with 4000 pixels on 36 mm: 111.1 a millimetre, 2822.2 an inch.
_PLANE = {FOCAL_LENGTH: (50, 1), PLANE_X: (28222, 10), PLANE_UNIT: 2}
_CASES: dict[str, tuple[dict[int, Any], float | None, float | None]] = {
    "35-mm equivalent": ({FOCAL_35: 26}, 26.0, 26 * _WIDTH / 36),
    "unknown equivalent": ({FOCAL_35: 0}, None, None),
    "absurd equivalent": ({FOCAL_35: 60000}, None, None),
    "lens alone": ({FOCAL_LENGTH: (50, 1)}, None, None),
    "lens and sensor, resized": ({**_PLANE, PIXEL_X: 4000}, None, 50 / 25.4 * 2822.2 * _WIDTH / 4000),
    "centimetres": ({FOCAL_LENGTH: (50, 1), PLANE_X: (20, 1), PLANE_UNIT: 3}, None, 50 * 2.0),
    "unknown unit": ({**_PLANE, PLANE_UNIT: 1}, None, None),
    "absurd sensor": ({FOCAL_LENGTH: (50, 1), PLANE_X: (1, 1000)}, None, None),
    "no denominator": ({FOCAL_LENGTH: (50, 0), PLANE_X: (20, 1), PLANE_UNIT: 3}, None, None),
    "both": ({**_PLANE, PIXEL_X: 4000, FOCAL_35: 50}, 50.0, 50 * _WIDTH / 36),
}


@pytest.mark.parametrize("big_endian", [False, True], ids=["II", "MM"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("name", _CASES)
def test_focal_lengths(tmp_path: Path, name: str, form: str, big_endian: bool) -> None:
    tags, mm35, px = _CASES[name]
    path = tmp_path / "photo"
    path.write_bytes(stored_picture(form, exif=exif_of(tags, big_endian)))
    header = read_photo_header(path)
    assert header.focal_mm35 == mm35
    assert header.focal_px_from_exif == (None if px is None else pytest.approx(px, rel=1e-4))


def test_focal_length_of_a_turned_photo_uses_the_longer_side(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(stored_picture("JPEG", 6, exif_of({ORIENTATION: 6, FOCAL_35: 36})))
    assert read_photo_header(path).focal_px_from_exif == _WIDTH


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_orientations_that_do_not_exist_count_as_upright(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(stored_picture("JPEG", exif=exif_of({ORIENTATION: orientation})))
    assert read_photo_header(path).orientation == 1


def test_damaged_exif_does_not_refuse_the_photo(tmp_path: Path) -> None:
    sound = stored_picture("JPEG", exif=exif_of({ORIENTATION: 6, FOCAL_35: 26}))
    position = sound.index(b"Exif\0\0") + 6
    (tmp_path / "a.jpg").write_bytes(sound[: position + 4] + b"\xff\xff\xff\xff" + sound[position + 8 :])
    header = read_photo_header(tmp_path / "a.jpg")
    assert (header.size, header.orientation, header.focal_mm35) == (UPRIGHT_SIZE, 1, None)


def _png_of(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0....."


_JPEG = stored_picture("JPEG")
_REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "text": (b"hello", "not a JPEG"),
    "keypoints": (b'{"people": []}', "perhaps the keypoint file"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC or AVIF"),
    "GIF": (b"GIF89a" + bytes(20), "a GIF"),
    "JPEG cut short": (_JPEG[:20], "cannot be read as a photo"),
    "JPEG without frame": (_JPEG[: _JPEG.index(b"\xff\xc0")] + b"\xff\xd9", "no JPEG frame"),
    "JPEG of junk": (b"\xff\xd8\xff\xe0\x00\x02junk", "not a JPEG marker"),
    "JPEG segment of no length": (b"\xff\xd8\xff\xe0\x00\x01" + bytes(20), "has no length"),
    "PNG cut short": (_png_of(100, 100)[:20], "cannot be read as a photo"),
    "PNG too large": (_png_of(100_000, 100_000), "more than 201 million"),
    "PNG of nothing": (_png_of(0, 100), "at least 16"),
    "tiny": (_png_of(15, 100), "15 × 100 pixels"),
    "WebP without picture": (b"RIFF\x10\0\0\0WEBPJUNK\x04\0\0\0....", "no WebP picture"),
    "BigTIFF": (b"II+\0" + bytes(20), "BigTIFF"),
    "TIFF of junk": (b"II*\0\xff\xff\xff\x7f", "cannot be read as a photo"),
    "TIFF that points at itself": (b"II*\0\0\0\0\0", "no picture size|has 18761 entries"),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_refusals_name_the_file_and_the_reason(tmp_path: Path, name: str) -> None:
    data, words = _REFUSED[name]
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(PhotoError, match=words) as caught:
        read_photo_header(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.jpg", "no such photo"),
        ("", "not a regular file|it is a folder"),
        ("a.nef", "camera raw"),
        ("a\0b", "cannot be read"),
    ],
)
def test_paths_that_are_no_photo(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(PhotoError, match=words):
        read_photo_header(tmp_path / name)


def test_the_largest_sensor_passes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png_of(16384, 12288))
    assert read_photo_header(tmp_path / "a.png").size[0] * 12288 == MAXIMUM_PIXELS


def test_agrees_with_pillow_on_real_photos(shared: Path) -> None:
    paths = sorted((shared / "photos").glob("*.jpg"))
    assert paths
    for path in paths:
        with Image.open(path) as image:
            assert read_photo_header(path).stored_size == image.size


def test_videos_are_named(shared: Path) -> None:
    paths = sorted((shared / "video").glob("*.mp4"))
    assert paths
    for path in paths:
        with pytest.raises(PhotoError, match="or a video"):
            read_photo_header(path)
