"""The small picture views.jpg: the figures over the photo, and beside it the same figures from the picture's left.

Before a camera that looks down, somebody who stands leans towards it. So the side view is turned until the weight of people who
stand lies over their feet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.photo.encoding import jpeg_bytes
from fitting_core.photo.header import PhotoHeader
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh
from fitting_core.photo.overlay import TINTS, Figure, draw_figures
from fitting_core.photo.pixels import photo_pixels

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

HEIGHT_PX = 240
MOST_WIDTH_PX = 360  # of the photo's part
_SIDE_WIDTH_PX = 160
_BACKGROUND = 236
_MARGIN = 0.06  # of the side view, on each side
_FAR = 12.0  # times the figures' size: from there the view is almost parallel
_JPEG_QUALITY = 82
_MOST_FIGURES = 32  # of a crowd
_PITCH_ROUNDS = 6
_FEET_SHARE = 0.06  # of the height, from the floor up
_MOST_PITCH = np.radians(65.0)
_STANDING = 1.9  # height over depth: of somebody who walks 2.1, of somebody on a chair 1.5


def views_jpg(
    photo_path: Path,
    header: PhotoHeader,
    figures: Iterable[Figure],
    camera: PinholeCamera,
    copy: Path | None = None,
) -> bytes:
    """Draw both views and return a JPEG file; `copy` as in `photo_pixels`. Raises PhotoError where the photo cannot be read."""
    width, height = header.size
    factor = min(HEIGHT_PX / height, MOST_WIDTH_PX / width)
    photo = photo_pixels(photo_path, header, max(1, round(factor * max(header.size))), copy)
    bare = [Figure(figure.vertices, figure.triangles) for figure in islice(figures, _MOST_FIGURES)]
    front = draw_figures(photo, header.size, bare, camera)
    return beside_side_view(front, bare)


def beside_side_view(front: UInt8[NumpyArray, "height width 3"], figures: Sequence[Figure]) -> bytes:
    """Draw the figures from the side, right of a picture that is no higher than HEIGHT_PX; return both as a JPEG file."""
    height, width = front.shape[:2]
    both = np.full((HEIGHT_PX, width + _SIDE_WIDTH_PX, 3), _BACKGROUND, dtype=np.uint8)
    top = (HEIGHT_PX - height) // 2
    both[top : top + height, :width] = front
    both[:, width:] = side_view(figures, (_SIDE_WIDTH_PX, HEIGHT_PX))
    return jpeg_bytes(both, _JPEG_QUALITY)


def side_view(figures: Sequence[Figure], size: tuple[int, int]) -> NumpyArray:
    """Draw the figures as seen from the picture's left, level where somebody stands: (height, width, 3) of bytes."""
    width, height = size
    picture = np.full((height, width, 3), _BACKGROUND, dtype=np.uint8)
    pitches = [pitch for figure in figures if (pitch := pitch_of_standing(figure)) is not None]
    level = matrix_from_vector(np.array([float(np.median(pitches)) if pitches else 0.0, 0.0, 0.0]))
    turned = [_from_the_left(figure.vertices @ level.T) for figure in figures]
    every = np.concatenate(turned)
    sound = every[np.isfinite(every).all(axis=1)]
    if not len(sound):
        return picture
    low, high = sound.min(axis=0), sound.max(axis=0)
    extent = float((high - low).max())
    centre = (low + high) / 2 - [0.0, 0.0, _FAR * extent]
    room = 1.0 - 2.0 * _MARGIN
    scale = room * min(width / max(high[0] - low[0], 1e-6), height / max(high[1] - low[1], 1e-6))
    camera = PinholeCamera(scale * (_FAR - 0.5) * extent, np.array([width, height]) / 2)
    depth = np.full((height, width), np.inf, dtype=np.float32)
    for number, (figure, vertices) in enumerate(zip(figures, turned, strict=True)):
        mesh = draw_mesh(vertices - centre, figure.triangles, camera, size, TINTS[number % len(TINTS)])
        nearer = mesh.depth < depth
        picture[nearer], depth[nearer] = mesh.rgb[nearer], mesh.depth[nearer]
    return picture


def pitch_of_standing(figure: Figure) -> float | None:
    """Return the turn about the camera's x axis, in radians, that puts a figure's weight over its feet.

    None for a figure that does not stand, or that has vertices that are not finite.
    """
    vertices = np.asarray(figure.vertices, dtype=np.float64)
    corners = vertices[figure.triangles]
    if not np.isfinite(corners).all():
        return None
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = areas @ corners.mean(axis=1) / max(float(areas.sum()), 1e-12)
    pitch = 0.0
    for _ in range(_PITCH_ROUNDS):  # what is lowest depends on what is down
        level = matrix_from_vector(np.array([pitch, 0.0, 0.0]))
        down, ahead = vertices @ level[1], vertices @ level[2]
        soles = ahead[down > down.max() - _FEET_SHARE * np.ptp(down)]
        off = float(level[2] @ weight) - (soles.min() + soles.max()) / 2
        pitch += float(np.arctan2(off, down.max() - level[1] @ weight))
    extent = np.ptp(vertices @ matrix_from_vector(np.array([pitch, 0.0, 0.0])).T, axis=0)
    stands = abs(pitch) < _MOST_PITCH and extent[1] > _STANDING * extent[2]
    return pitch if stands else None


def _from_the_left(vertices: Float[NumpyArray, "V 3"]) -> Float[NumpyArray, "V 3"]:
    """Turn points into the frame of a camera that looks from the picture's left: x′ = −z, y′ = y, z′ = x."""
    return np.stack([vertices[:, 2], vertices[:, 1], vertices[:, 0]], axis=1) * [-1.0, 1.0, 1.0]
