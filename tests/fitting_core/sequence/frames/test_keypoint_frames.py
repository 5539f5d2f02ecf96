"""Which keypoint file is of which frame of a clip, and who is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import READ_AS_BODY_25B
from fitting_core.sequence.frames.clip import FrameTimes
from fitting_core.sequence.frames.keypoint_frames import keypoints_of_clip, read_people
from fitting_core.sequence.frames.movie import Movie
from fitting_core.sequence.frames.picture_files import open_picture_files
from tests.photos import as_body_25b, openpose_person, synthetic_case

SIZE = (800, 1000)


def movie(folder: Path, count: int = 4) -> Movie:
    """A movie that nobody opens."""
    numbers = np.arange(count)
    return Movie(folder / "dance.mp4", SIZE, FrameTimes(Fraction(25), 1, numbers, numbers / 25), (), 0)


def document(people: int = 1) -> str:
    person = openpose_person(synthetic_case(0).subject.keypoints)
    return json.dumps({"version": 1.3, "people": [person] * people})


def write(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(document(), encoding="utf-8")


BESIDE = {
    "folder of the movie's name": [
        "dance/dance_000000000000_keypoints.json",
        "dance/dance_000000000001_keypoints.json",
    ],
    "folder with an ending": ["dance_json/x_0_keypoints.json", "dance_json/x_1_keypoints.json"],
    "counted from one": ["dance/x.0001.json", "dance/x.0002.json"],
    "the longest row": ["dance/old_3.json", "dance/x_0.json", "dance/x_1.json"],
}


@pytest.mark.parametrize("names", BESIDE.values(), ids=BESIDE)
def test_folders_beside_a_movie(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path, names)
    found = keypoints_of_clip(movie(tmp_path), None)
    assert {number: where.file for number, where in found.items()} == {
        0: tmp_path / names[-2],
        1: tmp_path / names[-1],
    }


def test_one_file_with_a_frame_each(tmp_path: Path) -> None:
    frames = [json.loads(document()), json.loads(document(2)), json.loads(document())]
    (tmp_path / "dance_keypoints.json").write_text(json.dumps(frames), encoding="utf-8")
    found = keypoints_of_clip(movie(tmp_path), None)
    read = read_people(found, np.array([0, 1, 2]), SIZE, None, None)
    assert [len(people) for people in read.people] == [1, 2, 1]


def test_files_of_pictures_have_their_names(tmp_path: Path) -> None:
    for name in ("a_1.png", "a_2.png", "a_3.png"):
        Image.new("RGB", SIZE).save(tmp_path / name)
    write(tmp_path, ["a_1_keypoints.json", "a_3_keypoints.json"])
    found = keypoints_of_clip(open_picture_files(tmp_path, Fraction(25)), None)
    assert {number: where.file.name for number, where in found.items()} == {
        0: "a_1_keypoints.json",
        2: "a_3_keypoints.json",
    }


def test_nothing_beside(tmp_path: Path) -> None:
    assert keypoints_of_clip(movie(tmp_path), None) == {}


def test_missing_frames_have_nobody(tmp_path: Path) -> None:
    write(tmp_path, ["dance/x_0.json", "dance/x_3.json"])
    read = read_people(keypoints_of_clip(movie(tmp_path), None), np.arange(4), SIZE, None, None)
    assert [len(people) for people in read.people] == [1, 0, 0, 1] and read.missing == 2


def test_named_folder_without_keypoints(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeypointFileError, match="--write_json"):
        keypoints_of_clip(movie(tmp_path), tmp_path / "empty")


def test_span_without_keypoints(tmp_path: Path) -> None:
    write(tmp_path, ["dance/x_0.json", "dance/x_1.json"])
    found = keypoints_of_clip(movie(tmp_path), None)
    with pytest.raises(KeypointFileError, match="frames 0 to 1"):
        read_people(found, np.array([2, 3]), SIZE, None, None)


def test_all_frames_have_the_body_order_of_most(tmp_path: Path) -> None:
    """One frame shows too little to tell: alone it would be read as BODY_25."""
    whole = as_body_25b(synthetic_case(0).subject.keypoints)
    little = replace(whole, body=np.where(np.arange(25)[:, None] % 5 == 0, whole.body, 0.0))
    for number, keypoints in enumerate((little, whole, whole)):
        person = {"version": 1.3, "people": [openpose_person(keypoints)]}
        (tmp_path / f"x_{number}.json").write_text(json.dumps(person), encoding="utf-8")
    found = keypoints_of_clip(movie(tmp_path, 3), tmp_path)
    read, asked = (read_people(found, np.arange(3), SIZE, order, None) for order in (None, "BODY_25B"))
    assert (read.warnings, asked.warnings) == ((READ_AS_BODY_25B,), ())
    for (first,), (second,) in zip(read.people, asked.people, strict=True):
        np.testing.assert_array_equal(first.body, second.body)
    told = read_people(found, np.arange(3), SIZE, "BODY_25", None)
    assert not np.array_equal(told.people[1][0].body, read.people[1][0].body)
