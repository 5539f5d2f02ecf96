"""The picture overlay.png: the figures of a fit over the upright photo, with the keypoints.

Pillow, which draws the keypoints, is imported only then; without it the figures are drawn alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY, LIMBS, SIDES
from fitting_core.photo.encoding import has_pillow, png_bytes
from fitting_core.photo.header import PhotoHeader
from fitting_core.photo.mesh_picture import Colour, MeshPicture, PinholeCamera, draw_mesh
from fitting_core.photo.pixels import photo_pixels

if TYPE_CHECKING:
    from jaxtyping import Float, Integer, UInt8
    from PIL import Image, ImageDraw

Array: TypeAlias = NumpyArray

# Larger photos are scaled down: on a screen nobody sees more, and the file stays small.
LONGEST_SIDE_PX = 1600
# How much of the figure covers the photo: its shading must be seen as well as the limbs under it.
_OPACITY = 0.6
# Where depth jumps by more than this from one pixel to the next, an outline separates limb from body.
_OUTLINE_DEPTH_M = 0.04
_OUTLINE_BRIGHTNESS = 0.45
# One tint a person, told apart on skin, cloth and greenery.
TINTS: tuple[Colour, ...] = (
    (255, 232, 205), (160, 210, 255), (255, 180, 170),
    (180, 240, 170), (225, 185, 255), (255, 230, 130),
)  # fmt: skip
_SIDE_COLOURS = {"left": (60, 150, 255), "right": (255, 120, 50), "centre": (255, 235, 120)}
_FITTED_COLOUR = (120, 255, 120)
_RESIDUAL_COLOUR = (255, 60, 200)
_SHADOW_COLOUR = (20, 20, 20)
# Sizes as shares of the longer side of the overlay.
_LIMB_WIDTH = 1 / 450
_POINT_RADIUS = 1 / 300
_FINE_POINT_RADIUS = 1 / 800


@dataclass(frozen=True, eq=False)
class Figure:
    """One fitted person: mesh in the camera frame (metres), the keypoints as detected, and as fitted.

    `fitted` has the points of the model that belong to the 137 keypoints (in the order of `stacked`), in the
    camera frame (metres), NaN where the model has none.
    """

    vertices: Float[Array, "V 3"]
    triangles: Integer[Array, "F 3"]
    keypoints: Keypoints2D | None = None
    fitted: Float[Array, "137 3"] | None = None


@dataclass(frozen=True, eq=False)
class _Marks:
    """The keypoints of one person as detected and as fitted; see `Figure`."""

    keypoints: Keypoints2D | None
    fitted: Float[Array, "137 3"] | None


def overlay_png(
    photo_path: Path,
    header: PhotoHeader,
    figures: Iterable[Figure],
    camera: PinholeCamera,
    copy: Path | None = None,
) -> bytes:
    """Draw the figures over the photo and return a PNG file of at most 1600 pixels.

    `camera` is that of the upright photo at full size. Without Pillow the photo comes from its `copy` (see `photo_pixels`), and
    the keypoints are left out. Raises PhotoError where the photo cannot be read.
    """
    photo = photo_pixels(photo_path, header, LONGEST_SIDE_PX, copy)
    if has_pillow():
        return png_bytes(np.asarray(draw_overlay(photo, header.size, figures, camera)))
    return png_bytes(draw_figures(photo, header.size, figures, camera))


def draw_figures(
    photo: UInt8[Array, "H W 3"],
    full_size: tuple[int, int],
    figures: Iterable[Figure],
    camera: PinholeCamera,
) -> UInt8[Array, "H W 3"]:
    """Draw the figures alone, without keypoints, on a photo that may be a scaled copy of one of `full_size` (width, height)."""
    height, width = photo.shape[:2]
    scaled = camera.scaled(width / full_size[0])
    return _blended(
        photo,
        (
            draw_mesh(figure.vertices, figure.triangles, scaled, (width, height), TINTS[index % len(TINTS)])
            for index, figure in enumerate(figures)
        ),
    )


def draw_overlay(
    photo: UInt8[Array, "H W 3"],
    full_size: tuple[int, int],
    figures: Iterable[Figure],
    camera: PinholeCamera,
) -> Image.Image:
    """Draw the overlay on a photo that may be a scaled copy of one of `full_size` (width, height).

    The figures are taken one after another, and of each only the keypoints are kept.
    """
    from PIL import Image, ImageDraw

    height, width = photo.shape[:2]
    factor = width / full_size[0]
    scaled = camera.scaled(factor)
    marks: list[_Marks] = []

    def meshes() -> Iterator[MeshPicture]:
        for index, figure in enumerate(figures):
            marks.append(_Marks(figure.keypoints, figure.fitted))
            tint = TINTS[index % len(TINTS)]
            yield draw_mesh(figure.vertices, figure.triangles, scaled, (width, height), tint)

    picture = Image.fromarray(_blended(photo, meshes()))
    draw = ImageDraw.Draw(picture)
    for points in marks:
        _draw_keypoints(draw, points, scaled, factor, max(width, height))
    return picture


def _blended(photo: UInt8[Array, "H W 3"], meshes: Iterable[MeshPicture]) -> UInt8[Array, "H W 3"]:
    """Return the nearest figure at each pixel, with outlines, half-transparent over the photo."""
    depth = np.full(photo.shape[:2], np.inf, dtype=np.float32)
    figure = np.zeros(photo.shape, dtype=np.uint8)  # colours of the nearest surface
    for mesh in meshes:
        nearer = mesh.depth < depth
        depth[nearer] = mesh.depth[nearer]
        figure[nearer] = mesh.rgb[nearer]
    opacity = np.where(np.isfinite(depth), np.float32(_OPACITY), np.float32(0.0))
    strength = np.where(_outlines(depth), opacity * np.float32(_OUTLINE_BRIGHTNESS), opacity)
    result = photo.copy()
    # One channel after another: a crowd's picture is large, and so is what is computed beside it.
    for channel in range(3):
        blended = strength * figure[..., channel] + (np.float32(1.0) - opacity) * photo[..., channel]
        result[..., channel] = blended.astype(np.uint8)
    return result


def _outlines(depth: Float[Array, "H W"]) -> NumpyArray:
    """Pixels of a nearer surface beside a clearly farther one, or beside nothing."""
    limit = np.where(np.isfinite(depth), depth + _OUTLINE_DEPTH_M, np.inf)
    outline = np.zeros(depth.shape, dtype=bool)
    outline[1:] |= depth[:-1] > limit[1:]
    outline[:-1] |= depth[1:] > limit[:-1]
    outline[:, 1:] |= depth[:, :-1] > limit[:, 1:]
    outline[:, :-1] |= depth[:, 1:] > limit[:, :-1]
    return outline


def _draw_keypoints(
    draw: ImageDraw.ImageDraw, marks: _Marks, camera: PinholeCamera, factor: float, longer_px: int
) -> None:
    """Detected limbs and points by side, what was fitted to them as crosses, and lines between the two."""
    detected = np.zeros((0, 3)) if marks.keypoints is None else marks.keypoints.stacked()
    detected = detected * [factor, factor, 1.0]
    if marks.keypoints is not None:
        _draw_limbs(draw, detected, longer_px)
    if marks.fitted is not None:
        fitted = camera.project(marks.fitted)
        if marks.keypoints is not None:
            fitted[detected[:, 2] == 0] = np.nan  # what was not seen cannot be judged
            _draw_residuals(draw, detected, fitted)
        _draw_crosses(draw, fitted, longer_px)
    _draw_points(draw, detected, longer_px)


def _draw_limbs(draw: ImageDraw.ImageDraw, detected: Float[Array, "137 3"], longer_px: int) -> None:
    width = max(1, round(longer_px * _LIMB_WIDTH))
    for first, second in LIMBS:
        if detected[first, 2] > 0 and detected[second, 2] > 0:
            line = [*detected[first, :2].tolist(), *detected[second, :2].tolist()]
            side = SIDES[second] if SIDES[first] == "centre" else SIDES[first]
            draw.line(line, fill=_SIDE_COLOURS[side], width=width if first < BODY.stop else 1)


def _draw_residuals(
    draw: ImageDraw.ImageDraw, detected: Float[Array, "137 3"], fitted: Float[Array, "137 2"]
) -> None:
    for point, pixel in zip(detected, fitted, strict=True):
        if point[2] > 0 and np.all(np.isfinite(pixel)):
            draw.line([*point[:2].tolist(), *pixel.tolist()], fill=_RESIDUAL_COLOUR, width=1)


def _draw_crosses(draw: ImageDraw.ImageDraw, fitted: Float[Array, "137 2"], longer_px: int) -> None:
    for index, (x, y) in enumerate(fitted.tolist()):
        if np.isfinite(x) and np.isfinite(y):
            arm = max(1.5, longer_px * (_POINT_RADIUS if index < BODY.stop else _FINE_POINT_RADIUS))
            draw.line([x - arm, y, x + arm, y], fill=_FITTED_COLOUR, width=1)
            draw.line([x, y - arm, x, y + arm], fill=_FITTED_COLOUR, width=1)


def _draw_points(draw: ImageDraw.ImageDraw, detected: Float[Array, "P 3"], longer_px: int) -> None:
    for index, (x, y, confidence) in enumerate(detected.tolist()):
        if confidence > 0:
            is_body = index < BODY.stop
            radius = max(1.0, longer_px * (_POINT_RADIUS if is_body else _FINE_POINT_RADIUS))
            box = [x - radius, y - radius, x + radius, y + radius]
            draw.ellipse(box, fill=_SIDE_COLOURS[SIDES[index]], outline=_SHADOW_COLOUR if is_body else None)
