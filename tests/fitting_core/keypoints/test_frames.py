"""Files of several frames, and what is chosen of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError, NobodyFoundError
from fitting_core.keypoints import keypoint_files
from fitting_core.keypoints.documents import read_document
from fitting_core.keypoints.frames import find_frames
from fitting_core.keypoints.keypoint_files import READERS, ReadingOptions, read_frames, read_keypoint_file
from fitting_core.keypoints.people import choose_people
from tests.fitting_core.keypoints.documents import SIZE, body, person, write


def _frame(number: int) -> dict[str, Any]:
    points = body()
    points[:, 0] += 10 * number
    return {"people": [person(pose=points)]}


def _rows(number: int) -> list[list[float]]:
    points = body()
    points[:, 0] += 10 * number
    return points.tolist()


_DOCUMENTS: dict[str, Any] = {
    "list": [_frame(0), _frame(1), _frame(2)],
    "wrapped list": {"poses": [_frame(0), _frame(1), _frame(2)]},
    "by number": {str(number): _frame(number) for number in range(3)},
    "nulls between": [None, _frame(1), _frame(2)],
    "array": [_rows(number) for number in range(3)],
    "array of people": [[_rows(number)] for number in range(3)],
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("document", _DOCUMENTS.values(), ids=_DOCUMENTS)
def test_frame_by_number(tmp_path: Path, document: object, number: int) -> None:
    found = read_keypoint_file(write(tmp_path, document), SIZE, options=ReadingOptions(frame=number))
    assert found.people[0].body[0, 0] == 400 + 10 * number
    assert (found.frame_count, found.warnings) == (3, ())


def test_the_first_frame_is_taken_with_a_word(tmp_path: Path) -> None:
    found = read_keypoint_file(write(tmp_path, _DOCUMENTS["list"]), SIZE)
    assert found.people[0].body[0, 0] == 400
    assert found.warnings == ("it holds 3 frames; frame 0 was read (another: --frame N, up to 2)",)


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeypointFileError, match="no frame 3: it holds 3"):
        read_keypoint_file(write(tmp_path, _DOCUMENTS["list"]), SIZE, options=ReadingOptions(frame=3))


def test_an_empty_frame_names_those_that_are_not(tmp_path: Path) -> None:
    found = read_keypoint_file(write(tmp_path, [{"people": []}, {"people": []}, _frame(2)]), SIZE)
    with pytest.raises(NobodyFoundError, match=r"Frame 0 holds nobody, but frame 2 has people.*--frame 2"):
        choose_people(found.people, None, found.empty_frame_note)


def test_people_of_one_picture_are_no_frames(tmp_path: Path) -> None:
    far = body()
    far[:, 0] -= 250
    path = write(tmp_path, [body().tolist(), far.tolist()])
    assert len(read_frames(path).frames) == 1
    assert len(read_keypoint_file(path, SIZE).people) == 2


def test_the_search_ends_in_a_wide_and_in_a_deep_document() -> None:
    """Where nothing is found, no more places are looked at than the limit: the dialects are asked that often."""
    asked = 0

    def counting(value: object) -> bool:
        nonlocal asked
        asked += 1
        return False

    dialects = (READERS[0].__class__("none", counting, READERS[0].read),)
    wide: Any = {str(number): {"a": [number]} for number in range(3000)}
    deep: Any = []
    for _ in range(60):
        deep = [deep]
    assert find_frames(wide, dialects) is None and find_frames(deep, dialects) is None
    assert asked < 8000


def test_two_of_a_size_double_cost_twice(tmp_path: Path) -> None:
    """The list of frames is walked once, whatever its length: the people are read of the chosen frame alone."""
    frames = [_frame(0)] * 400
    found = find_frames(frames, READERS)
    assert found is not None and len(found.frames) == 400
    assert np.isfinite(found.read(399).people[0].parts()[0]).all()


def test_a_file_of_many_frames_is_read_once_for_all_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number and by the pictures' names; and again when it has changed."""
    path = write(tmp_path, {f"photo_{number}.jpg": _frame(number) for number in range(3)})
    os.utime(path, (1e9, 1e9))
    read: list[Path] = []
    monkeypatch.setattr(
        keypoint_files, "read_document", lambda file: read.append(file) or read_document(file)
    )
    for number in (0, 1, 2):
        for options in (ReadingOptions(frame=number), ReadingOptions(photo_name=f"photo_{number}.png")):
            assert read_keypoint_file(path, SIZE, options=options).people[0].body[0, 0] == 400 + 10 * number
    assert len(read) == 1
    write(tmp_path, [_frame(7), _frame(8)])
    assert read_keypoint_file(path, SIZE, options=ReadingOptions(frame=0)).people[0].body[0, 0] == 470
