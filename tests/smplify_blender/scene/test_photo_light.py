"""The light of a photo, found again from surfaces that a known sun and sky have lit."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.scene.looks.photo_light import LUMINANCE, SeenSurface, estimate_light

CAMERA_BACK = np.array([0.0, -1.0, 0.0])
GREY = np.full(3, 0.3)
ALBEDOS = np.array([0.45, 0.05, 0.2, 0.7])  # of skin, dark trousers, a coat, a white shirt
SUNS = {
    "over the left shoulder": (-0.5, -0.6, 0.62),
    "over the right shoulder": (0.6, -0.4, 0.7),
    "from the side": (0.9, -0.1, 0.43),
    "from above": (0.05, -0.05, 0.99),
}


def lit(towards: tuple[float, ...], sun: float, sky: float) -> SeenSurface:
    """Points all around, those that face the camera, as a sun and an even sky light them; a tenth of them printed over."""
    chance = np.random.default_rng(4)
    normals = chance.normal(size=(4000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals[normals @ CAMERA_BACK > 0.2]
    parts = chance.integers(len(ALBEDOS), size=len(normals))
    direction = np.array(towards) / np.linalg.norm(towards)
    bright = ALBEDOS[parts] * (sky + sun * np.maximum(normals @ direction, 0.0))
    bright[chance.random(len(bright)) < 0.1] *= 0.3
    return SeenSurface(np.repeat(bright[:, None], 3, axis=1), normals, parts.astype(str))


@pytest.mark.parametrize("towards", SUNS.values(), ids=SUNS)
def test_a_sun_is_found_again(towards: tuple[float, ...]) -> None:
    found = estimate_light(lit(towards, 0.8, 0.4), GREY, CAMERA_BACK)
    angle = np.degrees(np.arccos(found.towards @ np.array(towards) / np.linalg.norm(towards)))
    assert angle < 25.0
    assert 1.0 < found.sun / found.sky < 4.0


def test_a_sun_from_behind_is_behind() -> None:
    found = estimate_light(lit((-0.3, 0.75, 0.6), 0.8, 0.4), GREY, CAMERA_BACK)
    assert found.towards @ CAMERA_BACK < 0.0


def test_the_brightness_is_the_light_s_own() -> None:
    dark, bright = (
        estimate_light(lit((0, -1, 1), sun, sun / 2), GREY * sun, CAMERA_BACK) for sun in (0.5, 1.0)
    )
    assert bright.sun / dark.sun == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("heading", [0.0, 1.0, 3.0])
def test_without_anything_seen_the_light_comes_from_the_camera_s_side(heading: float) -> None:
    back = np.array([np.cos(heading), np.sin(heading), 0.1])
    nothing = SeenSurface(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, dtype=str))
    found = estimate_light(nothing, np.zeros(3), back)
    assert found.towards[:2] @ back[:2] > 0.3 and found.towards[2] > 0.5
    assert min(found.sun, found.sky) > 0.0


def test_the_colour_of_the_light_is_half_the_photo_s() -> None:
    found = estimate_light(lit((0, -1, 1), 0.8, 0.4), np.array([0.4, 0.3, 0.2]), CAMERA_BACK)
    assert found.colour @ LUMINANCE == pytest.approx(1.0)
    assert found.colour[0] > 1.0 > found.colour[2]
