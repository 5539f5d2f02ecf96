"""Motions with frames that are no numbers: filled between their neighbours, with a word, or refused where most are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.conversion import gaps as gaps_module
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.conversion.foreign_pose import ForeignPose
from fitting_core.errors import ConversionError
from fitting_core.geometry.rotations import matrix_from_vector

_FRAMES = 11
_TIME = np.arange(_FRAMES)[:, None]
_AXES = np.random.default_rng(2).normal(0, 1, (22, 3))
# Every joint turns evenly about an axis of its own, and the place moves evenly: what is left out is known.
_TURNS = (_AXES / np.linalg.norm(_AXES, axis=1, keepdims=True) * 0.03 * (_TIME[:, None] + 1)).reshape(
    _FRAMES, 66
)
_PLACES = np.array([0.1, 0.9, 0.2]) + 0.02 * _TIME


def _matrices(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(matrix_from_vector(vectors.reshape(len(vectors), -1, 3)))


def _read(folder: Path, **values: Any) -> ForeignPose:
    np.savez(folder / "motion.npz", **values)
    return read_pose(read_foreign_file(folder / "motion.npz"))


def _with(values: np.ndarray, frames: list[int], bad: float = np.nan) -> np.ndarray:
    changed = values.copy()
    changed[frames] = bad
    return changed


_FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "vectors": lambda vectors: vectors,
    "matrices": _matrices,
    "6-D": lambda vectors: _matrices(vectors)[..., :2].reshape(len(vectors), -1),
}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("form", _FORMS)
def test_gaps_are_filled_evenly(tmp_path: Path, form: str, bad: float) -> None:
    poses = _with(_FORMS[form](_TURNS), [3, 4, 5, 8], bad)
    pose = _read(tmp_path, poses=poses, trans=_with(_PLACES, [3, 6, 7], bad))
    np.testing.assert_allclose(_matrices(pose.rotations[:, :22]), _matrices(_TURNS), atol=1e-6)
    np.testing.assert_allclose(pose.translation, _PLACES, atol=1e-9)
    (words,) = [text for text in pose.warnings if "finite" in text]
    assert words.startswith("6 of its 11 frames") and "6 in a row at most" in words


def test_ends_are_held(tmp_path: Path) -> None:
    pose = _read(tmp_path, poses=_with(_TURNS, [0, 1, 10]), trans=_with(_PLACES, [0, 10]))
    expected = _TURNS[[2, 2, *range(2, 10), 9]]
    np.testing.assert_allclose(_matrices(pose.rotations[:, :22]), _matrices(expected), atol=1e-6)
    assert pose.translation is not None
    np.testing.assert_allclose(pose.translation[[0, 10]], _PLACES[[1, 9]])


def test_one_joint_alone_is_filled_alone(tmp_path: Path) -> None:
    poses = _TURNS.copy()
    poses[5, 13] = np.nan  # of the left knee
    poses[5, :3] *= 3.0  # a jump of the root, which is what the file says
    pose = _read(tmp_path, poses=poses)
    expected = _TURNS.copy()
    expected[5, :3] *= 3.0
    np.testing.assert_allclose(pose.rotations[:, :22].reshape(_FRAMES, 66), expected, atol=1e-6)


def test_parts_and_degrees(tmp_path: Path) -> None:
    degrees = np.rad2deg(_TURNS * 20.0)
    latent = np.random.default_rng(3).normal(0, 1, (1, 32)) * (_TIME + 1)
    found = _read(tmp_path, global_orient=_with(degrees[:, :3], [4]), body_pose=_with(degrees[:, 3:], [6]))
    assert any("degrees" in text for text in found.warnings)
    np.testing.assert_allclose(
        _matrices(found.rotations[:, :22].reshape(_FRAMES, 66)), _matrices(_TURNS * 20.0), atol=1e-6
    )
    with_latent = _read(tmp_path, global_orient=_TURNS[:, :3], body_pose=_with(latent, [2, 9]))
    np.testing.assert_allclose(with_latent.latent, latent)


def test_long_gaps_are_filled_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps_module, "_BLOCK_FRAMES", 2)
    pose = _read(tmp_path, poses=_with(_TURNS, [3, 4, 5, 6, 7]))
    np.testing.assert_allclose(_matrices(pose.rotations[:, :22]), _matrices(_TURNS), atol=1e-6)


_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "most frames": (
        {"poses": _with(_TURNS, list(range(2, 9)))},
        "'poses' .*in 7 of 11 frames, too many to be filled",
    ),
    "most places": (
        {"poses": _TURNS, "trans": _with(_PLACES, list(range(6)))},
        "'trans' .*in 6 of 11 frames",
    ),
    "the only frame": ({"poses": _with(_TURNS[:1], [0])}, r"'poses' holds .*infinite\)\. Export"),
    "a rate": ({"poses": _TURNS, "mocap_framerate": np.nan}, "'mocap_framerate' holds"),
    "a camera": (
        {
            "global_orient": _TURNS[:1, :3],
            "body_pose": _TURNS[:1, 3:],
            "camera_translation": [[0.0, np.nan, 1.0]],
        },
        "'camera_translation' holds",
    ),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_cannot_be_filled_is_refused(tmp_path: Path, name: str) -> None:
    values, words = _REFUSED[name]
    with pytest.raises(ConversionError, match=words):
        _read(tmp_path, **values)
