"""The manifest of a batch: what was added comes back, and no line that anybody else has written does harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fitting_core.batch.manifest import MANIFEST, FileLines, Manifest
from fitting_core.batch.messages import PhotoRow
from fitting_core.errors import OutputError

_ROW = PhotoRow("a/b.jpg", "done", 2, "good check", 1.5, "a/b", reason="a word")
_GOOD = {
    "photo": "x.jpg", "status": "done", "people": 1, "quality": "good", "seconds": 1, "folder": "x", "code": "", "reason": "",
    "fingerprint": "f",
}  # fmt: skip
_LINES: dict[str, bytes] = {
    "cut short": json.dumps(_GOOD).encode()[:-9],
    "nested deeply": b"[" * 60_000,
    "no object": b"[1, 2]",
    "a key too many": json.dumps(_GOOD | {"more": 1}).encode(),
    "a key too few": json.dumps({key: value for key, value in _GOOD.items() if key != "folder"}).encode(),
    "people in words": json.dumps(_GOOD | {"people": "one"}).encode(),
    "a folder of numbers": json.dumps(_GOOD | {"folder": 3}).encode(),
    "another status": json.dumps(_GOOD | {"status": "half"}).encode(),
    "no fingerprint": json.dumps(_GOOD | {"fingerprint": None}).encode(),
    "no number": json.dumps(_GOOD | {"seconds": float("nan")}).encode(),
    "a number without end": b'{"seconds": ' + b"9" * 50_000 + b"}",
    "longer than any": b'{"photo": "' + b"x" * 200_000 + b'"}',
    "no text": b"\xff\xfe\x00",
}


def test_what_was_added_comes_back(tmp_path: Path) -> None:
    manifest = Manifest(FileLines(tmp_path / MANIFEST))
    manifest.add(_ROW, "one")
    manifest.add(PhotoRow("c.jpg", "failed", code="bad-photo", reason="no picture"), "two")
    again = Manifest(FileLines(tmp_path / MANIFEST))
    found = again.done("a/b.jpg")
    assert found is not None and (found.row, found.fingerprint) == (_ROW, "one")
    again.add(_ROW, "three")  # the later line counts
    assert (
        last := Manifest(FileLines(tmp_path / MANIFEST)).done("a/b.jpg")
    ) is not None and last.fingerprint == "three"
    again.close(["a/b.jpg"])
    assert Manifest(FileLines(tmp_path / MANIFEST)).done("c.jpg") is None
    assert len((tmp_path / "batch.jsonl").read_bytes().splitlines()) == 3  # head, one photo, the end


def test_what_a_stopped_run_has_finished_is_known(tmp_path: Path) -> None:
    first = Manifest(FileLines(tmp_path / MANIFEST))
    first.add(_ROW, "one")
    first.close([_ROW.photo])
    Manifest(FileLines(tmp_path / MANIFEST)).add(PhotoRow("c.jpg", "done", 1, "good", 1.0, "c"), "two")
    found = {name: Manifest(FileLines(tmp_path / MANIFEST)).done(name) for name in (_ROW.photo, "c.jpg")}
    assert [one is not None and one.by_stopped_run for one in found.values()] == [False, True]


@pytest.mark.parametrize("line", _LINES.values(), ids=_LINES.keys())
def test_other_lines_are_passed_over(tmp_path: Path, line: bytes) -> None:
    Manifest(FileLines(tmp_path / MANIFEST)).add(_ROW, "one")
    path = tmp_path / "batch.jsonl"
    path.write_bytes(path.read_bytes() + line)
    manifest = Manifest(FileLines(tmp_path / MANIFEST))
    assert manifest.done("x.jpg") is None
    assert manifest.done("a/b.jpg") is not None
    manifest.add(PhotoRow("after.jpg", "done", 1, "good", 1.0, "after"), "two")
    assert Manifest(FileLines(tmp_path / MANIFEST)).done("after.jpg") is not None, (
        "a cut line swallows none that follows"
    )


@pytest.mark.parametrize("content", [b"", b"mine\n", b'{"smplify_batch": 2}\n', b"x" * 100_000])
def test_another_file_of_that_name_is_not_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "batch.jsonl").write_bytes(content)
    with pytest.raises(OutputError, match=r"batch\.jsonl"):
        Manifest(FileLines(tmp_path / MANIFEST))
    assert (tmp_path / "batch.jsonl").read_bytes() == content
