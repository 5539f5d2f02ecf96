"""motion.npz: read and checked whole; everything wrong is refused with file, key and next step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.chosen_file import holds_motion, own_folder
from smplify_blender.result.errors import ResultError
from smplify_blender.result.motion_tracks import (
    MAX_KEYS,
    MotionTiming,
    continuous,
    keyed_rows,
    product,
    quaternions,
    scene_frames,
)
from smplify_blender.result.read_motion import read_motion
from smplify_blender.result.rotations import quaternion_from_matrix
from tests.blender.synthetic_result import random_motion, rotation_matrix, write_motion

_ROTATIONS = np.zeros((3, 55, 3), np.float32)

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another version": ({"schema_version": 2}, "schema_version 2"),
    "no frame rate": ({"fps": None}, "no key “fps”"),
    "no such rate": ({"fps": 0.0}, "“fps” 0"),
    "endless rate": ({"fps": np.nan}, "not finite numbers|finite"),
    "no frames": ({"rotations": _ROTATIONS[:0], "transl": np.zeros((0, 3), np.float32)}, "no frames"),
    "two counts": ({"transl": np.zeros((4, 3), np.float32)}, "“transl” of shape"),
    "too many joints": ({"rotations": np.zeros((3, 56, 3), np.float32)}, "“rotations” of shape"),
    "not a number": ({"rotations": _ROTATIONS * np.nan}, "not finite"),
    "in the next town": ({"transl": np.full((3, 3), 1e5, np.float32)}, "1e\\+05 in “transl”"),
    "no such body": ({"betas": np.full(10, 99.0, np.float32)}, "99 in “betas”"),
    "other body": ({"body_sha256": "1" * 64}, "another body.npz"),
    "objects": ({"rotations": np.array([None] * 3, dtype=object)}, "“rotations”"),
    "more betas": ({"betas": np.zeros(11, np.float32)}, "“betas” of shape"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    folder = write_motion(tmp_path / "a", random_motion(3), **changes)
    with pytest.raises(ResultError, match=words) as refused:
        read_motion(folder)
    assert "motion.npz" in str(refused.value)


def test_too_many_frames_are_refused_before_they_are_read(tmp_path: Path) -> None:
    many = np.zeros((100_001, 3), np.float32)
    folder = write_motion(tmp_path / "a", random_motion(3), transl=many)
    with pytest.raises(ResultError, match="of shape"):
        read_motion(folder)


@pytest.mark.parametrize("missing", ["body.npz", "motion.npz"])
def test_both_files_are_needed(tmp_path: Path, missing: str) -> None:
    folder = write_motion(tmp_path / "a", random_motion(3))
    (folder / missing).unlink()
    with pytest.raises(ResultError, match=f"holds no {missing}"):
        read_motion(folder)


def test_what_is_read(tmp_path: Path) -> None:
    people = random_motion(3)
    motion = read_motion(write_motion(tmp_path / "a", people)).motion
    assert (motion.frame_count, motion.fps, motion.has_floor) == (3, 60.0, True)
    np.testing.assert_allclose(motion.rotations["left_knee"][2], people[2]["body_pose"][9:12], rtol=1e-6)
    assert motion.first_pose("walk").name == "walk"


def test_more_keys_than_a_file_should_hold(tmp_path: Path) -> None:
    motion = read_motion(write_motion(tmp_path / "a", random_motion(3))).motion
    long = type(motion)(**{**motion.__dict__, "transl": np.zeros((2 * MAX_KEYS + 1, 3))})
    with pytest.raises(ResultError, match="Frame Step to 3 or more"):
        keyed_rows(long, MotionTiming())
    assert len(keyed_rows(long, MotionTiming(frame_step=3))) <= MAX_KEYS


def test_frames_at_true_time(tmp_path: Path) -> None:
    motion = read_motion(write_motion(tmp_path / "a", random_motion(5))).motion  # 60 a second
    timing = MotionTiming(start=10, frame_step=2)
    rows = keyed_rows(motion, timing)
    np.testing.assert_allclose(scene_frames(motion, rows, timing, 24.0), [10, 10.8, 11.6])
    each = MotionTiming(start=10, rate="ONE_PER_FRAME", frame_step=2)
    np.testing.assert_allclose(scene_frames(motion, rows, each, 24.0), [10, 11, 12])


VECTORS = {
    "none": (0, 0, 0),
    "small": (1e-9, 0, 0),
    "half turn": (0, np.pi, 0),
    "more than a turn": (0, 0, 8.0),
    "any": (0.3, -1, 2),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_quaternions_and_products_are_rotations(vector: tuple[float, float, float]) -> None:
    found = quaternions(np.array([vector], dtype=float))[0]
    wanted = quaternion_from_matrix(rotation_matrix(np.array(vector)))
    assert abs(found @ wanted) == pytest.approx(1.0, abs=1e-9)
    other = np.array([0.5, 0.2, -0.9])
    both = product(found[None], quaternions(other[None])[0])[0]
    wanted = quaternion_from_matrix(rotation_matrix(np.array(vector)) @ rotation_matrix(other))
    assert abs(both @ wanted) == pytest.approx(1.0, abs=1e-9)


def test_signs_follow_the_neighbour() -> None:
    track = np.array([[1.0, 0, 0, 0], [-0.9, 0.1, 0, 0], [-0.8, 0.2, 0, 0], [0.7, -0.3, 0, 0]])
    np.testing.assert_allclose(continuous(track), [track[0], -track[1], -track[2], track[3]])


CHOSEN = {
    "a folder": ("", True, True),
    "body": ("body.npz", True, True),
    "motion": ("motion.npz", True, True),
    "a person": ("person_00.npz", True, False),
    "another file": ("walk_poses.npz", False, True),
    "a pickle": ("000.pkl", False, True),
}


@pytest.mark.parametrize(("name", "is_ours", "is_motion"), CHOSEN.values(), ids=CHOSEN)
def test_what_was_chosen(tmp_path: Path, name: str, is_ours: bool, is_motion: bool) -> None:
    folder = write_motion(tmp_path / "a", random_motion(2))
    assert own_folder(folder / name) == (folder if is_ours else None)
    assert holds_motion(folder, name) == is_motion


def test_a_motion_npz_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "motion.npz").write_bytes(b"")
    assert own_folder(tmp_path / "motion.npz") is None
