# pyright: basic
"""The plain values that a texture is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...result.result_folder import Array

Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class TexturedSurface:
    """A body's faces: T triangles as vertices (T, 3) with the UVs (T, 3, 2) of their corners, from the picture's lower left.

    `mirrored_uv` (T, 3, 2) are those of the same place on the body's other side, NaN where there is none; `other_side` (V,) is
    the vertex there, −1 for none. `takes_photo` (T,) is False for faces that keep their own material. `rest` (V, 3) are the
    vertices at rest, `along` (V, 3) the unit vectors along the limb or trunk there; zero where there is none, as on the head.
    """

    triangles: Integers
    uv: Array
    mirrored_uv: Array
    other_side: Integers
    takes_photo: Flags
    rest: Array
    along: Array


@dataclass(frozen=True)
class PosedSurface:
    """Vertices (V, 3) and unit normals (V, 3) of the body in the world, as a photo shows it, and what may hide it.

    `hiding` are triangles (K, 3, 3) in the world, the body's own among them. `is_right` (V,) is False for limbs that are not
    where the photo has them.
    """

    points: Array
    normals: Array
    hiding: Array
    is_right: Flags


@dataclass(frozen=True)
class TextureChoices:
    """`side_px` of the square picture; `divides_light` out of the photo's colours; `mirrors` what is seen to where nothing is."""

    side_px: int = 2048
    divides_light: bool = True
    mirrors: bool = True
