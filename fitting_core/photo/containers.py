"""Reads the stored size and EXIF facts of JPEG, PNG, WebP, TIFF and BMP files, without an image library.

Of EXIF blocks the first counts, as none of these formats allows a second: what is read is proportional to the file's size.

Sources: ITU T.81 (JPEG markers), the PNG specification (IHDR, eXIf), the WebP container and RFC 6386 (VP8),
TIFF 6.0, Microsoft's BITMAPINFOHEADER.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fitting_core.files.byte_source import ByteSource, DamagedDataError
from fitting_core.photo.exif import (
    IMAGE_LENGTH,
    IMAGE_WIDTH,
    ExifFacts,
    facts_of,
    read_exif,
    read_tiff_tags,
)

# A 200-megapixel PNG in the usual 8 kB chunks has about 70,000; a JPEG header has a few dozen segments.
_MAXIMUM_BLOCKS = 200_000

_JPEG_EXIF = b"Exif\x00\x00"
_JPEG_APP1 = 0xE1
_JPEG_START_OF_SCAN = 0xDA
_JPEG_END = 0xD9
# Start-of-frame markers: C0–CF without the tables DHT (C4), JPG (C8) and DAC (CC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM and the restarts RST0–RST7.
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_BMP_CORE_HEADER_BYTES = 12


@dataclass(frozen=True)
class ImageFacts:
    """Width and height as stored, and the facts of EXIF."""

    size: tuple[int, int]
    exif: ExifFacts = ExifFacts()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class Container:
    """One file format: its usual suffix, a test of its first bytes, the reader of its header."""

    suffix: str
    begins: Callable[[bytes], bool]
    read: Callable[[ByteSource], ImageFacts]


def _jpeg_segments(source: ByteSource) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, offset, length) of the contents of each segment before the picture data."""
    offset = 2
    for _ in range(_MAXIMUM_BLOCKS):
        filler, marker = source.read(offset, 2)
        if filler != 0xFF:
            raise DamagedDataError(f"byte {offset} is not a JPEG marker")
        if marker == 0xFF:  # filler bytes may precede a marker
            offset += 1
        elif marker in _JPEG_BARE:
            offset += 2
        elif marker in (_JPEG_START_OF_SCAN, _JPEG_END):
            return
        else:
            (length,) = source.numbers(">H", offset + 2)
            if length < 2:
                raise DamagedDataError(f"the JPEG segment at byte {offset} has no length")
            yield marker, offset + 4, length - 2
            offset += 2 + length


def _read_jpeg(source: ByteSource) -> ImageFacts:
    exif: ExifFacts | None = None
    for marker, offset, length in _jpeg_segments(source):
        if marker in _JPEG_FRAMES:
            height, width = source.numbers(">HH", offset + 1)
            return ImageFacts((width, height), exif or ExifFacts())
        if marker == _JPEG_APP1 and exif is None and length > len(_JPEG_EXIF):
            exif = _jpeg_exif(source, offset, length)
    raise DamagedDataError("it has no JPEG frame, which would give its size")


def _jpeg_exif(source: ByteSource, offset: int, length: int) -> ExifFacts | None:
    if source.read(offset, len(_JPEG_EXIF)) != _JPEG_EXIF:
        return None
    with suppress(DamagedDataError):  # a block cut short is as good as none
        return read_exif(source.part(offset + len(_JPEG_EXIF), length - len(_JPEG_EXIF)))
    return None


def _read_png(source: ByteSource) -> ImageFacts:
    if source.read(12, 4) != b"IHDR":
        raise DamagedDataError("its PNG header is not first")
    width, height = source.numbers(">II", 16)
    with suppress(DamagedDataError):  # the size is known; the decoder complains of what is missing behind it
        for name, part in _png_chunks(source):
            if name == b"eXIf":
                return ImageFacts((width, height), read_exif(part))
            if name == b"IEND":
                break
    return ImageFacts((width, height))


