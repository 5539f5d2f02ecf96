"""Canvas sizes, relative coordinates, and photos that were turned by EXIF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.keypoints.layouts import BODY_25, COCO_18
from tests.fitting_core.keypoints.documents import SIZE, body, face, hand, person, write


def _controlnet(size: tuple[int, int], **parts: Any) -> dict[str, Any]:
    return {"people": [person(COCO_18, **parts)], "canvas_width": size[0], "canvas_height": size[1]}


def _scaled(points: np.ndarray, factor: float | tuple[float, float]) -> np.ndarray:
    scaled = points.copy()
    scaled[:, :2] *= factor
    return scaled


def _as_in_the_photo(found: KeypointFile) -> None:
    """The person stands where the documents module put them."""
    expected = body()
    seen = found.people[0].body[:, 2] > 0
    np.testing.assert_allclose(found.people[0].body[seen, :2], expected[seen, :2], atol=1e-6)
    assert seen[:19].all()


_UNIT = (1 / SIZE[0], 1 / SIZE[1])
_COCO = body(COCO_18, 1.0)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (_controlnet(SIZE), None),
        (_controlnet((400, 500), pose=_scaled(_COCO, 0.5)), "canvas of 400 × 500 was scaled"),
        (_controlnet(SIZE, pose=_scaled(_COCO, _UNIT)), None),
        (_controlnet((400, 500), pose=_scaled(_COCO, _UNIT)), None),
        (_controlnet((512, 640), pose=_scaled(_COCO, (512 / 800, 640 / 1000))), "512 × 640"),
        (_controlnet((512, 672), pose=_scaled(_COCO, (512 / 800, 672 / 1000))), "differs by 5 %"),
        ({"people": [person(pose=_scaled(body(), _UNIT))]}, None),
    ],
    ids=[
        "same canvas",
        "half canvas",
        "0–1",
        "0–1 of a half canvas",
        "64s",
        "rounded to 64s",
        "0–1 of OpenPose",
    ],
)
def test_canvases(tmp_path: Path, document: object, words: str | None) -> None:
    found = read_keypoint_file(write(tmp_path, document), SIZE)
    _as_in_the_photo(found)
    assert len(found.warnings) == (words is not None)
    if words is not None:
        assert words in found.warnings[0]


def test_minus_one_to_one_is_known_by_its_negative_half(tmp_path: Path) -> None:
    points = _scaled(body(), _UNIT)
    points[:, :2] = points[:, :2] * 2 - 1
    found = read_keypoint_file(write(tmp_path, {"people": [person(pose=points)]}), SIZE)
    _as_in_the_photo(found)
    assert "−1–1" in found.dialect


def test_each_array_has_its_own_units(tmp_path: Path) -> None:
    document = _controlnet((400, 500), pose=_scaled(_COCO, 0.5), face=_scaled(face(), _UNIT), hand_left=None)
    found = read_keypoint_file(write(tmp_path, document), SIZE)
    _as_in_the_photo(found)
    np.testing.assert_allclose(found.people[0].face, face())
    assert "pixels" in found.dialect
    assert "0–1" in found.dialect


@pytest.mark.parametrize("relative", [False, True], ids=["pixels", "0–1"])
def test_minus_one_marks_a_finger_that_was_not_found(tmp_path: Path, relative: bool) -> None:
    fingers = hand("left", 1.0)
    fingers[8, :2] = -1
    fingers[12, 1] = -1
    points = _scaled(fingers, _UNIT) if relative else fingers
    found = read_keypoint_file(write(tmp_path, _controlnet(SIZE, hand_left=points)), SIZE)
    assert np.flatnonzero(found.people[0].left_hand[:, 2] == 0).tolist() == [8, 12]


def test_unit_points_a_little_outside_stay_relative(tmp_path: Path) -> None:
    points = _scaled(_COCO, _UNIT)
    points[COCO_18.index("left_ankle"), 1] = 1.11
    found = read_keypoint_file(write(tmp_path, _controlnet(SIZE, pose=points)), SIZE)
    assert found.people[0].body[BODY_25.index("left_ankle"), 1] == pytest.approx(1110)
    assert "1 of 18 points lie outside" in " ".join(found.warnings)


def test_a_canvas_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, _controlnet((512, 512)))
    with pytest.raises(KeypointFileError, match="512 × 512, but the photo is 800 × 1000"):
        read_keypoint_file(path, SIZE)


def _stored(points: np.ndarray, orientation: int) -> np.ndarray:
    """Upright points as they lie in the stored picture, by the definition of the orientations in EXIF."""
    width, height = SIZE
    x, y = points[:, 0].copy(), points[:, 1].copy()
    turned = points.copy()
    # The stored row 0 is the upright picture's … and the stored column 0 its …
    columns = {5: y, 6: y, 7: height - y, 8: height - y}[orientation]
    rows = {5: x, 6: width - x, 7: width - x, 8: x}[orientation]
    turned[:, 0], turned[:, 1] = columns, rows
    return turned


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("canvas", [False, True], ids=["extent", "canvas"])
def test_points_of_the_stored_picture_are_turned_upright(
    tmp_path: Path, orientation: int, canvas: bool
) -> None:
    points = _stored(body(), orientation)
    assert points[:, 0].max() > SIZE[0]
    document: dict[str, Any] = {"people": [person(pose=points)]}
    if canvas:
        document |= {"canvas_width": SIZE[1], "canvas_height": SIZE[0]}
    found = read_keypoint_file(write(tmp_path, document), SIZE, orientation)
    _as_in_the_photo(found)
    assert "EXIF rotation" in " ".join(found.warnings)


def test_upright_points_of_a_turned_photo_stay(tmp_path: Path) -> None:
    found = read_keypoint_file(write(tmp_path, {"people": [person()]}), SIZE, 6)
    _as_in_the_photo(found)
    assert found.warnings == ()


def test_a_photo_that_lost_its_rotation_is_told(tmp_path: Path) -> None:
    """Points of the upright picture, but the photo lies on its side and its EXIF is gone."""
    found = read_keypoint_file(write(tmp_path, {"people": [person()]}), (1000, 800))
    assert "the photo may have been turned" in found.warnings[0]


def test_points_of_a_larger_picture_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"people": [person(pose=_scaled(body(), 3.0))]})
    with pytest.raises(KeypointFileError, match="another picture or another size"):
        read_keypoint_file(path, SIZE)


def test_a_few_points_outside_are_told_and_kept(tmp_path: Path) -> None:
    points = body()
    points[[19, 20, 21], 1] = 1100
    found = read_keypoint_file(write(tmp_path, {"people": [person(pose=points)]}), SIZE)
    assert "3 of 25 points lie outside the photo of 800 × 1000" in found.warnings[0]
    assert found.people[0].body[19, 1] == 1100
