"""Keypoints of a copy of the photo in another size, noticed by the body that the photo itself shows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.keypoints.keypoint_files import ReadingOptions, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.people_of_file import people_of_file

_DEMO = Path(__file__).parents[3] / "docs" / "demo"
_PHOTO = _DEMO / "demo_photo.jpg"
_SIZE = (900, 1200)


def _write(folder: Path, scale: float, **more: object) -> Path:
    document = json.loads((_DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))
    points = np.array(document["people"][0]["pose_keypoints_2d"]).reshape(-1, 3) * [scale, scale, 1.0]
    path = folder / "points.json"
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": points.reshape(-1).tolist()}], **more}))
    return path


def _read(folder: Path, scale: float, options: ReadingOptions | None = None, **more: object) -> KeypointFile:
    return people_of_file(
        _write(folder, scale, **more), _PHOTO, read_photo_header(_PHOTO), options or ReadingOptions()
    )


@pytest.mark.parametrize("scale", [0.5, 0.75, 0.9, 1.25])
def test_the_size_of_a_copy_is_told(tmp_path: Path, scale: float) -> None:
    found = _read(tmp_path, scale)
    words = next(text for text in found.warnings if "agree with its points" in text)
    width, height = map(int, words.rsplit(" ", 1)[1].split("x"))
    assert (width, height) == pytest.approx([scale * side for side in _SIZE], rel=0.04)
    assert found.is_of_unknown_size


def test_nothing_is_told_of_points_of_the_photo(tmp_path: Path) -> None:
    found = _read(tmp_path, 1.0)
    assert found.warnings == () and not found.is_of_unknown_size


def test_a_size_that_is_known_is_not_doubted(tmp_path: Path) -> None:
    said = _read(tmp_path, 0.75, ReadingOptions(points_size=(675, 900)))
    named = _read(tmp_path, 0.75, canvas_width=675, canvas_height=900)
    for found in (said, named):
        assert not any("agree with its points" in text for text in found.warnings)
        assert found.names_size


def test_somebody_who_does_stand_in_the_corner_is_not_doubted(tmp_path: Path) -> None:
    photo = tmp_path / "wide.jpg"
    with Image.open(_PHOTO) as picture:
        wide = Image.new("RGB", (2 * _SIZE[0], 2 * _SIZE[1]), (90, 110, 130))
        wide.paste(picture, (0, 0))
    wide.save(photo, quality=95)
    points, header = _write(tmp_path, 1.0), read_photo_header(photo)
    assert read_keypoint_file(points, header.size).is_of_unknown_size
    found = people_of_file(points, photo, header, ReadingOptions())
    assert found.warnings == () and not found.is_of_unknown_size
