"""Folders and patterns of numbered pictures as clips."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.errors import ClipError
from fitting_core.sequence.frames.picture_files import open_picture_files


def write_pictures(folder: Path, names: list[str], size: tuple[int, int] = (40, 30)) -> None:
    for number, name in enumerate(names):
        Image.new("RGB", size, (10 * number, 0, 0)).save(folder / name)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("", ["a_1.png", "a_2.png", "a_10.png", "b_001.png"]),
        ("a_*.png", ["a_1.png", "a_2.png", "a_10.png"]),
        ("b_%03d.png", ["b_001.png"]),
        ("a_%d.png", ["a_1.png", "a_2.png", "a_10.png"]),
    ],
    ids=["folder", "wild card", "three digits", "any digits"],
)
def test_files_in_the_order_of_their_numbers(tmp_path: Path, pattern: str, names: list[str]) -> None:
    write_pictures(tmp_path, ["a_10.png", "a_2.png", "a_1.png", "b_001.png"])
    clip = open_picture_files(tmp_path / pattern if pattern else tmp_path, Fraction(30))
    assert [path.name for path in clip.files] == names
    assert clip.frames.rate == 30 and clip.warnings == ()


def test_assumed_rate_is_told(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a_1.png"])
    clip = open_picture_files(tmp_path)
    assert clip.frames.rate == 24 and "--fps" in clip.warnings[0]


def test_pictures_are_those_of_the_files(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a_0.png", "a_1.png", "a_2.png"])
    clip = open_picture_files(tmp_path)
    reds = [int(picture[0, 0, 0]) for picture in clip.pictures(np.array([0, 2]))]
    assert reds == [0, 20]


def test_another_size_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a_0.png"])
    write_pictures(tmp_path, ["a_1.png"], size=(50, 30))
    with pytest.raises(ClipError, match=r"a_1\.png has 50 × 30 pixels"):
        list(open_picture_files(tmp_path).pictures(np.array([0, 1])))


@pytest.mark.parametrize("name", ["", "shot_*.png"])
def test_no_pictures(tmp_path: Path, name: str) -> None:
    with pytest.raises(ClipError, match="no picture"):
        open_picture_files(tmp_path / name if name else tmp_path)
