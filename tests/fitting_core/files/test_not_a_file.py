"""Pipes, devices, folders and files that go away: refused at once, by every reader, with its own error."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.model_file import load_body_model
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.errors import FittingError
from fitting_core.files.npz_reader import read_arrays, read_headers
from fitting_core.files.restricted_pickle import read_pickled_arrays
from fitting_core.files.tensor_file import read_tensors
from fitting_core.fitting.priors.user_files import read_pose_mixture, read_vposer
from fitting_core.keypoints.emphasis import weights_from_file
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.photo.camera_file import read_camera_file
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.photo_copy import write_photo_copy

_READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "keypoints": (".json", lambda path: read_keypoint_file(path, (100, 100))),
    "camera": (".json", lambda path: read_camera_file(path, (100, 100))),
    "keypoint weights": (".json", weights_from_file),
    "photo": (".jpg", read_photo_header),
    "photo to copy": (".jpg", lambda path: write_photo_copy(path, path.parent / "copy.jpg")),
    "pose, npz": (".npz", read_foreign_file),
    "pose, pickle": (".pkl", read_foreign_file),
    "model, npz": (".npz", lambda path: load_body_model(str(path))),
    "model, pickle": (".pkl", lambda path: load_body_model(str(path))),
    "pickled arrays": (".pkl", lambda path: read_pickled_arrays(path, ("a",))),
    "mixture, npz": (".npz", read_pose_mixture),
    "mixture, pickle": (".pkl", read_pose_mixture),
    "VPoser": (".pt", read_vposer),
    "tensors": (".pt", read_tensors),
    "arrays": (".npz", lambda path: read_arrays(path, ("a",), FittingError, "file of arrays")),
    "headers": (".npz", lambda path: read_headers(path, ("a",), FittingError, "file of arrays")),
}


@contextmanager
def _patience(seconds: int) -> Generator[None]:
    """Fail instead of waiting for ever."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"it still waits after {seconds} s")

    earlier = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _link(target: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.symlink_to(target)
        return path

    return make


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


_THINGS: dict[str, Callable[[Path], Path]] = {
    "pipe": _pipe,
    "device without end": _link("/dev/zero"),
    "terminal": _link("/dev/tty"),
    "link to nothing": _link("nothing"),
    "link to itself": lambda path: _link(str(path))(path),
    "folder": _folder,
    "nothing": lambda path: path,
    "name that no file can have": lambda path: path.with_name(f"a\0b{path.suffix}"),
    "name that cannot be encoded": lambda path: path.with_name(f"a\ud800b{path.suffix}"),
    "name too long": lambda path: path.with_name("a" * 300 + path.suffix),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("thing", _THINGS)
@pytest.mark.parametrize("name", _READERS)
def test_refused_at_once(name: str, thing: str, tmp_path: Path) -> None:
    suffix, read = _READERS[name]
    path = _THINGS[thing](tmp_path / f"thing{suffix}")
    with _patience(20), pytest.raises(FittingError) as refused:
        read(path)
    assert str(refused.value).isprintable()
    assert not list(tmp_path.glob("*copy*"))


def test_a_model_that_goes_away_after_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fitting_core.body_model import model_file
    from tests import synthetic_body

    path = tmp_path / "model.npz"
    synthetic_body.write(path) if hasattr(synthetic_body, "write") else None
    build = model_file._shape_directions

    def build_and_remove(*arguments: object) -> object:
        path.unlink()
        return build(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(model_file, "_shape_directions", build_and_remove)
    with pytest.raises(FittingError, match="there is no such body model"):
        _load(path)


def _load(path: Path) -> BodyModel:
    return load_body_model(str(path))
