"""A fit that starts from another program's pose: the regressor's pose, before a camera or in any world, finds its person."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.geometry.rotations import compose_vectors
from tests.photos import synthetic_case, write_photo

_TO_Z_UP = np.array([-np.pi / 2, 0.0, 0.0])  # from a camera's frame (y down, z forward) to z up


@pytest.fixture
def fitted(tmp_path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """A photo with keypoints, as the words of a command, and the solution of a fit that searches."""
    photo, keypoints = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    words = ["fit", str(photo), str(keypoints), "--no-depth-cue", "--no-overlay", "--no-gaze"]
    assert main([*words, "--out", str(tmp_path / "searched")]) == 0
    with np.load(tmp_path / "searched" / "person_00.npz") as person:
        return words, dict(person)


@pytest.mark.parametrize("world", ["camera", "z up", "frames", "pickle"])
def test_start_from_another_program_s_pose(
    tmp_path: Path, fitted: tuple[list[str], dict[str, np.ndarray]], world: str
) -> None:
    words, found = fitted
    root = found["global_orient"].astype(np.float64)[None]
    values = {
        "global_orient": root,
        "body_pose": found["body_pose"][None],
        "transl": np.array([[0.1, 0.2, 3.0]]),
    }
    more: list[str] = []
    if world == "z up":
        poses = np.zeros((1, 66))
        poses[:, :3] = compose_vectors(_TO_Z_UP[None], root)
        poses[:, 3:] = found["body_pose"]
        values = {"poses": poses, "trans": np.array([[0.0, 0.0, 0.9]])}
    if world == "frames":
        values = {key: np.concatenate([value, value]) for key, value in values.items()}
        values["body_pose"][0] = 0.0
        more = ["--start-frame", "1"]
    pose = tmp_path / ("pose.pkl" if world == "pickle" else "pose.npz")
    if world == "pickle":
        pose.write_bytes(pickle.dumps(values))
    else:
        np.savez(pose, **values)
    out = tmp_path / "started"
    assert main([*words, *more, "--start", str(pose), "--out", str(out)]) == 0
    with np.load(out / "person_00.npz") as person:
        apart = np.linalg.norm(person["joints"][:22] - found["joints"][:22], axis=1)
    assert apart.mean() < 0.05


def test_a_start_that_is_no_pose_is_refused(
    tmp_path: Path, fitted: tuple[list[str], dict[str, np.ndarray]], capsys: pytest.CaptureFixture[str]
) -> None:
    words, _ = fitted
    np.savez(tmp_path / "pose.npz", image=np.zeros(3))
    assert main([*words, "--start", str(tmp_path / "pose.npz"), "--out", str(tmp_path / "out")]) == 2
    assert "--start" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
