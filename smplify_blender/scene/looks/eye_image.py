# pyright: basic
"""The picture of an eye, white, iris and pupil, as an image that is packed into the file."""

from __future__ import annotations

from typing import Any, cast

import bpy
import numpy as np

from ...result.rotations import Array
from ..created import Created
from ..figure.material import MARK

NAME = "SMPLify eye"
EYE = True  # the value of the mark on its image
SIDE_PX = 256
HALF_SIDE_IRISES = 2.0  # half the picture's side in radii of the iris
PUPIL_SHARE = 0.4  # of the iris's radius: indoors
EDGE = 0.05  # of the iris's radius, over which colours change
# sRGB, as the file holds them
WHITE, IRIS_DARK, IRIS_LIGHT = (0.93, 0.91, 0.89), (0.16, 0.10, 0.06), (0.46, 0.31, 0.17)
PUPIL = (0.02, 0.02, 0.02)


def eye_image(created: Created) -> bpy.types.Image:
    """Return the file's picture of an eye; made by the first figure. Its middle is the pupil's."""
    for image in bpy.data.images:
        if image.get(MARK) == EYE and image.library is None and image.packed_file is not None:
            return image
    image = created.add(bpy.data.images.new(NAME, SIDE_PX, SIDE_PX))
    pixels = np.ones((SIDE_PX, SIDE_PX, 4), dtype=np.float32)
    pixels[..., :3] = eye_pixels()
    cast("Any", image.pixels).foreach_set(pixels.ravel())
    image.pack()
    image.filepath_raw = f"//{NAME}.png"  # exporters call it so; the pixels are packed
    image[MARK] = EYE
    return image


def eye_pixels() -> Array:
    """Return the picture (side, side, 3): rings about its middle, and rays in the iris."""
    across = (
        np.arange(SIDE_PX) + 0.5
    ) / SIDE_PX * 2.0 * HALF_SIDE_IRISES - HALF_SIDE_IRISES  # in radii of the iris
    x, y = np.meshgrid(across, across)
    radius, turn = np.hypot(x, y), np.arctan2(y, x)
    rays = 0.5 + 0.28 * np.sin(23.0 * turn + 2.0 * np.sin(5.0 * turn)) + 0.22 * np.sin(41.0 * turn + 1.0)
    iris = _mixed(IRIS_LIGHT, IRIS_DARK, np.clip(rays * 0.6 + 0.8 * (radius - PUPIL_SHARE), 0.0, 1.0))
    iris = _mixed(iris, IRIS_DARK, _step(radius, 0.9, 4.0))  # the dark ring at the border
    return _mixed(_mixed(PUPIL, iris, _step(radius, PUPIL_SHARE, 1.0)), WHITE, _step(radius, 1.0, 1.0))


def _step(radius: Array, at: float, softness: float) -> Array:
    share: Array = np.clip((radius - at) / (EDGE * softness) + 0.5, 0.0, 1.0)
    return share


def _mixed(first: Any, second: Any, share: Array) -> Array:
    mixed: Array = np.asarray(first) * (1.0 - share[..., None]) + np.asarray(second) * share[..., None]
    return mixed
