"""Joints of regressors: the same person stands in each program's file, at the depths that it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from fitting_core.keypoints.keypoint_files import ReadingOptions, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.keypoints.layouts import BODY_25
from tests.fitting_core.keypoints.documents import SIZE, STANDING

_WIDTH, _HEIGHT = SIZE
_NEAR_M = -0.4  # of the left wrist
_SMPL = (
    "pelvis", "left_hip", "right_hip", "", "left_knee", "right_knee", "", "left_ankle", "right_ankle", "", "", "", "", "", "",
    "", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "", "",
)  # fmt: skip
_FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")
_ROMP = (*_SMPL, "nose", "right_eye", "left_eye", "right_ear", "left_ear", *_FEET)
_HYBRIK = (*_SMPL, "", "", "", "left_big_toe", "right_big_toe")
_LIMBS = [
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "big_toe")
]


def _points(names: tuple[str, ...], count: int) -> np.ndarray:
    """(count, 2) pixels; what has no name of ours lies in a corner."""
    found = np.full((count, 2), 5.0)
    for row, name in enumerate(names):
        found[row] = STANDING.get(name, (5, 5))
    return found


def _space(names: tuple[str, ...], count: int, unit_m: float = 1.0) -> np.ndarray:
    found = np.zeros((count, 3))
    found[names.index("left_wrist"), 2] = _NEAR_M / unit_m
    return found


def _phalp() -> dict[str, Any]:
    side, left = max(SIZE), (max(SIZE) - _WIDTH) // 2
    joints = (_points(BODY_25.names, 45) + np.array([left, 0])) / side
    person = {"2d_joints": [joints.reshape(-1)], "3d_joints": [_space(BODY_25.names, 45)], "size": [[_HEIGHT, _WIDTH]],
              "tid": [1], "camera": [np.array([0, 0, 40.0])], "smpl": [{"betas": np.zeros(10)}]}  # fmt: skip
    nobody = {"2d_joints": [], "3d_joints": [], "size": [], "tid": [], "camera": [], "smpl": []}
    return {"out/0001.jpg": nobody, "out/photo.jpg": person}


def _romp() -> dict[str, Any]:
    return {
        "pj2d_org": _points(_ROMP, 71)[None],
        "joints": _space(_ROMP, 71)[None],
        "smpl_thetas": np.zeros((1, 72)),
    }


def _vibe() -> dict[Any, Any]:
    names = BODY_25.names
    person = {
        "joints2d_img_coord": np.stack([_points(names, 49)] * 2),
        "joints3d": np.stack([_space(names, 49)] * 2),
    }
    return {1: person | {"frame_ids": np.array([3, 4])}, 2: person | {"frame_ids": np.array([4, 5])}}  # fmt: skip


def _hybrik(has_corners: bool = True) -> dict[str, Any]:
    middle, side = np.array([400.0, 500.0]), 900.0
    box = [*(middle - side / 2), *(middle + side / 2)] if has_corners else [*middle, side, side]
    joints = np.zeros((2, 29, 3))
    joints[..., :2] = (_points(_HYBRIK, 29) - middle) / side
    return {
        "pred_uvd": joints, "pred_xyz_29": np.stack([_space(_HYBRIK, 29, 2.2)] * 2),
        "bbox": np.tile(box, (2, 1)), "width": [_WIDTH] * 2, "height": [_HEIGHT] * 2,
        "img_path": ["out/0001.jpg", "out/photo.jpg"],
    }  # fmt: skip


_FILES: dict[str, tuple[Any, str, int]] = {
    "PHALP": (_phalp, "PHALP", 1),
    "ROMP": (_romp, "ROMP or BEV", 0),
    "VIBE": (_vibe, "VIBE", 1),
    "HybrIK": (_hybrik, "HybrIK", 1),
    "HybrIK, box by its middle": (lambda: _hybrik(has_corners=False), "HybrIK", 1),
}


def _read(path: Path, value: Any, frame: int) -> KeypointFile:
    if path.suffix == ".npz":
        np.savez(path, results=np.array(value, dtype=object))
    elif path.suffix == ".json":
        path.write_text(json.dumps(value, default=lambda array: np.asarray(array).tolist()))
    else:
        joblib.dump(value, path)
    return read_keypoint_file(path, SIZE, options=ReadingOptions(frame=frame))


@pytest.mark.parametrize("suffix", [".pkl", ".npz", ".json"])
@pytest.mark.parametrize("name", _FILES)
def test_joints_are_keypoints_and_depths(tmp_path: Path, name: str, suffix: str) -> None:
    make, program, frame = _FILES[name]
    found = _read(tmp_path / f"file{suffix}", make(), frame)
    assert found.dialect.startswith(program)
    for number, person in enumerate(found.people):
        for joint in (*_LIMBS, "neck", "mid_hip"):
            np.testing.assert_allclose(
                person.body[BODY_25.index(joint), :2], STANDING[joint], atol=1e-6, err_msg=joint
            )
        depths = found.depths[number]
        assert depths is not None
        assert depths[BODY_25.index("left_wrist")].tolist() == pytest.approx([_NEAR_M, 1.0])
        assert depths[BODY_25.index("right_wrist")].tolist() == [0.0, 1.0]
        assert depths[BODY_25.index("neck"), 1] == 0.0  # SMPL's neck is another
    assert found.focal_px is None


_COMPRESSIONS = [
    ("zlib", 1),
    ("zlib", 3),
    ("zlib", 6),
    ("zlib", 9),
    ("gzip", 3),
    ("bz2", 3),
    ("xz", 3),
    ("lzma", 3),
]


@pytest.mark.parametrize("compress", _COMPRESSIONS, ids=lambda pair: f"{pair[0]} {pair[1]}")
def test_every_compression_of_joblib(tmp_path: Path, compress: tuple[str, int]) -> None:
    """PHALP dumps with compress=3, whose first bytes are those of no other level of zlib."""
    joblib.dump(_phalp(), tmp_path / "a.pkl", compress=compress)
    found = read_keypoint_file(tmp_path / "a.pkl", SIZE, options=ReadingOptions(frame=1))
    assert found.dialect.startswith("PHALP")


def test_pictures_and_people_of_a_video(tmp_path: Path) -> None:
    assert [len(_read(tmp_path / "v.pkl", _vibe(), frame).people) for frame in range(3)] == [1, 2, 1]
    assert not _read(tmp_path / "p.pkl", _phalp(), 0).people
    by_name = read_keypoint_file(tmp_path / "p.pkl", SIZE, options=ReadingOptions(photo_name="photo.jpg"))
    assert len(by_name.people) == 1


def test_joints_in_the_photo_alone_have_no_depths(tmp_path: Path) -> None:
    found = _read(tmp_path / "r.json", {key: value for key, value in _romp().items() if key != "joints"}, 0)
    assert len(found.people) == 1 and found.depths == ()


@pytest.mark.parametrize("name", _FILES)
def test_a_picture_of_another_size_is_scaled_where_the_file_says_its_own(tmp_path: Path, name: str) -> None:
    make, _, frame = _FILES[name]
    path = tmp_path / "file.json"
    path.write_text(json.dumps(make(), default=lambda array: np.asarray(array).tolist()))
    found = read_keypoint_file(path, (2 * _WIDTH, 2 * _HEIGHT), options=ReadingOptions(frame=frame))
    factor = 2 if name.startswith(("PHALP", "HybrIK")) else 1
    wrist = found.people[0].body[BODY_25.index("left_wrist"), :2]
    np.testing.assert_allclose(wrist, factor * np.array(STANDING["left_wrist"]), atol=1e-6)
    assert found.is_of_unknown_size == (factor == 1)
