"""Photos whose segments, chunks and directories lie: lengths, offsets into themselves, many EXIF blocks, padding."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

from tests.fitting_core.photo.pictures import (
    FOCAL_35,
    FOCAL_LENGTH,
    ORIENTATION,
    PLANE_UNIT,
    PLANE_X,
    exif_of,
    stored_picture,
)

FORMS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_EXIF = exif_of({ORIENTATION: 6, FOCAL_35: 26, FOCAL_LENGTH: (50, 1), PLANE_X: (2000, 1), PLANE_UNIT: 2})
_SOUND = {form: stored_picture(form, exif=None if form == "BMP" else _EXIF) for form in FORMS}
_NUMBERS = (0, 1, 2, 3, 8, 0x7F, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(form: str, chance: random.Random) -> bytes:
    """A picture of that form with one to four faults."""
    data = _SOUND[form]
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_FAULTS)(data, form, chance) or b"\0"
    return data


def _number_changed(data: bytes, form: str, chance: random.Random) -> bytes:
    """A number of two or four bytes near the beginning, where lengths and offsets are."""
    code = chance.choice("HI")
    order = chance.choice("<>")
    at = chance.randrange(max(1, min(len(data), 300) - 4))
    value = chance.choice(_NUMBERS) & (0xFFFF if code == "H" else 0xFFFFFFFF)
    number = struct.pack(order + code, value)
    return data[:at] + number + data[at + len(number) :]


def _directory_changed(data: bytes, form: str, chance: random.Random) -> bytes:
    """An entry of a TIFF directory: tag, type, count or offset; some point at their own directory."""
    start = data.find(b"MM\0*") if b"MM\0*" in data else data.find(b"II*\0")
    if start < 0:
        return data
    order = ">" if data[start : start + 2] == b"MM" else "<"
    field, code = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I")))
    at = start + 10 + 12 * chance.randrange(4) + field
    value = chance.choice((*_NUMBERS, 0x8769, 0x112, 0x100, 5, 8, start)) & (
        0xFFFF if code == "H" else 0xFFFFFFFF
    )
    number = struct.pack(order + code, value)
    return data[:at] + number + data[at + len(number) :]


def _blocks_added(data: bytes, form: str, chance: random.Random) -> bytes:
    """Many EXIF blocks, or blocks of nothing."""
    count = chance.choice((1, 3, 200))
    exif = chance.choice((_EXIF, b"Exif\0\0" + _EXIF, b"", b"II*\0\x08\0\0\0\xff\xff"))
    if form == "JPEG":
        block = b"\xff\xe1" + struct.pack(">H", min(len(exif) + 2, 0xFFFF)) + exif
        return data[:2] + block * count + data[2:]
    if form == "PNG":
        block = struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
        return data[:33] + block * count + data[33:]
    if form == "WEBP":
        block = b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2)
        return data[:12] + block * count + data[12:]
    return data + exif * count


def _bytes_changed(data: bytes, form: str, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
    return bytes(changed)


def _cut_or_padded(data: bytes, form: str, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data) + 1)]
    return data + bytes(chance.choice((1, 1000, 50_000)))


_FAULTS: tuple[Callable[[bytes, str, random.Random], bytes], ...] = (
    _number_changed,
    _directory_changed,
    _directory_changed,
    _blocks_added,
    _bytes_changed,
    _cut_or_padded,
)
