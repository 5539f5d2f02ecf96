"""What is written is read back by the core: the same pixels of the upright photo, for every EXIF orientation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fitting_core.arguments.request import InspectRequest
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.messages import JsonMessenger
from fitting_core.photo.inspection import inspect_photo
from smplify_blender.keypoints.default_figure import new_figure, with_part
from smplify_blender.keypoints.names import INDEX, PARTS, rows_of
from smplify_blender.keypoints.openpose_file import PhotoSize, openpose_document, write_openpose
from smplify_blender.keypoints.sources import PhotoPeople, found_people, read_fitted_keypoints
from smplify_blender.result.errors import ResultError
from tests.fitting_core.photo.pictures import ORIENTATION, exif_of
from tests.photos import synthetic_case

SIZE = (600, 800)  # of the upright photo
HALF_PX = 0.0005  # three decimals


def a_person(shift: float = 0.0) -> np.ndarray:
    figure = new_figure(SIZE)
    for part in ("left_hand", "right_hand", "face"):
        figure = with_part(figure, part)
    figure = figure.moved([INDEX["left_wrist"]], np.array([[580.25 + shift, 120.125]]))
    return figure.deleted([INDEX["right_knee"]]).table()


def read_back(path: Path, orientation: int = 1) -> list[np.ndarray]:
    found = read_keypoint_file(path, SIZE, orientation)
    return [person.stacked() for person in found.people]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "outside",
    [None, (700.0, 500.0), (-30.0, 790.0), (790.0, -40.0)],
    ids=["inside", "right", "left", "beyond"],
)
def test_core_reads_the_same_pixels(
    tmp_path: Path, orientation: int, outside: tuple[float, float] | None
) -> None:
    """Also with a point outside the upright photo that would lie inside the photo as stored."""
    person = a_person()
    if outside is not None:
        person[INDEX["left_ankle"]] = (*outside, 1.0)
    path = tmp_path / "a_keypoints.json"
    write_openpose(path, [person], PhotoSize(SIZE, orientation))
    (read,) = read_back(path, orientation)
    np.testing.assert_allclose(read, person, atol=HALF_PX)


def test_everybody_keeps_their_number(tmp_path: Path) -> None:
    people = PhotoPeople(tuple(a_person(-10.0 * n) for n in range(3)), 1)
    changed = people.chosen.moved([0], np.array([[11.0, 12.0]])).table()
    path = tmp_path / "a.json"
    write_openpose(path, people.with_chosen(changed), PhotoSize(SIZE))
    for number, read in enumerate(read_back(path)):
        np.testing.assert_allclose(read, changed if number == 1 else people.people[number], atol=HALF_PX)


@pytest.mark.parametrize(
    ("points", "orientation"),
    [
        ({"nose": (0.0, 0.0)}, 1),
        ({"nose": (-1.0, 400.0)}, 6),
        ({"left_hand_wrist": (1.5, 0.5), "left_hand_thumb_1": (0.2, 1.0)}, 1),
        ({"left_hand_wrist": (-1.0, -1.0), "left_hand_thumb_1": (0.0, 0.0)}, 8),
    ],
    ids=["corner", "ControlNet's −1", "hand in the corner", "hand of markers"],
)
def test_points_that_readers_take_for_something_else(
    tmp_path: Path, points: dict[str, tuple[float, float]], orientation: int
) -> None:
    person = a_person()
    person[PARTS["left_hand"]] = 0.0
    for name, (x, y) in points.items():
        person[INDEX[name]] = (x, y, 1.0)
    path = tmp_path / "a.json"
    write_openpose(path, [person], PhotoSize(SIZE, orientation))
    (read,) = read_back(path, orientation)
    np.testing.assert_allclose(read, person, atol=3.02)  # moved by no more than the format's own blind spot
    np.testing.assert_array_equal(read[:, 2] > 0, person[:, 2] > 0)


def test_format_is_openposes() -> None:
    document = openpose_document([a_person()], PhotoSize(SIZE))
    assert set(document) == {"version", "people"}
    (person,) = json.loads(json.dumps(document))["people"]
    assert {key: len(value) for key, value in person.items()} == {
        "person_id": 1,
        "pose_keypoints_2d": 75,
        "face_keypoints_2d": 210,
        "hand_left_keypoints_2d": 63,
        "hand_right_keypoints_2d": 63,
        "pose_keypoints_3d": 0,
        "face_keypoints_3d": 0,
        "hand_left_keypoints_3d": 0,
        "hand_right_keypoints_3d": 0,
    }
    knee = 3 * INDEX["right_knee"]
    assert person["pose_keypoints_2d"][knee : knee + 3] == [0, 0, 0]


@pytest.mark.parametrize(
    ("said", "read"), [("eyes", "eyes"), ("openpose", "openpose"), ("", "openpose"), ("rm -rf", "openpose")]
)
def test_whose_points_they_are_is_kept(tmp_path: Path, said: str, read: str) -> None:
    """Points that the core's eyes have found stay theirs when they were edited; a .blend may hold any other text."""
    path = tmp_path / "a.json"
    write_openpose(path, [a_person()], PhotoSize(SIZE, detector=said))
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document.get("detector") == (said if said == read else None)
    (person,) = read_keypoint_file(path, SIZE).people
    assert person.detector == read


def test_an_older_file_survives_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_openpose(path, [a_person()], PhotoSize(SIZE))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="finite"):
        write_openpose(path, [np.full((137, 3), np.nan)], PhotoSize(SIZE))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("orientation", [1, 6])
def test_inspection_there_and_back(tmp_path: Path, orientation: int) -> None:
    """Photo and file as they lie on disk → `inspect` → the editor's value → a file → the core: the same points."""
    photo = tmp_path / "a.jpg"
    stored = SIZE if orientation < 5 else SIZE[::-1]
    Image.new("RGB", stored).save(photo, exif=exif_of({ORIENTATION: orientation}))
    people = [a_person(), a_person(-40.0)]
    path = tmp_path / "a_keypoints.json"
    write_openpose(path, people, PhotoSize(SIZE, orientation))
    messenger = _Listener()
    inspect_photo(InspectRequest(photo=photo, keypoints=path), messenger)
    found = found_people([person["keypoints"] for person in messenger.people], 1)
    assert found is not None
    np.testing.assert_allclose(found.chosen.table(), people[1], atol=0.0501)
    assert found_people([person["keypoints"] for person in messenger.people], 2) is None


class _Listener(JsonMessenger):
    """Keeps the people that are told."""

    def __init__(self) -> None:
        super().__init__()
        self.people: list[dict[str, Any]] = []

    def person(self, facts: dict[str, Any]) -> None:
        self.people.append(facts)


def test_keypoints_of_a_fit(tmp_path: Path) -> None:
    table = synthetic_case(0).subject.keypoints.stacked()
    path = tmp_path / "person_00.npz"
    np.savez(path, keypoints=table, schema_version=1)
    np.testing.assert_array_equal(read_fitted_keypoints(path), table)
    assert table[list(rows_of("body")), 2].any()


@pytest.mark.parametrize(
    "table",
    [np.zeros((25, 3)), np.full((137, 3), np.nan), np.full((137, 3), 1e9), np.zeros((137, 3), dtype=object)],
    ids=["25 points", "NaN", "huge", "objects"],
)
def test_damaged_fit(tmp_path: Path, table: np.ndarray) -> None:
    path = tmp_path / "person_00.npz"
    np.savez(path, keypoints=table)
    with pytest.raises(ResultError, match=r"person_00\.npz"):
        read_fitted_keypoints(path)
