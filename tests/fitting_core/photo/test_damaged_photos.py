"""Random damage to sound photos: a header of sensible size or a PhotoError, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fitting_core.errors import PhotoError
from fitting_core.photo.header import MAXIMUM_PIXELS, read_photo_header
from tests.fitting_core.photo.pictures import (
    FOCAL_35,
    FOCAL_LENGTH,
    ORIENTATION,
    PLANE_UNIT,
    PLANE_X,
    exif_of,
    stored_picture,
)

_ROUNDS = 300
_EXIF = exif_of({ORIENTATION: 6, FOCAL_35: 26, FOCAL_LENGTH: (50, 1), PLANE_X: (2000, 1), PLANE_UNIT: 2})


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_cut_short_and_flipped_bytes(tmp_path: Path, form: str) -> None:
    data = stored_picture(form, exif=None if form == "BMP" else _EXIF)
    chance = random.Random(2026)
    path = tmp_path / "photo"
    read = 0
    for _ in range(_ROUNDS):
        damaged = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randrange(1, 8)):
            # Most damage near the beginning, where the header is.
            reach = min(len(damaged), chance.choice([32, 300, len(data)]))
            if reach:
                damaged[chance.randrange(reach)] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
        path.write_bytes(bytes(damaged))
        try:
            header = read_photo_header(path)
        except PhotoError as error:
            assert str(path) in str(error)
            continue
        read += 1
        assert 0 < header.size[0] * header.size[1] <= MAXIMUM_PIXELS
        assert 1 <= header.orientation <= 8
    assert read > _ROUNDS // 20
