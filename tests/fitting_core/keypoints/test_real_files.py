"""Every keypoint file of the folder of real files: what it is, who is in it, what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError, NobodyFoundError
from fitting_core.keypoints.keypoint_files import READ_AS_BODY_25B, read_keypoint_file
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.people import choose_people, describe_people

_CANVAS = (768, 512)
_SIGNING, _BEAM = (1280, 720), (1080, 1920)

_READ = {
    "keypoint_files/controlnet_pixels_hands.json": (_CANVAS, "ControlNet, COCO_18", "1 person · upper body, both hands"),
    "keypoint_files/controlnet_unit_null_face.json": (
        _CANVAS, "ControlNet, COCO_18, coordinates 0–1", "1 person · upper body, both hands",
    ),
    "keypoint_files/openpose_1.0_coco18_two_people.json": (_SIGNING, "OpenPose 1, COCO_18", "2 people · body"),
    "keypoint_files/empty_people_keypoints.json": (_SIGNING, "OpenPose 1.3, BODY_25", "nobody"),
    "photos/beam_20_keypoints.json": (_BEAM, "OpenPose 1.3, BODY_25", "2 people · body"),
    "photos/signing_0_keypoints.json": (
        _SIGNING, "OpenPose 1.3, BODY_25", "1 person · upper body, face, both hands",
    ),
    "photos/signing_4_keypoints.json": (
        _SIGNING, "OpenPose 1.3, BODY_25", "1 person · upper body, face, both hands",
    ),
    "photos/signing_8_keypoints.json": (
        _SIGNING, "OpenPose 1.3, BODY_25", "1 person · upper body, face, both hands",
    ),
}  # fmt: skip
_REFUSED = {
    "keypoint_files/not_json.json": "not valid JSON: Expecting value at line 1, column 1",
    "keypoint_files/editor_other_schema.json": "an OpenPose editor's hands, without a body",
}


@pytest.mark.parametrize("name", _READ)
def test_sound_files(shared: Path, name: str) -> None:
    size, dialect, words = _READ[name]
    found = read_keypoint_file(shared / name, size)
    assert (found.dialect, describe_people(found.people), found.warnings) == (dialect, words, ())


@pytest.mark.parametrize("name", _REFUSED)
def test_refused_files(shared: Path, name: str) -> None:
    with pytest.raises(KeypointFileError) as caught:
        read_keypoint_file(shared / name, _SIGNING)
    assert _REFUSED[name] in str(caught.value)
    assert name.split("/")[1] in str(caught.value)


def test_the_table_is_complete(shared: Path) -> None:
    there = {
        f"{folder}/{path.name}"
        for folder in ("keypoint_files", "photos")
        for path in (shared / folder).glob("*.json")
    }
    assert there == _READ.keys() | _REFUSED.keys()


def test_nobody_in_the_empty_file(shared: Path) -> None:
    found = read_keypoint_file(shared / "keypoint_files/empty_people_keypoints.json", _SIGNING)
    with pytest.raises(NobodyFoundError):
        choose_people(found.people)


def test_canvas_of_another_size_scales_the_points(shared: Path) -> None:
    path = shared / "keypoint_files/controlnet_pixels_hands.json"
    small, large = read_keypoint_file(path, _CANVAS), read_keypoint_file(path, (1536, 1024))
    np.testing.assert_allclose(large.people[0].left_hand[:, :2], 2 * small.people[0].left_hand[:, :2])
    assert "768 × 512 was scaled" in large.warnings[0]


def test_fingers_marked_by_minus_one_are_missing(shared: Path) -> None:
    found = read_keypoint_file(shared / "keypoint_files/controlnet_unit_null_face.json", _CANVAS)
    assert np.flatnonzero(found.people[0].left_hand[:, 2] == 0).tolist() == [8, 12, 16]
    assert np.flatnonzero(found.people[0].right_hand[:, 2] == 0).tolist() == [12]


def test_every_frame_of_the_signing_video(shared: Path) -> None:
    paths = sorted((shared / "video/signing").glob("*.json"))
    assert len(paths) == 9
    for path in paths:
        found = read_keypoint_file(path, _SIGNING)
        assert choose_people(found.people) == (0,)
        assert found.warnings == ()


def test_every_frame_of_the_beam_video_is_known_as_body_25b(shared: Path) -> None:
    paths = sorted((shared / "video/beam_body25b").glob("*.json"))
    assert len(paths) == 100
    for path in paths:
        noticed = read_keypoint_file(path, _BEAM)
        assert READ_AS_BODY_25B in noticed.warnings
        asked = read_keypoint_file(path, _BEAM, body_order="BODY_25B")
        assert not any("BODY_25B" in warning for warning in asked.warnings)
        for first, second in zip(noticed.people, asked.people, strict=True):
            np.testing.assert_array_equal(first.stacked(), second.stacked())


def test_body_25b_read_on_request_is_the_converted_file(shared: Path) -> None:
    frame = read_keypoint_file(shared / "video/beam_body25b/cam02.0020.json", _BEAM, body_order="BODY_25B")
    converted = json.loads((shared / "photos/beam_20_keypoints.json").read_text(encoding="utf-8"))
    for person, entry in zip(frame.people, converted["people"], strict=True):
        expected = np.array(entry["pose_keypoints_2d"]).reshape(-1, 3)
        named = [index for index, name in enumerate(BODY_25.names) if name not in ("neck", "mid_hip")]
        np.testing.assert_allclose(person.body[named], expected[named], atol=0.01)
