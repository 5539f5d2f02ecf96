"""Every version and relative of OpenPose's JSON, and every fault of one, read from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import READ_AS_BODY_25B, read_keypoint_file
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, COCO_18, MPI_15
from fitting_core.keypoints.whole_person import MAXIMUM_PEOPLE
from tests.fitting_core.keypoints.documents import (
    SIZE,
    STANDING,
    body,
    face,
    full_person,
    hand,
    person,
    write,
)


def _read(folder: Path, document: object) -> Any:
    return read_keypoint_file(write(folder, document), SIZE)


def _wrist(found: Any, index: int = 0) -> list[float]:
    return found.people[index].body[BODY_25.index("left_wrist")].tolist()


def _old_keys(entry: dict[str, Any]) -> dict[str, Any]:
    return {key.removesuffix("_2d"): value for key, value in entry.items()}


_ROWS = {"pose_keypoints_2d": body().tolist()}
_COMPLETE = {
    "1.3": {"version": 1.3, "people": [{"person_id": [-1], **full_person(), "pose_keypoints_3d": []}]},
    "no version": {"people": [full_person()]},
    "1.0 keys": {"version": 1.0, "people": [_old_keys(full_person())]},
    "empty 3-D": {"version": 1.2, "people": [{**full_person(), "hand_left_keypoints_3d": []}]},
    "extra keys": {"version": 1.3, "part_candidates": [{}], "people": [{**full_person(), "id": "x"}]},
}


@pytest.mark.parametrize("document", _COMPLETE.values(), ids=_COMPLETE)
def test_complete_files(tmp_path: Path, document: object) -> None:
    found = _read(tmp_path, document)
    (only,) = found.people
    np.testing.assert_allclose(only.body, body())
    np.testing.assert_allclose(only.left_hand, hand("left"))
    np.testing.assert_allclose(only.right_hand, hand("right"))
    np.testing.assert_allclose(only.face, face())
    assert found.warnings == ()
    assert "BODY_25" in found.dialect


@pytest.mark.parametrize(
    ("entry", "left", "right", "has_face"),
    [
        (person(), 0, 0, False),
        ({**person(), "hand_left_keypoints_2d": None, "face_keypoints_2d": []}, 0, 0, False),
        (person(hand_left=np.zeros((21, 3)), hand_right=hand("right")), 0, 21, False),
        (person(hand_left=hand("left", 0.03), hand_right=hand("right")), 0, 21, False),
        (person(face=face(68)), 0, 0, True),
        (person(face=face(70, 0.02)), 0, 0, False),
    ],
    ids=["absent", "null and []", "zero rows", "faint rows", "face of 68", "faint face"],
)
def test_missing_parts(tmp_path: Path, entry: Any, left: int, right: int, has_face: bool) -> None:
    found = _read(tmp_path, {"people": [entry]})
    (only,) = found.people
    assert np.count_nonzero(only.left_hand[:, 2]) == left
    assert np.count_nonzero(only.right_hand[:, 2]) == right
    assert bool(only.face.any()) == has_face
    assert not only.face[68:].any()
    assert found.warnings == ()


@pytest.mark.parametrize("layout", [COCO_18, MPI_15, BODY_25], ids=lambda layout: layout.name)
def test_body_layouts(tmp_path: Path, layout: Any) -> None:
    found = _read(tmp_path, {"people": [person(layout)]})
    assert layout.name in found.dialect
    assert _wrist(found) == [*STANDING["left_wrist"], 0.8]
    assert found.people[0].body[BODY_25.index("mid_hip")].tolist() == pytest.approx([400, 480, 0.8])


def test_rows_of_three_are_read_like_a_flat_list(tmp_path: Path) -> None:
    assert _wrist(_read(tmp_path, {"people": [_ROWS]})) == [*STANDING["left_wrist"], 0.8]


def test_nobody_is_an_empty_file_not_an_error(tmp_path: Path) -> None:
    assert _read(tmp_path, {"version": 1.3, "people": []}).people == ()


def test_several_people_keep_their_places_and_ghosts_are_named(tmp_path: Path) -> None:
    ghost = person(pose=body(confidence=0.1))
    found = _read(tmp_path, {"people": [ghost, person(), {}]})
    assert len(found.people) == 3
    assert _wrist(found, 1)[2] == 0.8
    assert [warning.split(":")[0] for warning in found.warnings] == ["person 0", "person 2"]


def _odd_person(change: Callable[[np.ndarray], None]) -> dict[str, Any]:
    points = body()
    change(points)
    return person(pose=points)


def _unsure(points: np.ndarray) -> None:
    points[3:5, 2] = 0


def _percent(points: np.ndarray) -> None:
    points[:, 2] = 97


def _negative(points: np.ndarray) -> None:
    points[7, 2] = -1


@pytest.mark.parametrize(
    ("change", "words", "wrist"),
    [
        (_unsure, "2 points with a position but no confidence", 0.8),
        (_percent, "from 97 to 97: they were read as percent", 0.97),
        (_negative, "from -1 to 0.8", 0.0),
    ],
    ids=["zero confidence", "percent", "negative"],
)
def test_odd_confidences_are_told(tmp_path: Path, change: Any, words: str, wrist: float) -> None:
    found = _read(tmp_path, {"people": [_odd_person(change)]})
    (warning,) = found.warnings
    assert words in warning
    assert _wrist(found)[2] == wrist


def test_confidence_a_little_over_one_is_cut_in_silence(tmp_path: Path) -> None:
    found = _read(tmp_path, {"people": [person(pose=body(confidence=1.006))]})
    assert _wrist(found)[2] == 1.0
    assert found.warnings == ()


def test_points_without_confidence_count_as_certain(tmp_path: Path) -> None:
    points = body()
    points[7] = 0
    found = _read(tmp_path, {"people": [{"pose_keypoints_2d": points[:, :2].reshape(-1).tolist()}]})
    assert found.people[0].body[4, 2] == 1.0
    assert found.people[0].body[7].tolist() == [0, 0, 0]
    assert "no confidence" in found.warnings[0]


def test_hands_of_unknown_length_are_left_out_with_a_warning(tmp_path: Path) -> None:
    entry = {**person(), "face_keypoints_2d": [1.0] * (3 * 56), "hand_left_keypoints_2d": [1.0] * 60}
    found = _read(tmp_path, {"people": [entry]})
    assert not found.people[0].face.any()
    assert len(found.warnings) == 2
    assert "which are not 68 or 70 points" in " ".join(found.warnings)


def test_body_25b_is_noticed_told_and_read_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, {"people": [person(BODY_25B)]})
    found = read_keypoint_file(path, SIZE)
    asked = read_keypoint_file(path, SIZE, body_order="BODY_25B")
    assert (found.warnings, asked.warnings) == ((READ_AS_BODY_25B,), ())
    for file in found, asked:
        assert "BODY_25B" in file.dialect
        assert _wrist(file) == [*STANDING["left_wrist"], 0.8]
    other = read_keypoint_file(path, SIZE, body_order="BODY_25")
    assert other.warnings == () and _wrist(other) != _wrist(asked)


def _swapped() -> dict[str, Any]:
    return person(hand_left=hand("right"), hand_right=hand("left"))


def test_exchanged_hands_are_put_right(tmp_path: Path) -> None:
    found = _read(tmp_path, {"people": [_swapped()]})
    np.testing.assert_allclose(found.people[0].left_hand, hand("left"))
    assert "exchanged" in found.warnings[0]


def test_one_hand_at_the_other_wrist_is_kept_and_told(tmp_path: Path) -> None:
    found = _read(tmp_path, {"people": [person(hand_left=hand("right"))]})
    np.testing.assert_allclose(found.people[0].left_hand, hand("right"))
    assert "the left hand lies at the right wrist" in found.warnings[0]


def test_hands_in_front_of_each_other_stay(tmp_path: Path) -> None:
    points = body()
    points[[4, 7], :2] = [[400, 400], [405, 402]]
    near = np.tile([402.0, 402.0, 0.7], (21, 1))
    found = _read(tmp_path, {"people": [person(pose=points, hand_left=near, hand_right=near)]})
    assert found.warnings == ()


def _with(index: int, value: object) -> dict[str, Any]:
    flat: list[object] = list(body().reshape(-1).tolist())
    flat[index] = value
    return {"people": [{"pose_keypoints_2d": flat}]}


def _body_of(count: int, columns: int = 3) -> dict[str, Any]:
    return {"people": [{"pose_keypoints_2d": [10.0] * (count * columns)}]}


_LEFT_OUT = {
    "NaN": (_with(12, float("nan")), 4, "point 4 (right_wrist) has NaN for x"),
    "Infinity": (_with(13, float("inf")), 4, "point 4 (right_wrist) has a number that is infinite"),
    "1e999": (_with(14, float("-inf")), 4, "for confidence"),
    "null in a list": (_with(0, None), 0, "point 0 (nose) has null for x"),
    "true in a list": (_with(1, True), 0, "true or false"),
    "text in a list": (_with(1, "left"), 0, "text"),
    "far away": (_with(0, 1e12), 0, "1e+12"),
}


@pytest.mark.parametrize(("document", "index", "words"), _LEFT_OUT.values(), ids=_LEFT_OUT)
def test_a_bad_point_is_a_missing_point_with_a_word(
    tmp_path: Path, document: object, index: int, words: str
) -> None:
    found = _read(tmp_path, document)
    (warning,) = found.warnings
    assert words in warning and "left out" in warning
    assert not found.people[0].body[index].any()
    others = np.delete(found.people[0].body, index, axis=0)
    np.testing.assert_allclose(others, np.delete(body(), index, axis=0))


_REFUSED = {
    "object as body": ({"people": [{"pose_keypoints_2d": {}}]}, ["an object, not a list"]),
    "number as body": ({"people": [{"pose_keypoints_2d": 3}]}, ["3, not a list"]),
    "wrong length": (_body_of(7), ["21 numbers", "the smallest 42"]),
    "people is a number": ({"people": 3}, ["not a list of people"]),
    "people of numbers": ({"people": [1, 2]}, ["not a list of people"]),
    "too many people": ({"people": [{}] * (MAXIMUM_PEOPLE + 1)}, [str(MAXIMUM_PEOPLE + 1)]),
    "canvas of nothing": ({"people": [], "canvas_width": 0, "canvas_height": 5}, ["canvas size"]),
    "canvas in words": ({"people": [], "canvas_width": "w", "canvas_height": 5}, ["canvas size"]),
}


@pytest.mark.parametrize(("document", "words"), _REFUSED.values(), ids=_REFUSED)
def test_faults_are_named(tmp_path: Path, document: object, words: list[str]) -> None:
    path = write(tmp_path, document)
    with pytest.raises(KeypointFileError) as caught:
        read_keypoint_file(path, SIZE)
    for expected in [str(path), *words]:
        assert expected in str(caught.value)


_UNREAD: dict[str, tuple[object, str]] = {
    "editor": ({"width": 512, "height": 512, "keypoints": [[1, 2]]}, "editor's own file"),
    "editor hands": ({"left_hand": [], "right_hand": [], "face": []}, "hands, without a body"),
    "COCO odd": ([{"keypoints": [1.0] * 5}], "5 entries, a number that no detector"),
    "COCO annotations": ({"images": [], "annotations": [], "categories": []}, "none of its annotations"),
    "MediaPipe in metres": ({"pose_world_landmarks": [{"x": 0.1}]}, "in metres"),
    "other object": ({"hello": 1}, 'it has "hello"'),
    "empty list": ([], 'has no "people"'),
    "number": (3, "it has a number"),
    "text": ("people", "it has a text"),
}


@pytest.mark.parametrize(("document", "words"), _UNREAD.values(), ids=_UNREAD)
def test_other_files_are_named(tmp_path: Path, document: object, words: str) -> None:
    with pytest.raises(KeypointFileError) as caught:
        _read(tmp_path, document)
    assert words in str(caught.value)


def test_people_of_two_layouts_are_read_each_in_its_own(tmp_path: Path) -> None:
    found = _read(tmp_path, {"people": [person(), person(COCO_18)]})
    assert [_wrist(found, index) for index in (0, 1)] == [[*STANDING["left_wrist"], 0.8]] * 2
    assert "BODY_25 and COCO_18" in found.dialect
