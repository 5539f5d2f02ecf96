"""Components of body.npz: counted and named by the file, numbered where an older file does neither."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.model_file import load_body_model
from fitting_core.results.body_file import body_file, npz_bytes
from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_body import read_body

_ADDED = ("shape_count", "expression_count", "shape_names", "expression_names")


def _entries() -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(body_file(load_body_model())[0])) as data:
        return {key: data[key] for key in data.files}


def _read(tmp_path: Path, entries: dict[str, np.ndarray]):
    path = tmp_path / "body.npz"
    path.write_bytes(npz_bytes(entries))
    return read_body(path)


@pytest.mark.parametrize("older", [False, True], ids=["counted and named", "an older file"])
def test_todays_names(tmp_path: Path, older: bool) -> None:
    entries = {key: value for key, value in _entries().items() if not (older and key in _ADDED)}
    body = _read(tmp_path, entries)
    named = ("Height", "Weight", "Muscle", "Female-male", "Age", "Leg length")
    assert body.shape_names[:6] == (tuple(f"Shape{index:03d}" for index in range(6)) if older else named)
    assert body.expression_names == tuple(f"Expression{index:03d}" for index in range(10))


def test_the_files_own_names(tmp_path: Path) -> None:
    names = np.array([f"build {index}" for index in range(20)])
    assert _read(tmp_path, _entries() | {"shape_names": names}).shape_names == tuple(names.tolist())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shape_count", np.int64(10)),
        ("shape_names", np.array(["twice"] * 20)),
        ("expression_count", np.int64(0)),
    ],
    ids=["20 + 10 read as 10 + 20", "the same name twice", "no expression"],
)
def test_another_count_is_refused(tmp_path: Path, key: str, value: np.ndarray) -> None:
    with pytest.raises(ResultError, match=key):
        _read(tmp_path, _entries() | {key: np.asarray(value)})
