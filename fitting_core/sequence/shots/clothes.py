"""The colours of a person's clothes in a picture, by regions of the body that hold whichever side is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25

from ..frames.clip import Picture

if TYPE_CHECKING:
    from jaxtyping import Float

    Clothes = Float[NumpyArray, "regions 3"]
else:
    Clothes = NumpyArray


REGIONS = ("upper trunk", "lower trunk", "thighs", "shins", "upper arms")
_SHARES = np.linspace(0.25, 0.75, 5)  # along and across a region, away from its edges
_LIMBS = {"thighs": ("hip", "knee"), "shins": ("knee", "ankle"), "upper arms": ("shoulder", "elbow")}


def clothes_of(picture: Picture, person: Keypoints2D, scale: float) -> Clothes:
    """Return brightness and two colour differences of every region, grey levels; NaN where it is not seen.

    `scale` are the picture's pixels to one of the keypoints'.
    """
    body = person.body
    places = [
        _trunk(body, 0.0, 0.5),
        _trunk(body, 0.5, 1.0),
        *(_limbs(body, *_LIMBS[name]) for name in REGIONS[2:]),
    ]
    return np.array([_mean_colour(picture, points * scale) for points in places])


def _point(body: Float[NumpyArray, "25 3"], name: str) -> Float[NumpyArray, "2"] | None:
    point = body[BODY_25.index(name)]
    return point[:2] if point[2] >= CONFIDENT else None


def _trunk(body: Float[NumpyArray, "25 3"], top: float, bottom: float) -> Float[NumpyArray, "points 2"]:
    """Return points of the trunk from a share of its height to another."""
    names = ("right_shoulder", "left_shoulder", "right_hip", "left_hip")
    corners = [_point(body, name) for name in names]
    known = [corner for corner in corners if corner is not None]
    if len(known) < len(corners):
        return np.zeros((0, 2))
    across, down = np.meshgrid(_SHARES, top + (bottom - top) * _SHARES)
    right = known[0] + down[..., None] * (known[2] - known[0])
    left = known[1] + down[..., None] * (known[3] - known[1])
    return (right + across[..., None] * (left - right)).reshape(-1, 2)


def _limbs(body: Float[NumpyArray, "25 3"], upper: str, lower: str) -> Float[NumpyArray, "points 2"]:
    """Return points along both sides' limbs between two joints."""
    found: list[NumpyArray] = []
    for side in ("right", "left"):
        ends = [_point(body, f"{side}_{name}") for name in (upper, lower)]
        if ends[0] is not None and ends[1] is not None:
            found.append(ends[0] + _SHARES[:, None] * (ends[1] - ends[0]))
    return np.concatenate(found) if found else np.zeros((0, 2))


def _mean_colour(picture: Picture, points: Float[NumpyArray, "points 2"]) -> Float[NumpyArray, "3"]:
    rows, columns = picture.shape[:2]
    pixels = np.floor(points).astype(int)
    inside = ((pixels >= 0) & (pixels < [columns, rows])).all(axis=1)
    if inside.sum() < len(_SHARES):
        return np.full(3, np.nan)
    red, green, blue = np.median(picture[pixels[inside, 1], pixels[inside, 0]].astype(float), axis=0)
    return np.array([(red + green + blue) / 3.0, red - green, 0.5 * (red + green) - blue])


def typical_clothes(seen: Sequence[Clothes]) -> tuple[Clothes, Float[NumpyArray, " regions"]]:
    """Return the median colours of many frames, and how far each region's colours lie from them; NaN where never seen."""
    stacked = np.stack(seen)
    middle, spread = np.full(stacked.shape[1:], np.nan), np.full(stacked.shape[1], np.nan)
    for region in range(stacked.shape[1]):
        known = stacked[~np.isnan(stacked[:, region, 0]), region]
        if len(known):
            middle[region] = np.median(known, axis=0)
            spread[region] = np.median(np.linalg.norm(known - middle[region], axis=1))
    return middle, spread
