"""Turned squares of a picture: what a network is shown, and where its points lie in the picture."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from fitting_core.eyes.regions import (
    Region,
    aligned_region,
    box_region,
    picture_within,
    sample,
    turned,
    whole_picture,
)

PICTURE = np.random.default_rng(3).integers(0, 256, (40, 40, 3), dtype=np.uint8)


def test_a_square_picture_is_shown_as_it_is() -> None:
    assert np.array_equal(sample(PICTURE, whole_picture(PICTURE), 40), PICTURE)


# A quarter turn, clockwise as seen, of the region: its up direction points to the picture's right.
TURNS = {
    "upright": (0.0, 0),
    "lying to the right": (pi / 2, 1),
    "upside down": (pi, 2),
    "lying to the left": (-pi / 2, 3),
}


@pytest.mark.parametrize(("turn", "quarters"), TURNS.values(), ids=TURNS.keys())
def test_a_turned_region_shows_its_content_upright(turn: float, quarters: int) -> None:
    region = Region(20.0, 20.0, 40.0, turn)
    shown = sample(PICTURE, region, 40)
    upright = np.rot90(PICTURE, quarters)
    # samples lie at i / n, so that a turn moves them by one pixel on the far sides
    inside = shown[2:-2, 2:-2]
    candidates = [np.roll(upright, (down, right), (0, 1))[2:-2, 2:-2] for down in (0, 1) for right in (0, 1)]
    assert any(np.array_equal(inside, candidate) for candidate in candidates)


def test_points_go_back_to_where_they_were_sampled() -> None:
    picture = np.zeros((60, 80, 3), dtype=np.uint8)
    picture[31, 47] = 255
    region = Region(40.0, 30.0, 30.0, 0.6)
    shown = sample(picture, region, 120)[:, :, 0]
    rows, columns = np.nonzero(shown)
    weights = shown[rows, columns]
    middle = np.array([np.average(columns, weights=weights), np.average(rows, weights=weights)]) / 120
    assert region.to_picture(middle[None])[0] == pytest.approx((47, 31), abs=0.1)


def test_beyond_the_picture() -> None:
    region = Region(0.0, 20.0, 40.0)
    assert sample(PICTURE, region, 40, fill=7)[:, :19] == pytest.approx(7)
    assert np.array_equal(sample(PICTURE, region, 40)[:, 5], PICTURE[:, 0])


@pytest.mark.parametrize(("left", "right", "middle"), [(0, 1, 1), (1, 2, 2), (2, 3, 3), (7, 4, 6), (4, 5, 5)])
def test_halves_are_rounded_up(left: int, right: int, middle: int) -> None:
    picture = np.repeat(np.array([[left, right]] * 2, dtype=np.uint8)[:, :, None], 3, axis=2)
    assert sample(picture, whole_picture(picture), 4)[0, :, 0].tolist() == [left, middle, right, right]


# What `cv2.warpPerspective` (OpenCV 4.11, linear) makes of a picture of (7 x² + 131 y + 3 x y) mod 256, through the corners of
# `cv2.boxPoints`, as MediaPipe calls it.
OPENCV_REPLICATED = [
    [100, 227, 36, 123, 124, 70, 83, 95],
    [235, 21, 223, 86, 31, 64, 47, 210],
    [185, 121, 108, 95, 155, 107, 49, 157],
    [145, 167, 135, 89, 54, 154, 61, 75],
    [182, 88, 174, 135, 181, 167, 82, 56],
    [171, 167, 219, 194, 126, 50, 110, 194],
    [166, 68, 94, 175, 126, 121, 154, 155],
    [151, 204, 118, 184, 236, 225, 71, 118],
]
OPENCV_BLACK = [[0, 0, 0, 0, 0, *OPENCV_REPLICATED[0][5:]], [0, 0, 0, *OPENCV_REPLICATED[1][3:]],
                [0, 87, *OPENCV_REPLICATED[2][2:]], *OPENCV_REPLICATED[3:]]  # fmt: skip


@pytest.mark.parametrize(
    ("fill", "opencv"),
    [(None, OPENCV_REPLICATED), (0, OPENCV_BLACK)],
    ids=["beyond it its outermost pixels", "beyond it black"],
)
def test_a_turned_region_is_what_opencv_samples(fill: int | None, opencv: list[list[int]]) -> None:
    y, x = np.indices((40, 40))
    picture = np.repeat(((7 * x * x + 131 * y + 3 * x * y) % 256).astype(np.uint8)[:, :, None], 3, axis=2)
    shown = sample(picture, Region(20.25, 12.5, 32.0, 0.5), 8, fill)
    assert shown[:, :, 0].tolist() == opencv


# Width and height of a picture, the region and its turn; left, top, right and bottom of the picture in the region's 256 pixels.
PARTS = {
    "wide": ((400, 100), Region(200.0, 50.0, 400.0), (0, 64, 256, 192)),  # 96 to 160, and half a step
    "tall": ((100, 400), Region(50.0, 200.0, 400.0), (64, 0, 192, 256)),
    "wide, a quarter turned": ((400, 100), Region(200.0, 50.0, 400.0, pi / 2), (64, 0, 192, 256)),
    "square": ((400, 400), Region(200.0, 200.0, 400.0), (0, 0, 256, 256)),
    "its lower right corner": (
        (400, 400),
        Region(400.0, 400.0, 400.0),
        (0, 0, 160, 160),
    ),  # 128, and half a step
    "aslant": ((400, 100), Region(200.0, 50.0, 400.0, pi / 4), (0, 0, 256, 256)),
}


@pytest.mark.parametrize(("size", "region", "part"), PARTS.values(), ids=PARTS.keys())
def test_the_part_of_a_region_that_shows_the_picture(
    size: tuple[int, int], region: Region, part: tuple[int, int, int, int]
) -> None:
    picture = np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    left, top, right, bottom = picture_within(picture, region, 256, 32)
    assert (left, top, right, bottom) == part
    shown = sample(picture, region, 256, fill=0)
    shown[top:bottom, left:right] = 0
    assert not shown.any(), "nothing of the picture lies beyond"


def test_a_body_that_leans_is_shown_upright() -> None:
    hip, reach = np.array([100.0, 200.0]), np.array([160.0, 120.0])
    region = aligned_region(hip, reach)
    assert region.side == pytest.approx(200.0)
    assert region.to_picture(np.array([[0.5, 0.5], [0.5, 0.0]])) == pytest.approx(np.array([hip, reach]))
    below = aligned_region(hip, reach, up=False)
    assert below.to_picture(np.array([[0.5, 1.0]]))[0] == pytest.approx(reach)


def test_a_face_that_is_tilted_is_shown_level() -> None:
    right_eye, left_eye = np.array([10.0, 10.0]), np.array([30.0, 20.0])
    region = box_region(np.array([[0.0, 0.0], [40.0, 30.0]]), right_eye, left_eye)
    assert (region.x, region.y, region.side) == (20.0, 15.0, 40.0)
    level = turned(np.array([left_eye - right_eye]), -region.turn)[0]
    assert level[1] == pytest.approx(0.0, abs=1e-9) and level[0] > 0


def test_a_moved_region_moves_along_its_own_axis() -> None:
    moved = Region(10.0, 10.0, 20.0, pi / 2).scaled(2.0, down=0.1)
    assert (moved.x, moved.y, moved.side) == pytest.approx((8.0, 10.0, 40.0))
