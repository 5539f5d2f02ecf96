"""Standing on a floor: the scale about the camera that brings the lower vertices onto it, or the reason why none is taken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from smplify_blender.result.standing import (
    KEEPS,
    BodyHeights,
    FloorHits,
    LowerRays,
    camera_height,
    ground_hits,
    is_floor_from_above,
    left_where_photo_says,
    lower_rays,
    standing_among_others,
    standing_on,
)

# A stick of a person 4 m before a camera: soles 1.5 m below its axis, crown 0.2 m above.
STICK = np.column_stack([np.zeros(18), np.linspace(1.5, -0.2, 18), np.full(18, 4.0)])
HEIGHT = BodyHeights(1.7)
LEVEL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # camera frame → z up, looks along +Y


def world(height: float) -> np.ndarray:
    placed = np.eye(4)
    placed[:3, :3], placed[2, 3] = LEVEL, height
    return placed


def test_only_the_lower_part_bears() -> None:
    rays = lower_rays(STICK, world(1.5))
    assert len(rays.directions) == 3 and rays.soles.tolist() == [True, False, False]
    np.testing.assert_allclose(rays.directions[0], (0.0, 4.0, -1.5))


STANDS = {
    "as the fit says": (1.5, 1.0, 1.7, 1.0),
    "farther and taller": (1.65, 1.0, 1.87, 1.1),
    "nearer, a child": (0.9, 1.0, 1.02, 0.6),
    "a scene in centimetres": (165.0, 100.0, 1.87, 110.0),
    "a scene in kilometres": (0.0015, 0.001, 1.7, 0.001),
}


@pytest.mark.parametrize(("camera_height", "units", "metres", "scale"), STANDS.values(), ids=STANDS)
def test_known_answers_on_the_ground(camera_height: float, units: float, metres: float, scale: float) -> None:
    rays = lower_rays(STICK, world(camera_height))
    found = standing_on("the ground", rays, ground_hits(rays), HEIGHT, units)
    assert found.stands and found.scale == pytest.approx(scale, rel=1e-12)
    assert f"{metres:.2f} m tall" in found.text
    lowest = rays.origin + found.scale * rays.directions[0]
    assert lowest[2] == pytest.approx(0.0, abs=1e-12 * camera_height)


WORDS = {
    "same size": (1.5, False, False, "Stands on the ground, 1.70 m tall.", ""),
    "a little": (1.55, False, False, "; from the photo alone it would be 1.70 m.", "Check"),
    "much": (1.8, False, True, "Check the scene's scale", ""),
    "height given": (1.55, True, False, "; the height given is 1.70 m.", "photo alone"),
}


@pytest.mark.parametrize(("camera_height", "given", "doubtful", "words", "never"), WORDS.values(), ids=WORDS)
def test_what_is_said(camera_height: float, given: bool, doubtful: bool, words: str, never: str) -> None:
    rays = lower_rays(STICK, world(camera_height))
    found = standing_on("the ground", rays, ground_hits(rays), BodyHeights(1.7, given), 1.0)
    assert words in found.text and found.doubtful == doubtful
    assert not never or never not in found.text


STAYS = {
    "giant": (4.5, 1.0, "5.1 m tall"),
    "dwarf": (0.18, 1.0, "0.20 m tall"),
    "metres taken for centimetres": (1.5, 100.0, "0.02 m tall"),
    "centimetres taken for metres": (150.0, 1.0, "170 m tall"),
    "camera below the ground": (-0.5, 1.0, "is not under the feet"),
    "camera on the ground": (0.0, 1.0, "is not under the feet"),
}


@pytest.mark.parametrize(("camera_height", "units", "words"), STAYS.values(), ids=STAYS)
def test_what_nobody_believes_changes_nothing(camera_height: float, units: float, words: str) -> None:
    rays = lower_rays(STICK, world(camera_height))
    found = standing_on("the ground", rays, ground_hits(rays), HEIGHT, units)
    assert not found.stands and found.scale == units and found.doubtful
    assert words in found.text and found.text.endswith(KEEPS)


def test_a_camera_that_looks_along_the_floor_tells_nothing() -> None:
    """Half a degree would be a fifth of the size: 0.15 m above the floor, 4 m away."""
    low = STICK - np.array([0.0, 1.35, 0.0])
    rays = lower_rays(low, world(0.15))
    found = standing_on("the ground", rays, ground_hits(rays), HEIGHT, 1.0)
    assert not found.stands and "looks along the ground" in found.text


def test_the_first_vertex_to_touch_counts_and_the_soles_have_to_be_over_it() -> None:
    rays = LowerRays(np.zeros(3), np.tile((0.0, 4.0, -1.5), (3, 1)), np.array([True, True, False]))
    sines = np.full(3, 0.35)
    touched = standing_on("it", rays, FloorHits(np.array([1.1, np.inf, 1.05]), sines), HEIGHT, 1.0)
    assert touched.stands and touched.scale == 1.05
    beside = standing_on("it", rays, FloorHits(np.array([np.inf, np.inf, 1.05]), sines), HEIGHT, 1.0)
    assert not beside.stands and "it is not under the feet" in beside.text


DOWN, AWAY, UPWARD = (0.0, 4.0, -1.5), (0.0, 4.0, 0.1), (0.0, 4.0, 1.5)
SURFACES = {
    "floor": (DOWN, (0, 0, 1), True),
    "floor, normal below": (DOWN, (0, 0, -2), True),
    "hill before the camera": (AWAY, (0, -0.5, 0.9), True),
    "gentle back of a hill": (DOWN, (0, 0.2, 0.95), True),
    "back of a hill that hides it": (DOWN, (0, 0.7, 0.7), False),
    "wall": (DOWN, (0, -1, 0), False),
    "steeper than anybody stands": (DOWN, (0, -0.9, 0.45), False),
    "ceiling": (UPWARD, (0, 0, -1), False),
    "floor from below": (UPWARD, (0, 0, 1), False),
}


@pytest.mark.parametrize(("direction", "normal", "wanted"), SURFACES.values(), ids=SURFACES)
def test_what_is_a_floor(direction: tuple[float, ...], normal: tuple[float, ...], wanted: bool) -> None:
    assert is_floor_from_above(np.array(direction), np.array(normal, dtype=np.float64)) is wanted


def test_a_reason_ends_with_what_follows() -> None:
    found = left_where_photo_says("The legs are hidden.", 100.0, doubtful=False)
    assert (found.scale, found.text, found.doubtful) == (100.0, f"The legs are hidden. {KEEPS}", False)


DROPS = {
    "one": ([1.5], 1.5),
    "two within reach": ([1.5, 1.27], math.sqrt(1.5 * 1.27)),
    "one of three jumps": ([1.5, 1.5, 0.9], 1.5),
    "a child on the shoulders": ([1.6, 0.5], 1.6),
    "one above the camera": ([1.4, -0.3], 1.4),
    "all above the camera": ([-0.2, -0.5], -0.2),
}


@pytest.mark.parametrize(("drops", "height"), DROPS.values(), ids=DROPS)
def test_the_floor_of_most_people(drops: list[float], height: float) -> None:
    assert camera_height(np.array(drops)) == pytest.approx(height)


OTHERS = {
    "on it": (1.5, True, True, "", 1.0),
    "a little above": (1.4, True, True, "7 % larger", 1.5 / 1.4),
    "in it": (1.6, True, True, "6 % smaller", 1.5 / 1.6),
    "far above": (1.0, True, False, "50 cm above the photo's floor", 1.0),
    "legs unseen": (
        1.4,
        False,
        False,
        "10 cm above the photo's floor: the photo does not show the legs",
        1.0,
    ),
}


@pytest.mark.parametrize(("drop", "legs", "stands", "words", "scale"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("units", [1.0, 100.0])
def test_people_on_one_floor(
    drop: float, legs: bool, stands: bool, words: str, scale: float, units: float
) -> None:
    """Somebody 3 m away whose feet are `drop` below a camera that is 1.5 m above the floor."""
    rays = LowerRays(np.array([0.0, 0.0, 1.5 * units]), np.array([[0.0, 3.0, -drop]]), np.array([True]))
    standing = standing_among_others(rays, legs, units)
    assert standing.stands == stands and words in standing.text
    assert standing.scale == pytest.approx(scale * units) and standing.doubtful == (not stands)
