"""Canvases of ControlNet's nodes made again by their own rules, and points of a smaller copy of the photo."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import ReadingOptions, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile, Keypoints2D
from fitting_core.keypoints.layouts import COCO_18
from fitting_core.keypoints.picture_size import agreeing_size
from tests.fitting_core.keypoints.documents import SIZE, body, face, hand, person, write

_PHOTOS = [
    (600, 700),
    (1920, 1080),
    (1080, 1920),
    (900, 1200),
    (1000, 750),
    (4032, 3024),
    (333, 500),
    (720, 1280),
]


def _in_photo(size: tuple[int, int]) -> np.ndarray:
    points = body(COCO_18, 1.0)
    points[:, :2] *= np.array(size) / SIZE
    return points


def _padded(side: int) -> int:
    return ceil(side / 64) * 64


def _a1111(size: tuple[int, int], resolution: int) -> tuple[float, tuple[int, int], tuple[int, int]]:
    """Scale, scaled size and canvas of resize_image_with_pad."""
    scale = resolution / min(size)
    scaled = (round(size[0] * scale), round(size[1] * scale))
    return scale, scaled, (_padded(scaled[0]), _padded(scaled[1]))


def _document(points: np.ndarray, canvas: tuple[int, int]) -> dict[str, Any]:
    return {"people": [person(pose=points)], "canvas_width": canvas[0], "canvas_height": canvas[1]}


def _is_right(found: KeypointFile, size: tuple[int, int]) -> None:
    places = [0, 1, 2, 3, 4, 5, 6, 7]  # the same points in COCO_18 and BODY_25
    np.testing.assert_allclose(found.people[0].body[places, :2], _in_photo(size)[places, :2], atol=0.01)
    assert not any("differs" in text for text in found.warnings)


@pytest.mark.parametrize("resolution", [512, 768, 1024])
@pytest.mark.parametrize("units", ["pixels", "0–1"])
@pytest.mark.parametrize("size", _PHOTOS, ids=str)
def test_padded_canvas(tmp_path: Path, size: tuple[int, int], units: str, resolution: int) -> None:
    scale, scaled, canvas = _a1111(size, resolution)
    points = _in_photo(size)
    points[:, :2] *= np.array(scaled) / size if units == "pixels" else np.array(scaled) / size / canvas
    points[:, :2] *= scale * np.array(size) / scaled  # the scale itself, not that of the rounded sides
    found = read_keypoint_file(write(tmp_path, _document(points, canvas)), size)
    _is_right(found, size)


@pytest.mark.parametrize("size", _PHOTOS, ids=str)
def test_pixel_perfect_canvas_is_padded_from_the_photo_itself(tmp_path: Path, size: tuple[int, int]) -> None:
    canvas = (_padded(size[0]), _padded(size[1]))
    if min(size) == min(canvas):
        pytest.skip("the short side is whole: the rule of the resolution says the same")
    found = read_keypoint_file(write(tmp_path, _document(_in_photo(size), canvas)), size)
    assert np.abs(found.people[0].body[:8, :2] - _in_photo(size)[:8, :2]).max() < 0.09 * max(size)
    said = read_keypoint_file(
        write(tmp_path, _document(_in_photo(size), canvas)), size, options=ReadingOptions(points_size=size)
    )
    _is_right(said, size)


def test_units_of_a_padded_picture_whose_canvas_lacks_the_padding(tmp_path: Path) -> None:
    """Older ComfyUI OpenPose nodes: 0–1 of 512 × 640 beside a canvas of 512 × 597."""
    size = (600, 700)
    scale, scaled, padded = _a1111(size, 512)
    points = _in_photo(size)
    points[:, :2] *= scale / np.array(padded)
    found = read_keypoint_file(write(tmp_path, _document(points, scaled)), size)
    _is_right(found, size)
    assert "512 × 640" in found.warnings[0] and "--points-size 512x597" in found.warnings[0]


def test_dwpose_s_canvas_is_the_photo_and_pads_nothing(tmp_path: Path) -> None:
    points = _in_photo((600, 700))
    points[:, :2] /= (600, 700)
    found = read_keypoint_file(write(tmp_path, _document(points, (600, 700))), (600, 700))
    _is_right(found, (600, 700))
    assert found.warnings == ()


def test_where_two_readings_agree_the_one_that_keeps_the_points_inside_is_taken(tmp_path: Path) -> None:
    """700 × 933 gives 512 × 704 padded and 512 × 704 rounded: a foot in the padding is possible in the second alone."""
    size = (700, 933)
    _, scaled, canvas = _a1111(size, 512)
    assert canvas == (512, 704) and scaled == (512, 682)
    points = _in_photo(size)
    points[:, :2] *= np.array(canvas) / size
    points[:, 1] *= 700 / points[:, 1].max()  # down to the last rows
    points[:4, :2] = [[5, 700], [505, 700], [5, 699], [505, 699]]
    points[4:, 1] = 700
    found = read_keypoint_file(write(tmp_path, _document(points, canvas)), size)
    assert found.people[0].body[0, 1] == pytest.approx(700 / 704 * 933)
    assert "differs" in found.warnings[0]


@pytest.mark.parametrize("factor", [0.25, 0.5])
def test_points_of_a_smaller_copy_are_asked_about(tmp_path: Path, factor: float) -> None:
    points = body()
    points[:, :2] *= factor
    path = write(tmp_path, {"people": [person(pose=points, hand_left=_halved(hand("left"), factor))]})
    found = read_keypoint_file(path, SIZE)
    assert found.is_of_unknown_size and "--points-size" in found.warnings[0]
    said = read_keypoint_file(
        path, SIZE, options=ReadingOptions(points_size=(int(800 * factor), int(1000 * factor)))
    )
    np.testing.assert_allclose(said.people[0].body, body())
    np.testing.assert_allclose(said.people[0].left_hand[:, :2], hand("left")[:, :2])
    assert said.warnings == ()


def _halved(points: np.ndarray, factor: float) -> np.ndarray:
    scaled = points.copy()
    scaled[:, :2] *= factor
    return scaled


def test_points_of_a_larger_copy_are_refused_with_the_remedy(tmp_path: Path) -> None:
    points = body()
    points[:, :2] *= 2
    path = write(tmp_path, {"people": [person(pose=points)]})
    with pytest.raises(KeypointFileError, match="--points-size WxH"):
        read_keypoint_file(path, SIZE)
    said = read_keypoint_file(path, SIZE, options=ReadingOptions(points_size=(1600, 2000)))
    np.testing.assert_allclose(said.people[0].body, body())


def _somebody(points: np.ndarray) -> Keypoints2D:
    return Keypoints2D(points, np.zeros((21, 3)), np.zeros((21, 3)), face() * 0)


@pytest.mark.parametrize(("factor", "size"), [(0.5, (400, 500)), (1.6, (1280, 1600)), (1.0, SIZE)])
def test_people_seen_in_the_photo_tell_the_size(factor: float, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).normal(0, 4, (25, 2))
    seen = body()
    seen[:, :2] += noise
    found = agreeing_size([_somebody(_halved(body(), factor))], [_somebody(seen)], SIZE)
    assert found == pytest.approx(size, rel=0.02)


def test_somebody_else_in_the_photo_tells_nothing() -> None:
    other = body()
    other[:, :2] = np.random.default_rng(1).uniform(0, 800, (25, 2))
    assert agreeing_size([_somebody(_halved(body(), 0.5))], [_somebody(other)], SIZE) is None
