"""Photos decoded by Blender for a core without Pillow: the same pixels, small enough, and never many of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


def write_image(bpy: ModuleType, path: Path, width: int, height: int, form: str = "PNG") -> np.ndarray:
    """Save a picture of random blocks through Blender; returns its bytes (H, W, 3), first row on top."""
    values = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = bpy.data.images.new("made", width, height)
    rgba = np.ones((height, width, 4), dtype=np.float32)
    rgba[:, :, :3] = values[::-1] / 255.0
    image.pixels.foreach_set(rgba.ravel())
    image.filepath_raw, image.file_format = str(path), form
    image.save()
    bpy.data.images.remove(image)
    return values


def read_copy(path: Path) -> np.ndarray:
    head, _, body = path.read_bytes().partition(b"\n")
    kind, width, height, most = head.split()
    assert (kind, most) == (b"P6", b"255")
    return np.frombuffer(body, dtype=np.uint8).reshape(int(height), int(width), 3)


def test_the_pixels_are_the_photos(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.photo.pixel_copy import pixel_copy

    made = write_image(bpy, tmp_path / "a.png", 40, 30)
    before = len(bpy.data.images)
    copy = pixel_copy(tmp_path / "a.png")
    assert copy is not None and np.array_equal(read_copy(copy), made)
    assert len(bpy.data.images) == before and pixel_copy(tmp_path / "a.png") == copy


def test_a_large_photo_is_scaled_down(
    bpy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.scene.photo import pixel_copy as module

    monkeypatch.setattr(module, "LONGEST_SIDE_PX", 20)
    write_image(bpy, tmp_path / "b.png", 60, 30)
    copy = module.pixel_copy(tmp_path / "b.png")
    assert copy is not None and read_copy(copy).shape == (10, 20, 3)


def test_what_is_no_picture_gives_none(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.photo.pixel_copy import pixel_copy

    (tmp_path / "torn.png").write_bytes(b"\x89PNG torn")
    before = len(bpy.data.images)
    assert pixel_copy(tmp_path / "torn.png") is None and pixel_copy(tmp_path / "none.jpg") is None
    assert len(bpy.data.images) == before


def test_a_folder_of_photos_leaves_few_copies(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.photo.pixel_copy import KEPT, pixel_copy

    copies = []
    for number in range(KEPT + 4):
        write_image(bpy, tmp_path / f"{number}.png", 20 + number, 20)
        copies.append(pixel_copy(tmp_path / f"{number}.png"))
    assert sum(copy is not None and copy.is_file() for copy in copies) == KEPT
    assert copies[-1] is not None and copies[-1].is_file()
