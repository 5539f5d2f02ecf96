"""A photo's copy: the same bytes, a piece at a time, or an error that says whose fault it was."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from fitting_core.errors import OutputError, PhotoError
from fitting_core.photo.header import MAXIMUM_BYTES, read_photo_header
from fitting_core.photo.photo_copy import write_photo_copy
from tests.fitting_core.photo.pictures import stored_picture


def test_the_same_bytes_and_little_memory(tmp_path: Path) -> None:
    photo, copy = tmp_path / "a.jpg", tmp_path / "photo.jpg"
    photo.write_bytes(stored_picture("JPEG") + bytes(30_000_000))
    tracemalloc.start()
    write_photo_copy(photo, copy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert copy.read_bytes() == photo.read_bytes()
    assert peak < 5_000_000
    write_photo_copy(copy, copy)  # a fit into the folder that its photo lies in
    assert copy.read_bytes() == photo.read_bytes()


def test_a_photo_padded_to_gigabytes(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(stored_picture("JPEG"))
    with photo.open("r+b") as file:
        file.truncate(MAXIMUM_BYTES + 1)  # sparse: takes no room
    tracemalloc.start()
    with pytest.raises(PhotoError, match=r"a\.jpg: .*805 MB, where 805 are the limit"):
        read_photo_header(photo)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_photo_that_grows_while_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitting_core.photo.photo_copy.MAXIMUM_BYTES", 1000)
    photo = tmp_path / "a.jpg"
    photo.write_bytes(bytes(1001))
    with pytest.raises(PhotoError, match="larger than"):
        write_photo_copy(photo, tmp_path / "photo.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_whose_fault_it_was(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    with pytest.raises(PhotoError, match=r"a\.jpg: there is no such photo"):
        write_photo_copy(photo, tmp_path / "photo.jpg")
    photo.write_bytes(b"photo")
    with pytest.raises(OutputError, match=r"absent.photo\.jpg cannot be written"):
        write_photo_copy(photo, tmp_path / "absent" / "photo.jpg")
