"""The light of a photo, roughly, from the brightness of a figure's surface in it.

A surface of albedo a under an even sky and one sun is as bright as a · B · (1 + d · n), to the first order in its normal n
(Ramamoorthi and Hanrahan, "On the relationship between radiance and irradiance", 2001): a sun in direction l that is s times as
strong as the sky has d = s / 2 / (1 + s / 4) · l. Each part of the body has an albedo of its own; d is one for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...result.rotations import Array

Names = np.ndarray[Any, np.dtype[np.str_]]
LUMINANCE: Array = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB
USUAL_TURN: Array = np.array(
    [-0.25, -0.35, 0.6]
)  # d of a photo that tells nothing: light from above, over the shoulder
USUAL_WEIGHT = 0.02  # of that against the mean of the surface's own
ROUNDS = 20
LARGEST_TURN = 1.2  # of d; 2 would be a sun without any sky
LEAST_ELEVATION = np.radians(20.0)  # a lower sun is rarer than an error of the estimate
STRENGTHS = (0.3, 4.0)  # of the sun over the sky
TYPICAL_ALBEDO = 0.35  # skin and clothes in the middle
TYPICAL_MEAN = 0.3  # luminance of a well exposed photo as a whole, in light of brightness 1
BRIGHTNESSES = (0.25, 1.6)
USABLE = (0.004, 0.95)  # luminance of a pixel that is neither black nor burnt out
FEWEST_POINTS = 50
PHOTO_TINT = 0.5  # of the photo's mean colour in the light; the other half is white


@dataclass(frozen=True)
class PhotoLight:
    """One sun and an even sky.

    `towards` (3,) is the unit vector to the sun in the world. `sun` and `sky` are the luminances of a white surface that faces
    the sun, and of one under the sky alone. `colour` (3,) is that of the light, linear, of luminance 1.
    """

    towards: Array
    sun: float
    sky: float
    colour: Array


@dataclass(frozen=True)
class SeenSurface:
    """Points of figures that a photo shows: linear colours (N, 3), unit normals (N, 3) in the world, parts of the body (N,)."""

    colours: Array
    normals: Array
    parts: Names


def estimate_light(seen: SeenSurface, mean_colour: Array, camera_back: Array) -> PhotoLight:
    """Estimate the light from what is seen of the figures.

    `mean_colour` (3,) is the photo's, linear; `camera_back` (3,) the world's direction from the people to the camera, from whose
    side the light is taken to come where the photo tells nothing.
    """
    luminance = seen.colours @ LUMINANCE
    kept = (luminance > USABLE[0]) & (luminance < USABLE[1])
    turn, person = _usual_turn(camera_back), 1.0
    if kept.sum() >= FEWEST_POINTS:
        turn, person = _fitted(luminance[kept], seen.normals[kept], seen.parts[kept], turn)
    # dark clothes and a dark room look alike: what the people say and what the whole photo says count the same
    brightness = float(np.clip(np.sqrt(person * (mean_colour @ LUMINANCE) / TYPICAL_MEAN), *BRIGHTNESSES))
    size = float(np.linalg.norm(turn))
    strength = float(np.clip(size / (0.5 - 0.25 * size), *STRENGTHS))
    sky = brightness / (1.0 + strength / 4.0)
    return PhotoLight(_raised(turn / size), strength * sky, sky, _tint(mean_colour))


def _usual_turn(camera_back: Array) -> Array:
    """Turn the usual light about the vertical so that it comes from the camera's side."""
    heading = np.arctan2(camera_back[1], camera_back[0]) + np.pi / 2  # 0 for a camera on −y
    sine, cosine = np.sin(heading), np.cos(heading)
    turned: Array = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]) @ USUAL_TURN
    return turned


def _fitted(luminance: Array, normals: Array, parts: Names, usual: Array) -> tuple[Array, float]:
    """Return d (3,), and B for the typical albedo: least squares in turn over d and the parts' brightness."""
    _, part = np.unique(parts, return_inverse=True)
    counts = np.bincount(part)
    bright = np.bincount(part, luminance) / counts
    turn = usual
    for _ in range(ROUNDS):
        relative = luminance / bright[part] - 1.0
        weights = 1.0 / (
            1.0 + (relative - normals @ turn) ** 2 * 4.0
        )  # prints, hair and background count less
        matrix = (normals * weights[:, None]).T @ normals / len(normals) + USUAL_WEIGHT * np.eye(3)
        right = (normals * weights[:, None]).T @ relative / len(normals) + USUAL_WEIGHT * usual
        turn = np.linalg.solve(matrix, right)
        turn = turn * min(1.0, LARGEST_TURN / max(float(np.linalg.norm(turn)), 1e-9))
        shade = np.maximum(1.0 + normals @ turn, 0.1)
        bright = np.bincount(part, weights * luminance * shade) / np.bincount(part, weights * shade**2)
    return turn, float(np.average(bright, weights=counts)) / TYPICAL_ALBEDO


def _raised(towards: Array) -> Array:
    """Return a direction at least as high over the horizon as suns are taken to be."""
    flat = np.array([towards[0], towards[1], 0.0])
    length = float(np.linalg.norm(flat))
    if towards[2] >= np.sin(LEAST_ELEVATION) or length == 0.0:
        return towards
    raised: Array = flat / length * np.cos(LEAST_ELEVATION)
    raised[2] = np.sin(LEAST_ELEVATION)
    return raised


def _tint(mean_colour: Array) -> Array:
    luminance = float(mean_colour @ LUMINANCE)
    tint: Array = np.ones(3)
    if luminance > 0.0:
        tint = (1.0 - PHOTO_TINT) * tint + PHOTO_TINT * mean_colour / luminance
    return tint
