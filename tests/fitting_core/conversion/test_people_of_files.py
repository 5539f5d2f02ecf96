"""Who is who in files of several people, written as the programs write them: the right person moves, frame for frame."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.doctor import explanation
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.errors import ConversionError, KeypointFileError
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.keypoint_files import read_keypoint_file

_FRAMES = 6


def _elbow(person: int, frame: int) -> float:
    """A turn of the left elbow that nobody else has, and that changes evenly."""
    return -0.3 * person - 0.02 * frame


def _pose(person: int, frame: int) -> np.ndarray:
    pose = np.zeros((24, 3), np.float32)
    pose[0] = [np.pi, 0.05, 0.0]
    pose[18, 1] = _elbow(person, frame)
    return pose


def _phalp_frame(number: int, people: list[int], repeated: tuple[int, ...] = ()) -> dict[str, Any]:
    """A frame as PHALP's tracker records it (phalp/trackers/PHALP.py): a list an entry, an item a person."""
    matrices = {who: matrix_from_vector(_pose(who, number).astype(np.float64)) for who in people}
    each = len(people)
    return {
        "time": number, "shot": 0, "tid": people, "tracked_ids": [who for who in people if who not in repeated],
        "tracked_time": [int(who in repeated) for who in people], "bbox": [np.array([9.0, 9.0, 99.0, 99.0])] * each,
        "appe": [np.zeros(4096, np.float32)] * each, "pose": [np.zeros(4096, np.float32)] * each,
        "size": [[720, 1280]] * each, "camera": [np.array([0.1, 0.2, 60.0])] * each,
        "2d_joints": [np.full(90, 0.4)] * each, "3d_joints": [np.zeros((45, 3))] * each,
        "smpl": [
            {"global_orient": matrices[who][:1], "body_pose": matrices[who][1:], "betas": np.full(10, 0.1 * who)}
            for who in people
        ],
    }  # fmt: skip


def _romp_frame(number: int, people: list[int], is_tracked: bool = True) -> dict[str, Any]:
    """A frame as simple_romp saves it (romp/utils.py): an array an entry, a row a person."""
    poses = np.stack([_pose(who, number) for who in people])
    frame = {
        "cam": np.ones((len(people), 3)), "global_orient": poses[:, 0], "body_pose": poses[:, 1:].reshape(-1, 69),
        "smpl_betas": np.zeros((len(people), 10)), "smpl_thetas": poses.reshape(-1, 72),
        "cam_trans": np.stack([[0.5 * who, 0.3, 5.0] for who in people]), "verts": np.zeros((len(people), 9, 3)),
        "pj2d_org": np.full((len(people), 71, 2), 99.0), "joints": np.zeros((len(people), 71, 3)),
    }  # fmt: skip
    return frame | {"track_ids": np.array(people)} if is_tracked else frame


_PRESENT = {
    0: [1, 2],
    1: [1, 2],
    2: [2, 1],
    3: [2],
    4: [2, 1],
    5: [2, 1],
}  # frame: people, in their order there


def _write_phalp(path: Path) -> None:
    joblib.dump(
        {f"img/{n:06d}.jpg": _phalp_frame(n, people) for n, people in _PRESENT.items()}, path, compress=3
    )


def _write_phalp_ghost(path: Path) -> None:
    """Where nobody is seen PHALP repeats the last pose, and counts for how long."""
    frames = {n: _phalp_frame(n, [1, 2], repeated=(1,) if n == 3 else ()) for n in _PRESENT}
    joblib.dump({f"img/{n:06d}.jpg": frame for n, frame in frames.items()}, path)


def _write_romp(path: Path) -> None:
    frames = {f"{n:08d}.jpg": _romp_frame(n, people) for n, people in _PRESENT.items()}
    people = {1: {"frame_id": [0], "smpl_thetas": [_pose(1, 0).reshape(72)]}}
    with path.open("wb") as file:
        np.savez(file, results=np.array(frames, object), sequence_results=np.array(people, object))


def _write_romp_as_json(path: Path) -> None:
    frames = {f"{n:08d}.jpg": _romp_frame(n, people) for n, people in _PRESENT.items()}
    path.write_text(json.dumps(frames, default=lambda array: np.asarray(array).tolist()))


def _write_slahmr(path: Path) -> None:
    poses = np.stack([[_pose(who, n) for n in range(_FRAMES)] for who in (1, 2)])
    with path.open("wb") as file:
        np.savez(
            file, trans=np.full((2, _FRAMES, 3), 0.5), root_orient=poses[:, :, 0],
            pose_body=poses[:, :, 1:22].reshape(2, _FRAMES, 63), betas=np.zeros((2, 16)),
            cam_R=np.tile(np.eye(3), (2, _FRAMES, 1, 1)), cam_t=np.zeros((2, _FRAMES, 3)),
        )  # fmt: skip


_WRITERS: dict[str, tuple[Callable[[Path], None], bool]] = {
    "PHALP": (_write_phalp, True),
    "PHALP, a repeated pose": (_write_phalp_ghost, True),
    "ROMP's video": (_write_romp, True),
    "ROMP's video, as JSON": (_write_romp_as_json, True),
    "SLAHMR": (_write_slahmr, False),
}


