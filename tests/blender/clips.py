"""Small movies, made by Blender itself: frame n is grey, n steps above black, with a white left edge."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

SIZE = (64, 96)
GREY_STEP = 8


def frame_pixels(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The picture (H, W, 3) of a frame."""
    pixels = np.full((size[1], size[0], 3), GREY_STEP * number, np.uint8)
    pixels[:, : size[0] // 4] = 255
    return pixels


def frame_number(pixels: np.ndarray) -> int:
    """Which frame a picture is of, by its right half."""
    return round(float(pixels[:, pixels.shape[1] // 2 :].mean()) / GREY_STEP)


def write_frames(
    bpy: ModuleType, folder: Path, count: int, size: tuple[int, int] = SIZE, first: int = 0
) -> list[Path]:
    """Write frames as frame_0000.png … into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"frame_{first + number:04d}.png" for number in range(count)]
    for number, path in enumerate(paths):
        image = bpy.data.images.new("frame", *size)
        values = np.ones((size[1], size[0], 4), np.float32)
        values[..., :3] = frame_pixels(number, size)[::-1] / 255.0
        image.pixels.foreach_set(values.ravel())
        image.filepath_raw, image.file_format = str(path), "PNG"
        image.save()
        bpy.data.images.remove(image)
    return paths


def write_movie(
    bpy: ModuleType,
    path: Path,
    count: int,
    rate: tuple[int, float] = (30, 1.001),
    size: tuple[int, int] = SIZE,
) -> Path:
    """Write an MP4 of that many frames at `fps` and `fps_base`."""
    pictures = write_frames(bpy, path.with_suffix(".frames"), count, size)
    return encode_movie(bpy, path, pictures, rate, size)


def encode_movie(
    bpy: ModuleType, path: Path, pictures: list[Path], rate: tuple[int, float], size: tuple[int, int]
) -> Path:
    """Write an MP4 of pictures that lie in one folder."""
    scene: Any = bpy.data.scenes.new("movie")
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("frames", str(pictures[0]), 1, 1)
    for picture in pictures[1:]:
        strip.elements.append(picture.name)
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.fps, render.fps_base = rate
    scene.frame_start, scene.frame_end = 1, len(pictures)
    scene.view_settings.view_transform = "Standard"
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.constant_rate_factor = "PERC_LOSSLESS"
    render.filepath, render.use_file_extension = str(path), False
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return path
