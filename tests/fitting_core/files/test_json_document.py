"""Files that are not a JSON document of sensible size, and encodings that are."""

from __future__ import annotations

import codecs
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.files import json_document
from fitting_core.files.border import RefusedError
from fitting_core.files.json_document import MAXIMUM_DEPTH, read_json_document
from fitting_core.keypoints.keypoint_files import read_keypoint_file

_DOCUMENT = {"people": [], "note": 'brackets in text do not count: [[[["\\"{{ é'}
_TEXT = json.dumps(_DOCUMENT, ensure_ascii=False)


@pytest.mark.parametrize(
    "data",
    [
        _TEXT.encode(),
        codecs.BOM_UTF8 + _TEXT.encode(),
        _TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + _TEXT.encode("utf-16-be"),
        f"\r\n {_TEXT}\n\n".encode(),
    ],
    ids=["UTF-8", "UTF-8 with BOM", "UTF-16", "UTF-16 big-endian", "white space"],
)
def test_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert read_json_document(path) == _DOCUMENT


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"This is a bad json.", "line 1, column 1"),
        (b'{"people": [\n1,]}', "line 2, column"),
        (b'{"people": []', "not valid JSON"),
        (b'{"people": [] } {}', "Extra data"),
        (b'{"people": "\xff"}', "is not text"),
        (b"\xff\xfe{", "is not text"),
        (b"[" * (MAXIMUM_DEPTH + 1) + b"]" * (MAXIMUM_DEPTH + 1), f"more than {MAXIMUM_DEPTH} deep"),
        (b"[" * 1_000_000, f"more than {MAXIMUM_DEPTH} deep"),
        (b'{"a":' * 200_000, f"more than {MAXIMUM_DEPTH} deep"),
        (b"PK\x03\x04....", "est_joints.npz"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"%YAML:1.0", "--write_json"),
        (b'{"people": [' + b"9" * 10_000 + b"]}", None),
    ],
    ids=[
        "empty", "blank", "prose", "trailing comma", "cut short", "two documents", "Latin-1", "half UTF-16", "deep",
        "very deep", "very deep objects", "npz", "JPEG", "YAML", "huge integer",
    ],
)  # fmt: skip
def test_faulty_files(tmp_path: Path, data: bytes, words: str | None) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    if words is None:  # read as infinity, to be refused where a point has it
        assert read_json_document(path) == {"people": [float("inf")]}
        return
    with pytest.raises(RefusedError) as caught:
        read_json_document(path)
    assert words in str(caught.value)


def test_size_is_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # sparse: takes no room
    tracemalloc.start()
    with pytest.raises(RefusedError, match="200 MB"):
        read_json_document(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_depth_at_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH)
    assert isinstance(read_json_document(path), list)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.json", "no such keypoint file"),
        ("", "is a folder"),
        ("a\0b", "no file can have this name"),
        ("a\ud800b", "no such keypoint file|no file can have this name"),
    ],
)
def test_paths_that_are_no_file(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(KeypointFileError, match=words):
        read_keypoint_file(tmp_path / name, (100, 100))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedError, match="regular file"):
        read_json_document(tmp_path / "pipe")


def test_limit_is_that_of_the_message() -> None:
    assert json_document.MAXIMUM_BYTES == 50_000_000
