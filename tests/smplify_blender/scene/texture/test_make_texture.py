"""The texture of a tube with a shirt and trousers: what a photo shows lies where it belongs, and the rest is filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.colours import linear_from_srgb, srgb_from_linear
from smplify_blender.result.photo_projection import PhotoProjection, projection_from_clip
from smplify_blender.scene.texture.make import make_texture, together
from smplify_blender.scene.texture.seen import SeenTexels, TexturePhoto
from smplify_blender.scene.texture.values import PosedSurface, TextureChoices, TexturedSurface

SIDE = 128
AROUND, UP = 48, 40  # of the tube's grid of vertices
WIDTH, HEIGHT = 300, 400  # of the photo, px
FOCAL_PX, DISTANCE, RADIUS = 500.0, 3.0, 0.25
HALF_PX = FOCAL_PX * RADIUS / np.sqrt(DISTANCE**2 - RADIUS**2)  # of the tube's width in the photo
SHIRT, TROUSERS, BACKGROUND, CURTAIN = (0.8, 0.2, 0.2), (0.1, 0.2, 0.6), (0.3, 0.8, 0.3), (0.9, 0.9, 0.1)
CHOICES = TextureChoices(SIDE, divides_light=False)


def tube(turned: float = 0.0) -> tuple[TexturedSurface, PosedSurface]:
    """A tube about z, two metres high, whose UVs are the turn about it, 0.5 in front, and the height; it is turned about z."""
    column, row = np.meshgrid(np.arange(AROUND), np.arange(UP + 1))
    angle = 2 * np.pi * column.ravel() / AROUND - 1.5 * np.pi
    height = 2.0 * row.ravel() / UP - 1.0
    normals = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(angle.size)])
    rest = RADIUS * normals + np.column_stack([np.zeros((angle.size, 2)), height])
    left, low = (values.ravel() for values in np.meshgrid(np.arange(AROUND), np.arange(UP)))
    quads = np.array([(left, low), (left + 1, low), (left + 1, low + 1), (left, low + 1)]).transpose(2, 0, 1)
    corners = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])  # column and row (T, 3, 2)
    uv = corners / np.array([AROUND, UP])
    triangles = corners[..., 1] * AROUND + corners[..., 0] % AROUND
    other_side = (row * AROUND + (AROUND - column) % AROUND).ravel()
    along = np.tile([0.0, 0.0, 1.0], (len(rest), 1))
    takes = np.ones(len(triangles), dtype=bool)
    surface = TexturedSurface(triangles, uv, uv * (-1, 1) + (1, 0), other_side, takes, rest, along)
    turn = np.array([[np.cos(turned), -np.sin(turned), 0], [np.sin(turned), np.cos(turned), 0], [0, 0, 1.0]])
    points = rest @ turn.T
    return surface, PosedSurface(
        points, normals @ turn.T, points[triangles], np.ones(len(points), dtype=bool)
    )


def camera() -> PhotoProjection:
    """A camera on −y that looks along +y, level."""
    clip = np.diag([2 * FOCAL_PX / WIDTH, 2 * FOCAL_PX / HEIGHT, -1.0, 0.0])
    clip[2, 3], clip[3, 2] = -0.2, -1.0
    place = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, -DISTANCE], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])
    return projection_from_clip(clip, place, (WIDTH, HEIGHT))


def photo(posed: PosedSurface, shifted_px: float = 0.0, **changes: Any) -> TexturePhoto:
    """A photo of the tube before a green wall, with the tube elsewhere than its mesh."""
    columns, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    picture = np.where((rows < HEIGHT / 2)[..., None], SHIRT, TROUSERS)
    picture[np.abs(columns - WIDTH / 2 - shifted_px) > HALF_PX] = BACKGROUND
    return TexturePhoto(picture, camera(), posed, **changes)


def texels(picture: np.ndarray, turns: tuple[float, float], heights: tuple[float, float]) -> np.ndarray:
    """The colours (N, 3) of a part of the texture."""
    columns, rows = (slice(*(round(end * SIDE) for end in ends)) for ends in (turns, heights))
    return picture[rows, columns].reshape(-1, 3)


def apart(colours: np.ndarray, colour: tuple[float, ...]) -> np.ndarray:
    """How far each is from a colour."""
    return np.linalg.norm(colours - np.array(colour), axis=1)


PLACES = {
    "before the camera": (0.4, 0.6),
    "aside": (0.25, 0.3),
    "behind": (0.02, 0.2),
    "behind on the other side": (0.8, 0.98),
}


@pytest.mark.parametrize("turns", PLACES.values(), ids=PLACES)
def test_shirt_and_trousers_go_all_around(turns: tuple[float, float]) -> None:
    surface, posed = tube()
    picture, shown = make_texture(surface, [photo(posed)], CHOICES)
    assert apart(texels(picture, turns, (0.65, 0.9)), SHIRT).max() < 0.05
    assert apart(texels(picture, turns, (0.1, 0.35)), TROUSERS).max() < 0.05
    assert 0.2 < shown < 0.5


@pytest.mark.parametrize("shifted_px", [-8.0, -3.0, 3.0, 8.0])
def test_a_body_that_lies_beside_the_person_takes_no_background(shifted_px: float) -> None:
    surface, posed = tube()
    picture, _ = make_texture(surface, [photo(posed, shifted_px)], CHOICES)
    assert apart(picture.reshape(-1, 3), BACKGROUND).min() > 0.4


def test_what_stands_before_the_body_is_not_laid_on_it() -> None:
    surface, posed = tube()
    square = np.array([[-0.6, -1.0, -1.2], [0.6, -1.0, -1.2], [0.6, -1.0, -0.4], [-0.6, -1.0, -0.4]])
    curtain = square[[[0, 1, 2], [0, 2, 3]]]
    pixels, _ = camera().project(square)
    seen = photo(replace(posed, hiding=np.concatenate([posed.hiding, curtain])))
    seen.colours[round(pixels[2, 1]) :] = CURTAIN
    picture, _ = make_texture(surface, [seen], CHOICES)
    assert apart(picture.reshape(-1, 3), CURTAIN).min() > 0.5
    assert apart(texels(picture, (0.3, 0.7), (0.05, 0.25)), TROUSERS).max() < 0.05


@pytest.mark.parametrize("mirrors", [True, False])
def test_a_mark_on_one_side_is_mirrored_where_that_is_wanted(mirrors: bool) -> None:
    turned = np.radians(70.0)
    surface, posed = tube(turned)
    seen = photo(posed)
    seen.colours[80:120, WIDTH // 2 - 10 : WIDTH // 2 + 10] = 0.0
    picture, _ = make_texture(surface, [seen], replace(CHOICES, mirrors=mirrors))
    there = 0.5 - 70.0 / 360.0
    height = 0.5 + (HEIGHT / 2 - 100) * (DISTANCE - RADIUS) / FOCAL_PX / 2.0
    mark, twin = (
        texels(picture, (turn - 0.02, turn + 0.02), (height - 0.02, height + 0.02)).mean()
        for turn in (there, 1.0 - there)
    )
    assert mark < 0.05
    assert (twin < 0.1) == mirrors


def test_photos_from_two_sides_add_up() -> None:
    surface, front = tube()
    _, back = tube(np.pi)
    other = photo(back)
    other.colours[: HEIGHT // 2, 140:160] = 0.95  # a stripe on the back
    alone, shown_by_one = make_texture(surface, [photo(front)], CHOICES)
    both, shown_by_two = make_texture(surface, [photo(front), other], CHOICES)
    assert shown_by_two == pytest.approx(2 * shown_by_one, rel=0.02)
    assert texels(both, (0.0, 0.02), (0.6, 0.9)).min() > 0.8
    np.testing.assert_allclose(*(texels(one, (0.4, 0.6), (0.0, 1.0)) for one in (alone, both)), atol=0.01)


def test_the_light_is_divided_out() -> None:
    """A surface that is twice as bright on its right has one colour."""

    def shade(normals: np.ndarray) -> np.ndarray:
        return np.where(normals[:, :1] > 0, 1.0, 0.5) * np.ones(3)

    surface, posed = tube()
    lit = photo(posed, shade=shade)
    lit.colours[:, : WIDTH // 2] = srgb_from_linear(0.5 * linear_from_srgb(lit.colours[:, : WIDTH // 2]))
    picture, _ = make_texture(surface, [lit], replace(CHOICES, divides_light=True))
    for turns in ((0.4, 0.47), (0.53, 0.6)):
        assert apart(texels(picture, turns, (0.56, 0.94)), SHIRT).max() < 0.03


def test_a_photo_that_misses_the_body_shows_nothing_of_it() -> None:
    surface, posed = tube()
    aside = np.array([50.0, 0.0, 0.0])
    away = replace(posed, points=posed.points + aside, hiding=posed.hiding + aside)
    picture, shown = make_texture(surface, [photo(away)], CHOICES)
    assert shown == 0.0
    assert np.isfinite(picture).all() and np.ptp(picture) < 1e-5


def test_faces_with_a_material_of_their_own_give_and_take_nothing() -> None:
    surface, posed = tube()
    heights = surface.uv[..., 1].mean(axis=1)
    keeps_shirt = replace(surface, takes_photo=heights < 0.5)
    picture, _ = make_texture(keeps_shirt, [photo(posed)], CHOICES)
    assert apart(texels(picture, (0.0, 1.0), (0.7, 1.0)), SHIRT).min() > 0.3


def test_a_limb_that_is_elsewhere_in_the_photo_takes_nothing_from_it() -> None:
    surface, posed = tube()
    seen = photo(replace(posed, is_right=posed.points[:, 2] < 0.0))
    picture, _ = make_texture(surface, [seen], CHOICES)
    assert apart(texels(picture, (0.0, 1.0), (0.7, 1.0)), SHIRT).min() > 0.3
    assert apart(texels(picture, (0.4, 0.6), (0.1, 0.35)), TROUSERS).max() < 0.05


def even(colour: float, trust: float) -> SeenTexels:
    return SeenTexels(np.full((5000, 3), colour), np.full(5000, trust))


# colours and trusts of two photos, and the colour that comes of them
PAIRS: dict[str, tuple[SeenTexels, SeenTexels, float]] = {
    "the second is darker all over": (even(0.6, 1.0), even(0.3, 1.0), 0.6),
    "the second shows nothing": (even(0.6, 1.0), even(0.3, 0.0), 0.6),
    "the first shows nothing": (even(0.6, 0.0), even(0.3, 1.0), 0.3),
}


@pytest.mark.parametrize(("first", "second", "wanted"), PAIRS.values(), ids=PAIRS)
def test_the_first_photo_s_brightness_counts(first: SeenTexels, second: SeenTexels, wanted: float) -> None:
    found = together([first, second])
    np.testing.assert_allclose(found.colours, wanted)
    np.testing.assert_allclose(found.trust, 1.0)


FOUR: dict[str, Callable[[np.ndarray], np.ndarray]] = {"there and back": lambda v: srgb_from_linear(linear_from_srgb(v)),
        "back and there": lambda v: linear_from_srgb(srgb_from_linear(v))}  # fmt: skip


@pytest.mark.parametrize("turn", FOUR.values(), ids=FOUR)
def test_light_and_srgb_are_each_other_s_inverse(turn: Callable[[np.ndarray], np.ndarray]) -> None:
    values = np.linspace(0.0, 1.0, 101)
    np.testing.assert_allclose(turn(values), values, atol=1e-6)
    assert linear_from_srgb(0.5) == pytest.approx(0.2140, abs=1e-4)
