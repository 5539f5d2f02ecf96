"""`inspect` and `engines`: what the command line and the resident process answer, and that they answer the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.arguments.looking_parser import inspect_request
from fitting_core.cli import main
from fitting_core.errors import RequestError
from fitting_core.keypoints.keypoints2d import Keypoints2D
from tests.contract.test_resident_process import Client, client
from tests.photos import openpose_person, synthetic_case, write_photo

__all__ = ["client"]  # the fixture


@pytest.fixture
def person() -> Keypoints2D:
    return synthetic_case(0).subject.keypoints


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = main([*map(str, arguments), "--messages", "json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_people_and_photo(tmp_path: Path, person: Keypoints2D, capsys: pytest.CaptureFixture[str]) -> None:
    shifted = Keypoints2D(*(part * [0.5, 0.5, 1] for part in (person.body, person.left_hand)),
                          person.right_hand * 0, person.face * 0)  # fmt: skip
    photo, keypoints = write_photo(tmp_path, [shifted, person])
    code, answers = told(capsys, "inspect", photo, keypoints, "--fov-deg", "60")
    assert code == 0
    assert [answer["type"] for answer in answers] == ["PERSON", "PERSON", "INSPECTED"]
    small, main_person, found = answers
    assert [small["number"], main_person["number"]] == [0, 1]
    assert [small["is_main"], main_person["is_main"]] == [False, True]
    assert small["parts"] == {"body": True, "face": False, "left_hand": True, "right_hand": False}
    np.testing.assert_allclose(np.array(main_person["keypoints"]), person.stacked(), atol=0.051)
    seen = person.stacked()[person.stacked()[:, 2] >= 0.2]
    np.testing.assert_allclose(
        main_person["box"], [*seen[:, :2].min(axis=0), *seen[:, :2].max(axis=0)], atol=0.06
    )
    width, height = found["image_size"]
    assert found["people"] == 2 and found["description"].startswith("2 people · body, face, both hands")
    assert found["focal_px"] == pytest.approx(max(width, height) / 2 / np.tan(np.pi / 6), abs=0.01)
    assert "as given" in found["focal_source"] and found["focal_is_assumed"] is False


def test_a_photo_alone(tmp_path: Path, person: Keypoints2D, capsys: pytest.CaptureFixture[str]) -> None:
    photo, _ = write_photo(tmp_path, [person])
    code, (found,) = told(capsys, "inspect", photo)
    assert (code, found["people"], found["dialect"], found["focal_is_assumed"]) == (0, 0, "", True)


def test_nobody_usable_is_still_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = Keypoints2D(np.zeros((25, 3)), np.zeros((21, 3)), np.zeros((21, 3)), np.zeros((70, 3)))
    photo, keypoints = write_photo(tmp_path, [empty])
    code, answers = told(capsys, "inspect", photo, keypoints)
    assert code == 0
    (someone,) = [answer for answer in answers if answer["type"] == "PERSON"]
    assert (someone["is_usable"], someone["is_main"], someone["box"]) == (False, False, [])


@pytest.mark.parametrize(
    ("photo_bytes", "keypoint_text", "code", "word"),
    [
        (None, "{}", 3, "bad-photo"),
        (b"GIF89a no photo at all", "{}", 3, "bad-photo"),
        (b"", "nonsense", 4, "bad-keypoints"),
        (b"", '{"people": 3}', 4, "bad-keypoints"),
    ],
    ids=["missing photo", "a GIF", "no JSON", "no people"],
)
def test_refused_like_a_fit(
    tmp_path: Path,
    person: Keypoints2D,
    capsys: pytest.CaptureFixture[str],
    photo_bytes: bytes | None,
    keypoint_text: str,
    code: int,
    word: str,
) -> None:
    photo, keypoints = write_photo(tmp_path, [person])
    keypoints.write_text(keypoint_text, encoding="utf-8")
    if photo_bytes is None:
        photo.unlink()
    elif photo_bytes:
        photo.write_bytes(photo_bytes)
    for command in (["inspect"], ["fit", "--out", str(tmp_path / "o")]):
        found, answers = told(capsys, *command, photo, keypoints)
        assert (found, answers[-1]["code"]) == (code, word)


def test_the_resident_process_answers_the_same(
    client: Client, tmp_path: Path, person: Keypoints2D, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, keypoints = write_photo(tmp_path, [person])
    _, alone = told(capsys, "inspect", photo, keypoints)
    client.request("7", "inspect", str(photo), str(keypoints))
    answers = client.until("INSPECTED", "ERROR")
    assert [{**answer, "id": "7"} for answer in alone] == answers
    client.request("8", "inspect", str(tmp_path / "missing.jpg"))
    assert client.until("ERROR")[-1]["code"] == "bad-photo"
    client.request("9", "inspect")
    assert client.until("ERROR")[-1]["code"] == "bad-request"


def test_engines(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    _, (alone,) = told(capsys, "engines")
    assert alone["python"] == ".".join(map(str, sys.version_info[:3]))
    assert alone["numpy"] == np.__version__
    assert "cpu" in [device["name"] for device in alone["devices"]]
    assert (alone["torch"] is None) == bool(alone["torch_error"])
    client.request("1", "engines")
    assert client.until("ENGINES")[-1] == {**alone, "id": "1"}


def test_people_get_words(tmp_path: Path, person: Keypoints2D, capsys: pytest.CaptureFixture[str]) -> None:
    photo, keypoints = write_photo(tmp_path, [person])
    document = {"version": 1.3, "people": [openpose_person(person)]}
    keypoints.write_text(json.dumps(document), encoding="utf-8")
    assert main(["inspect", str(photo), str(keypoints)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "Person 0: body, face, both hands" in captured.err


@pytest.mark.parametrize("option", ["--estimate-focal", "--principal-point=1,2", "--camera=camera.json"])
def test_what_it_would_ignore_is_refused(option: str) -> None:
    with pytest.raises(RequestError):
        inspect_request(["photo.jpg", "photo_keypoints.json", option])
