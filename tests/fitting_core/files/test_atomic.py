"""Files are whole or not there, and an older file survives a failure."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from fitting_core.errors import OutputError
from fitting_core.files.atomic import replace_when_complete, write_bytes_atomically


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_replace_an_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old and longer")
    write_bytes_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert _names(tmp_path) == ["a.bin"]


def test_the_temporary_name_keeps_the_suffix(tmp_path: Path) -> None:
    """NumPy would add one otherwise, and the renaming would miss the file."""
    with replace_when_complete(tmp_path / "a.npz") as temporary:
        assert temporary.parent == tmp_path
        np.savez(temporary, x=np.arange(3))
    assert _names(tmp_path) == ["a.npz"]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OutputError),
        (ValueError("a fault of ours"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk full", "fault", "interrupted"],
)
def test_a_failure_leaves_the_older_file_alone(
    tmp_path: Path, raised: BaseException, expected: type[BaseException]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(expected), replace_when_complete(path) as temporary:
        temporary.write_text("half of the n")
        raise raised
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_disk_full_names_the_file_and_the_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"a\.txt cannot be written: No space left"),
        replace_when_complete(tmp_path / "a.txt"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "name", ["missing/a.txt", "folder", "x" * 300], ids=["no folder", "a folder", "too long"]
)
def test_targets_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        write_bytes_atomically(tmp_path / name, b"x")
    assert _names(tmp_path) == ["folder"]
