"""The list of a batch's finished photos: what was added comes back, other lines do no harm, and changed input is noticed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from smplify_blender.headless.batch_table import BatchRow
from smplify_blender.headless.finished_photos import FinishedPhotos, KeypointIndex, fingerprint_of
from smplify_blender.result.errors import ResultError
from smplify_blender.result.output_file import held_alone

_ROW = BatchRow("a.jpg", "done", 2, "good check", 1.5, "a.blend a_fit", reason="a word")
_GOOD = asdict(BatchRow("x.jpg", "done")) | {"fingerprint": "f"}
_LINES: dict[str, bytes] = {
    "cut short": json.dumps(_GOOD).encode()[:-9],
    "nested deeply": b"[" * 60_000,
    "no object": b"[1, 2]",
    "a key too many": json.dumps(_GOOD | {"more": 1}).encode(),
    "people in words": json.dumps(_GOOD | {"people": "one"}).encode(),
    "no fingerprint": json.dumps(_GOOD | {"fingerprint": None}).encode(),
    "no number": json.dumps(_GOOD | {"seconds": float("nan")}).encode(),
    "no text": b"\xff\xfe\x00",
}


def test_what_was_done_comes_back(tmp_path: Path) -> None:
    first = FinishedPhotos(tmp_path)
    first.add(_ROW, "one")
    first.add(BatchRow("b.jpg", "failed", code="bad-photo", reason="no picture"), "two")
    second = FinishedPhotos(tmp_path)
    assert second.done("a.jpg", "one") == _ROW
    assert second.done("a.jpg", "other") is None, "made from something else"
    assert second.done("b.jpg", "two") is None, "what failed is tried again"
    second.close(["b.jpg"])
    assert FinishedPhotos(tmp_path).done("a.jpg", "one") is None, "the photo is gone from the folder"


@pytest.mark.parametrize("line", _LINES.values(), ids=_LINES.keys())
def test_other_lines_are_passed_over(tmp_path: Path, line: bytes) -> None:
    FinishedPhotos(tmp_path).add(_ROW, "one")
    path = tmp_path / "rigs.jsonl"
    path.write_bytes(path.read_bytes() + line)
    found = FinishedPhotos(tmp_path)
    assert found.done("x.jpg", "f") is None and found.done("a.jpg", "one") == _ROW
    found.add(BatchRow("after.jpg", "done"), "two")
    assert FinishedPhotos(tmp_path).done("after.jpg", "two") is not None, (
        "a cut line swallows none that follows"
    )


@pytest.mark.parametrize("content", [b"", b"mine\n", b'{"smplify_batch": 1}\n'])
def test_a_file_of_the_users_own_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rigs.jsonl").write_bytes(content)
    with pytest.raises(ResultError, match=r"rigs\.jsonl"):
        FinishedPhotos(tmp_path)
    assert (tmp_path / "rigs.jsonl").read_bytes() == content


_NAMES: dict[str, bool] = {
    "shot_1_keypoints.json": True,
    "SHOT_1.JSON": True,
    "results_shot_1.json": True,
    "keypoints/shot_1-keypoints.npz": True,
    "elsewhere/shot_1.pkl": True,
    "shot_10_keypoints.json": False,
    "bigshot_1.json": False,
    "shot_1.txt": False,
    "deeper/keypoints/shot_1.json": False,
}


@pytest.mark.parametrize(("name", "is_found"), _NAMES.items(), ids=_NAMES)
def test_keypoint_files_are_known_by_their_names(tmp_path: Path, name: str, is_found: bool) -> None:
    photos, more = tmp_path / "photos", tmp_path / "elsewhere"
    path = tmp_path / name if name.startswith("elsewhere") else photos / name
    more.mkdir()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    found = KeypointIndex(photos, more).of(photos / "shot_1.jpg")
    assert found == ((path,) if is_found else ())


def test_twice_as_many_photos_take_twice_the_steps(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}_keypoints.json").touch()
    index = KeypointIndex(tmp_path, None)

    def steps(count: int) -> int:
        calls = 0

        def counted(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(counted)
        try:
            for number in range(count):
                index.of(tmp_path / f"{number}.jpg")
        finally:
            sys.setprofile(None)
        return calls

    assert steps(200) < 2.5 * steps(100)
    assert steps(200) < 200 * 200


def _changed(photo: Path) -> str:
    photo.write_bytes(b"other")
    return "options"


def _renamed(photo: Path) -> str:
    photo.rename(photo.with_name("b.jpg"))
    photo.with_name("b.jpg").rename(photo)
    return "options"


_CHANGES: dict[str, tuple[Callable[[Path], str], bool]] = {
    "nothing": (lambda _: "options", True),
    "there and back": (_renamed, True),
    "the pixels": (_changed, False),
    "the options": (lambda _: "others", False),
}


@pytest.mark.parametrize(("change", "is_same"), _CHANGES.values(), ids=_CHANGES)
def test_fingerprint(tmp_path: Path, change: Callable[[Path], str], is_same: bool) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"photo")
    before = fingerprint_of([photo], "options")
    assert (fingerprint_of([photo], change(photo)) == before) is is_same


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks on folders")
def test_a_folder_is_held_by_one_run(tmp_path: Path) -> None:
    with held_alone(tmp_path / "out"), pytest.raises(BlockingIOError), held_alone(tmp_path / "out"):
        pass
    with held_alone(tmp_path / "out"):
        pass