def _png_chunks(source: ByteSource) -> Iterator[tuple[bytes, ByteSource]]:
    offset = 8
    for _ in range(_MAXIMUM_BLOCKS):
        if offset >= source.length:
            return
        (length,) = source.numbers(">I", offset)
        yield source.read(offset + 4, 4), source.part(offset + 8, length)
        offset += 12 + length


def _read_webp(source: ByteSource) -> ImageFacts:
    sizes: dict[bytes, tuple[int, int]] = {}
    exif: ExifFacts | None = None
    try:
        for name, part in _webp_chunks(source):
            if name in _WEBP_SIZES and name not in sizes:
                sizes[name] = _WEBP_SIZES[name](part)
            elif name == b"EXIF" and exif is None:
                exif = _webp_exif(part)
    except DamagedDataError:
        if not sizes:
            raise
    for name in _WEBP_SIZES:
        if name in sizes:
            return ImageFacts(sizes[name], exif or ExifFacts())
    raise DamagedDataError("it has no WebP picture inside")


def _webp_exif(part: ByteSource) -> ExifFacts:
    """Facts of an EXIF chunk, before which some programs leave JPEG's prefix."""
    prefixed = part.length > len(_JPEG_EXIF) and part.read(0, len(_JPEG_EXIF)) == _JPEG_EXIF
    start = len(_JPEG_EXIF) if prefixed else 0
    return read_exif(part.part(start, part.length - start))


def _webp_chunks(source: ByteSource) -> Iterator[tuple[bytes, ByteSource]]:
    offset = 12
    for _ in range(_MAXIMUM_BLOCKS):
        if offset >= source.length:
            return
        name = source.read(offset, 4)
        (length,) = source.numbers("<I", offset + 4)
        # Picture data may be cut short: the size stands in its first bytes.
        yield name, source.part(offset + 8, min(length, max(source.length - offset - 8, 0)))
        offset += 8 + length + length % 2


def _vp8x_size(part: ByteSource) -> tuple[int, int]:
    data = part.read(4, 6)
    return 1 + int.from_bytes(data[:3], "little"), 1 + int.from_bytes(data[3:], "little")


def _vp8l_size(part: ByteSource) -> tuple[int, int]:
    signature, bits = part.numbers("<BI", 0)
    if signature != 0x2F:
        raise DamagedDataError("its lossless WebP picture has a wrong signature")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _vp8_size(part: ByteSource) -> tuple[int, int]:
    if part.read(3, 3) != b"\x9d\x01\x2a":
        raise DamagedDataError("its WebP picture has no key frame")
    width, height = part.numbers("<HH", 6)
    return width & 0x3FFF, height & 0x3FFF


_WEBP_SIZES: dict[bytes, Callable[[ByteSource], tuple[int, int]]] = {
    b"VP8X": _vp8x_size,
    b"VP8L": _vp8l_size,
    b"VP8 ": _vp8_size,
}


def _read_tiff(source: ByteSource) -> ImageFacts:
    tags = read_tiff_tags(source)
    if IMAGE_WIDTH not in tags or IMAGE_LENGTH not in tags:
        raise DamagedDataError("its first TIFF directory has no picture size")
    return ImageFacts((int(tags[IMAGE_WIDTH]), int(tags[IMAGE_LENGTH])), facts_of(tags))


def _read_bmp(source: ByteSource) -> ImageFacts:
    (header_bytes,) = source.numbers("<I", 14)
    if header_bytes == _BMP_CORE_HEADER_BYTES:
        width, height = source.numbers("<HH", 18)
    else:
        width, height = source.numbers("<ii", 18)
    return ImageFacts((width, abs(height)))  # a negative height means rows from the top


CONTAINERS = (
    Container(".jpg", lambda start: start.startswith(b"\xff\xd8\xff"), _read_jpeg),
    Container(".png", lambda start: start.startswith(b"\x89PNG\r\n\x1a\n"), _read_png),
    Container(".webp", lambda start: start.startswith(b"RIFF") and start[8:12] == b"WEBP", _read_webp),
    Container(
        ".tif", lambda start: start[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), _read_tiff
    ),
    Container(".bmp", lambda start: start.startswith(b"BM"), _read_bmp),
)
