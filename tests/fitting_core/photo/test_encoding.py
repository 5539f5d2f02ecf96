"""Pictures as files without Pillow: Pillow reads them, and finds in them what was to be written."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fitting_core.photo import encoding
from fitting_core.photo.encoding import jpeg_bytes, jpeg_without_pillow, png_bytes, resized


def _gradient(width: int, height: int) -> np.ndarray:
    across, down = np.linspace(0, 255, width), np.linspace(255, 0, height)
    rings = 127 + 127 * np.sin(np.add.outer(down, across) / 12)
    return np.stack([np.tile(across, (height, 1)), np.tile(down[:, None], (1, width)), rings], 2).astype(
        np.uint8
    )


def _noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)


PICTURES = {
    "gradient": _gradient(123, 71),
    "noise": _noise(40, 24),
    "one pixel": _noise(1, 1),
    "one row": _gradient(300, 2),
    "grey": np.full((9, 17, 3), 128, np.uint8),  # every block is empty
    "black": np.zeros((16, 16, 3), np.uint8),
    "stripes": np.tile(np.array([0, 255], np.uint8)[None, :, None], (64, 32, 3)),  # the highest frequency
}


def _opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_png_is_the_picture(picture: np.ndarray) -> None:
    assert np.array_equal(_opened(png_bytes(picture)), picture)


@pytest.mark.parametrize("quality", [50, 82, 95, 100])
@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_jpeg_is_as_near_as_pillows(picture: np.ndarray, quality: int) -> None:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="JPEG", quality=quality, subsampling=0)
    ours, theirs = (
        np.abs(_opened(data).astype(float) - picture).mean()
        for data in (jpeg_without_pillow(picture, quality), file.getvalue())
    )
    assert ours <= theirs + 0.5


def test_a_small_copy_is_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = _gradient(96, 60)
    by_pillow = resized(picture, (32, 20))
    monkeypatch.setattr(encoding, "has_pillow", lambda: False)
    assert np.abs(resized(picture, (32, 20)).astype(int) - by_pillow).max() <= 1
    assert resized(picture, (37, 23)).shape == (23, 37, 3)
    assert resized(picture, (200, 100)).shape == (100, 200, 3)
    assert jpeg_bytes(picture, 82) == jpeg_without_pillow(picture, 82)
