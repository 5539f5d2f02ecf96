"""The result folder of a clip: read and checked whole; everything wrong is refused with file, key and next step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.chosen_file import find_clip, holds_clip, holds_motion, own_folder
from smplify_blender.result.clip_rate import ClipRate
from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_sequence import read_sequence
from tests.blender.synthetic_result import LOOKING_ALONG_Y, smooth_motion, write_motion, write_sequence

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such rate": ({"frame_rate": np.array([30, 0])}, "“frame_rate” 30/0"),
    "rate from the past": ({"frame_rate": np.array([-30, 1])}, "“frame_rate” -30/1"),
    "frames go back": ({"clip_frames": np.array([4, 3, 5])}, "“clip_frames” from 4"),
    "frames before the clip": ({"clip_frames": np.array([-1, 0, 1])}, "“clip_frames” from -1"),
    "time stands still": ({"times": np.array([0.0, 0.5, 0.5])}, "“times” from 0"),
    "one frame too many": ({"clip_frames": np.arange(4)}, "“clip_frames” of shape"),
    "wild faces": ({"expressions": np.full((3, 10), 99.0)}, "99 in “expressions”"),
    "camera that shears": ({"world_from_camera": np.eye(4) * 2}, "“world_from_camera”"),
    "no lens": ({"focal_px": 0.0}, "“focal_px” 0"),
    "no times": ({"times": None}, "no key “times”"),
    "word that there is not": ({"frame_words": np.array([0, 4, 0])}, "“frame_words” beyond 0 to 3"),
    "contacts of two feet": ({"contacts": np.zeros((3, 2), bool)}, "“contacts” of shape"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)], changes=changes)
    with pytest.raises(ResultError, match=words) as refused:
        read_sequence(folder)
    assert "person_00_motion.npz" in str(refused.value)


@pytest.mark.parametrize("missing", ["body.npz", "person_00_motion.npz"])
def test_missing(tmp_path: Path, missing: str) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)])
    (folder / missing).unlink()
    with pytest.raises(ResultError, match=f"holds no {missing}"):
        read_sequence(folder)


def test_two_clips_in_one_folder(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)] * 2)
    other = write_sequence(tmp_path / "b", [smooth_motion(3)] * 2, frame_rate=(25, 1))
    (other / "person_01_motion.npz").replace(folder / "person_01_motion.npz")
    with pytest.raises(
        ResultError, match=r"person_01_motion.npz has another camera or frame rate.*25/1 against"
    ):
        read_sequence(folder)


def test_everything_is_read(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(4), smooth_motion(5)], first_clip_frame=7)
    sequence = read_sequence(folder)
    assert [person.number for person in sequence.people] == [0, 1]
    assert [len(person.times) for person in sequence.people] == [4, 5]
    assert (sequence.rate, sequence.clip_name, sequence.quality) == (
        ClipRate(30000, 1001),
        "dance.mp4",
        ("good", "good"),
    )
    assert (sequence.first_clip_frame, sequence.first_time) == (7, pytest.approx(7 * 1001 / 30000))
    assert sequence.people[1].clip_frames.tolist() == [10, 11, 12, 13, 14]
    np.testing.assert_allclose(sequence.world_from_camera, LOOKING_ALONG_Y)
    assert sequence.camera.image_size == (600, 800)


SUMMARIES: dict[str, tuple[str, str]] = {
    "a path as the clip's name": ('{"source": "../secret.mp4", "people": []}', "“source” ../secret.mp4"),
    "a very long name": (json.dumps({"source": "a" * 500, "people": []}), "“source” aaa"),
    "no list of people": ('{"source": "a.mp4"}', "damaged"),
    "not JSON": ("{", "damaged"),
}


@pytest.mark.parametrize(("text", "words"), SUMMARIES.values(), ids=SUMMARIES)
def test_summary_that_cannot_be(tmp_path: Path, text: str, words: str) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)])
    (folder / "summary.json").write_text(text)
    with pytest.raises(ResultError, match=words):
        read_sequence(folder)


def test_without_summary_the_clip_has_no_name(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)])
    (folder / "summary.json").unlink()
    assert (read_sequence(folder).clip_name, read_sequence(folder).quality) == ("", ())


def test_what_is_chosen(tmp_path: Path) -> None:
    clip = write_sequence(tmp_path / "a", [smooth_motion(3)])
    motion = write_motion(tmp_path / "b", smooth_motion(3))
    assert own_folder(clip / "person_00_motion.npz") == clip
    assert holds_clip(clip, "") and holds_clip(clip, "person_00_motion.npz") and not holds_motion(clip, "")
    assert holds_motion(motion, "") and not holds_clip(motion, "")
    assert own_folder(clip / "body_female.npz") == clip
    assert own_folder(tmp_path / "body_female.npz") is None, "a body model of the user's"


def test_the_clip_is_found_in_the_folder_or_beside_it(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "a", [smooth_motion(3)])
    assert find_clip(folder, "dance.mp4") is None and find_clip(folder, "") is None
    (tmp_path / "dance.mp4").touch()
    assert find_clip(folder, "dance.mp4") == tmp_path / "dance.mp4"
    (folder / "dance.mp4").touch()
    assert find_clip(folder, "dance.mp4") == folder / "dance.mp4"
