# pyright: basic
"""A clip as what a camera shows behind the scene, frame for frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import bpy

from ...result.clip_rate import ClipRate, rate_of
from ...result.errors import ResultError
from ..created import Created

MARK = "smplify_clip"  # custom property: this movie clip was loaded for a camera of ours
SAME_SHAPE = 0.01  # relative; a smaller copy of the clip may be rounded to whole or even sides


def clip_plate(file: Path, image_size: tuple[int, int], created: Created) -> bpy.types.MovieClip:
    """Load a movie, or the first of numbered images. Raises `ResultError` where it is no clip of this shape (px, upright)."""
    try:
        clip = created.add(bpy.data.movieclips.load(str(file)))
    except RuntimeError as error:
        raise ResultError(f"{file} cannot be read as a clip. Choose the movie that was fitted.") from error
    width, height = clip_size(clip)
    if not width or not height:
        raise ResultError(f"{file} is no movie that Blender can read. Choose the movie that was fitted.")
    if abs(width / height / (image_size[0] / image_size[1]) - 1) > SAME_SHAPE:
        raise ResultError(
            f"{file} has pictures of {width} × {height}, the fit was made for {image_size[0]} × {image_size[1]}. Choose the "
            "movie that was fitted, or none."
        )
    clip[MARK] = True
    return clip


def clip_size(clip: bpy.types.MovieClip) -> tuple[int, int]:
    """Return width and height of a clip's pictures, px; (0, 0) for a movie that Blender cannot read."""
    if clip.source == "MOVIE" and rate_of(clip.fps) is None:  # such a one has 256 × 256, says Blender
        return 0, 0
    width, height = cast("Any", clip).size
    return width, height


def show_clip_behind(
    camera_object: bpy.types.Object, clip: bpy.types.MovieClip, first_frame: int, created: Created
) -> None:
    """Make the clip the camera's background, its first frame at the scene's `first_frame`."""
    camera = cast("bpy.types.Camera", camera_object.data)
    if camera.users > 1:
        camera_object.data = camera = created.add(cast("bpy.types.Camera", camera.copy()))
    clip.frame_start = first_frame
    camera.show_background_images = True
    background = camera.background_images.new()
    background.source = "MOVIE_CLIP"
    background.clip = clip
    background.clip_user.use_render_undistorted = False
    background.alpha = 1.0
    background.display_depth = "BACK"
    background.frame_method = "FIT"


def set_scene_rate(scene: bpy.types.Scene, rate: ClipRate) -> None:
    """Give the scene the clip's frame rate: 30 with a base of 1.001 is 30000/1001."""
    scene.render.fps, scene.render.fps_base = rate.blender


def has_rate(scene: bpy.types.Scene, rate: ClipRate) -> bool:
    """Return True if the scene plays as many frames a second as the clip."""
    return abs(scene.render.fps / scene.render.fps_base / rate.fps - 1) < 1e-4