@pytest.mark.parametrize("name", _WRITERS)
@pytest.mark.parametrize("person", [1, 2])
def test_everybody_keeps_their_own_pose_whatever_the_order(tmp_path: Path, name: str, person: int) -> None:
    write, has_gap = _WRITERS[name]
    write(tmp_path / "a")
    pose = read_pose(read_foreign_file(tmp_path / "a", person - 1))
    assert pose.frame_count == _FRAMES
    wanted = [
        _elbow(person, frame) for frame in range(_FRAMES)
    ]  # the missing frame lies evenly between its neighbours
    np.testing.assert_allclose(pose.rotations[:, 18, 1], wanted, atol=1e-5)
    is_gap_said = any("1 frame between has no pose" in word for word in pose.warnings)
    assert is_gap_said == (has_gap and person == 1)


def test_a_picture_s_rows_are_people(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", results=np.array(_romp_frame(0, [1, 2, 3], is_tracked=False), object))
    for person in (1, 2, 3):
        pose = read_pose(read_foreign_file(tmp_path / "a.npz", person - 1))
        assert pose.frame_count == 1 and pose.rotations[0, 18, 1] == pytest.approx(_elbow(person, 0))
        np.testing.assert_allclose(pose.translation, [[0.5 * person, 0.3, 5.0]])
    with pytest.raises(ConversionError, match="there is no person 3: it holds 3"):
        read_foreign_file(tmp_path / "a.npz", 3)


def test_a_motion_of_many_rows_is_no_crowd(tmp_path: Path) -> None:
    poses = np.tile(_pose(1, 0).reshape(1, 72), (100, 1))
    np.savez(tmp_path / "a.npz", smpl_thetas=poses)
    assert read_pose(read_foreign_file(tmp_path / "a.npz")).frame_count == 100


def test_it_is_said_where_only_the_order_tells_people_apart(tmp_path: Path) -> None:
    frames = {f"{n}.jpg": _romp_frame(n, [1, 2], is_tracked=False) for n in range(3)}
    np.savez(tmp_path / "a.npz", results=np.array(frames, object))
    words = read_pose(read_foreign_file(tmp_path / "a.npz")).warnings
    assert any("does not say who is who" in word for word in words)


def test_somebody_who_is_mostly_missing_is_read_without_the_gaps(tmp_path: Path) -> None:
    frames = {f"{n}.jpg": _phalp_frame(n, [1, 2] if n in (0, 1, 9) else [2]) for n in range(10)}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(frames))
    pose = read_pose(read_foreign_file(tmp_path / "a.pkl", 0))
    np.testing.assert_allclose(pose.rotations[:, 18, 1], [_elbow(1, n) for n in (0, 1, 9)], atol=1e-5)
    assert any("is in 3 of 10 frames" in word and "left out" in word for word in pose.warnings)


def test_cliff_stands_before_its_camera(tmp_path: Path) -> None:
    place = np.tile([0.1, 0.3, 5.0], (_FRAMES, 1))
    poses = np.stack([_pose(1, n).reshape(72) for n in range(_FRAMES)])
    np.savez(tmp_path / "a.npz", pose=poses, shape=np.zeros((_FRAMES, 10)), global_t=place)
    pose = read_pose(read_foreign_file(tmp_path / "a.npz"))
    np.testing.assert_allclose(pose.translation, place)
    assert pose.up == "camera"


# Rows of 63 and 69 numbers, of 46 markers' names, and of joints, as such files have them beside the pose.
_NO_POINTS: dict[str, dict[str, Any]] = {
    "AMASS, SMPL-X": {
        "trans": np.zeros((5, 3)), "root_orient": np.zeros((5, 3)), "pose_body": np.full((5, 63), 0.1),
        "pose_hand": np.zeros((5, 90)), "pose_jaw": np.zeros((5, 3)), "latent_labels": np.array(["LFHD"] * 46),
        "markers_latent": np.zeros((46, 3)), "mocap_frame_rate": 120.0,
    },
    "GLAMR": {"smpl_pose": np.full((5, 69), 0.1), "smpl_orient_world": np.zeros((5, 3)), "root_trans_world": np.zeros((5, 3))},
    "SMPLer-X": {"global_orient": np.zeros((1, 3)), "body_pose": np.full((21, 3), 0.1), "left_hand_pose": np.zeros((15, 3))},
}  # fmt: skip


@pytest.mark.parametrize("name", _NO_POINTS)
def test_a_pose_is_explained_as_a_pose_alone(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "a.npz", **_NO_POINTS[name])
    lines = explanation(tmp_path / "a.npz")
    assert [line.partition(":")[0] for line in lines if ": " in line][1] == "Poses"
    assert not any(line.startswith("Keypoints") for line in lines)
    with pytest.raises(KeypointFileError, match=r"a pose of a body model.*--start"):
        read_keypoint_file(tmp_path / "a.npz", (800, 600))


def test_a_file_of_poses_and_points_is_explained_as_both(tmp_path: Path) -> None:
    _write_phalp(tmp_path / "a.pkl")
    starts = [line.partition(":")[0] for line in explanation(tmp_path / "a.pkl")]
    assert "Keypoints" in starts and "Poses" in starts
