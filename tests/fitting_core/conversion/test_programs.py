"""Results of other programs in their own clothes: one known pose, in every form that they write it in, stands the same."""

from __future__ import annotations

import gzip
import json
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.conversion.foreign_pose import ForeignPose
from fitting_core.errors import ConversionError
from fitting_core.geometry.rotations import matrix_from_vector

_FRAMES = 3
_RANDOM = np.random.default_rng(4)
_UPRIGHT_Z = np.array([np.pi / 2, 0.0, 0.0])
_BODY = _RANDOM.normal(0, 0.1, (_FRAMES, 21, 3))
_HAND = _RANDOM.normal(0, 0.1, (_FRAMES, 15, 3))
_PLACE = np.array([[0.1, 0.95, 0.2], [0.12, 0.96, 0.2], [0.14, 0.95, 0.2]])
_ROOT = _RANDOM.normal(0, 0.1, (_FRAMES, 1, 3))
_SMPL = np.concatenate([_ROOT, _BODY, np.zeros((_FRAMES, 2, 3))], axis=1)  # 24 joints


def _matrices(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(matrix_from_vector(vectors))


def _quaternions(vectors: np.ndarray, real_last: bool) -> np.ndarray:
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    imaginary = vectors / np.maximum(angle, 1e-12) * np.sin(angle / 2)
    parts = (imaginary, np.cos(angle / 2)) if real_last else (np.cos(angle / 2), imaginary)
    return np.concatenate(parts, axis=-1)


_FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "vectors, flat": lambda vectors: vectors.reshape(len(vectors), -1),
    "vectors, rows": lambda vectors: vectors,
    "matrices": _matrices,
    "matrices, flat": lambda vectors: _matrices(vectors).reshape(len(vectors), -1),
    "two rows of matrices": lambda vectors: _matrices(vectors)[..., :2, :].reshape(*vectors.shape[:2], 6),
    "two columns of matrices": lambda vectors: _matrices(vectors)[..., :2].reshape(*vectors.shape[:2], 6),
    "6-D, flat": lambda vectors: _matrices(vectors)[..., :2, :].reshape(len(vectors), -1),
    "quaternions, real first": lambda vectors: _quaternions(vectors, False),
    "quaternions, real last": lambda vectors: _quaternions(vectors, True).reshape(len(vectors), -1),
    "degrees": lambda vectors: np.rad2deg(vectors).reshape(len(vectors), -1) * 1.0,
}


def read(path: Path, value: Any, person: int | None = None) -> ForeignPose:
    if path.suffix == ".npz":
        np.savez(path, **value)
    elif path.suffix == ".npy":
        np.save(path, value, allow_pickle=True)
    elif path.suffix == ".json":
        path.write_text(json.dumps(value, default=lambda array: np.asarray(array).tolist()))
    else:
        path.write_bytes(pickle.dumps(value))
    return read_pose(read_foreign_file(path, person))


def same(pose: ForeignPose, frames: slice = slice(None), hands: bool = False) -> None:
    assert pose.frame_count == len(_BODY[frames])
    np.testing.assert_allclose(_matrices(pose.rotations[:, :1]), _matrices(_ROOT[frames]), atol=1e-5)
    np.testing.assert_allclose(_matrices(pose.rotations[:, 1:22]), _matrices(_BODY[frames]), atol=1e-5)
    if hands:
        np.testing.assert_allclose(pose.rotations[:, 25:40], _HAND[frames], atol=1e-6)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("frames", [slice(0, 1), slice(None)], ids=["one frame", "frames"])
def test_forms_of_rotations(tmp_path: Path, form: str, frames: slice) -> None:
    change = _FORMS[form]
    scale = 8.0 if form == "degrees" else 1.0  # so that limbs turn by more than radians could
    values = {"global_orient": change(_ROOT[frames] * scale), "body_pose": change(_BODY[frames] * scale)}
    pose = read(tmp_path / "a.npz", values)
    np.testing.assert_allclose(
        _matrices(pose.rotations[:, 1:22]), _matrices(_BODY[frames] * scale), atol=1e-5
    )
    np.testing.assert_allclose(_matrices(pose.rotations[:, :1]), _matrices(_ROOT[frames] * scale), atol=1e-5)
    same_poses = read(tmp_path / "b.npz", {"poses": change(_SMPL[frames] * scale), "trans": _PLACE[frames]})
    np.testing.assert_allclose(same_poses.rotations, pose.rotations, atol=1e-5)
    assert any("degrees" in text for text in pose.warnings) == (form == "degrees")


def _parameters(**more: Any) -> dict[str, Any]:
    return {"global_orient": _ROOT[:, 0], "body_pose": _BODY.reshape(_FRAMES, -1), "transl": _PLACE, **more}


def _frame(number: int) -> dict[str, Any]:
    return {key: value[number] for key, value in _parameters().items()}


_TORCH_KEYS = {"global_orient", "body_pose", "transl"}
_FLAT_SMPL = _SMPL.reshape(_FRAMES, 72)

_RESULTS: dict[str, tuple[str, Any]] = {
    "rows without frames": (
        "a.npz",
        {"global_orient": _ROOT[0], "body_pose": _BODY[0], "left_hand_pose": _HAND[0]},
    ),
    "OrderedDict": ("a.pkl", OrderedDict(_parameters())),
    "plain lists": ("a.pkl", {key: value.tolist() for key, value in _parameters().items()}),
    "JSON": ("a.json", _parameters()),
    "one level down": ("a.pkl", {"smpl_params_incam": {"x": 1}, "smpl_params_global": _parameters()}),
    "WHAM": (
        "a.pkl",
        {0: {"pose": _FLAT_SMPL * 0, "trans": _PLACE, "pose_world": _FLAT_SMPL, "trans_world": _PLACE}},
    ),
    "NumPy's numbers as keys": ("a.pkl", {np.int64(0): _parameters()}),
    "PromptHMR": (
        "a.pkl",
        {
            "camera": {"K": np.eye(3)},
            "people": {
                1: {"smplx_world": {"pose": np.pad(_FLAT_SMPL[:, :66], ((0, 0), (0, 99))), "trans": _PLACE}}
            },
        },
    ),
    "pose and trans": ("a.npz", {"pose": _FLAT_SMPL, "trans": _PLACE}),
    "dict in an .npy": ("a.npy", np.array(_parameters(), dtype=object)),
    "numbers alone": ("a.npy", _FLAT_SMPL),
    "place and numbers": ("a.npy", np.concatenate([_PLACE, _FLAT_SMPL], axis=1)),
    "AIST++": (
        "a.pkl",
        {"smpl_poses": _FLAT_SMPL, "smpl_trans": _PLACE * 93.0, "smpl_scaling": np.array([93.0])},
    ),
    "EDGE": ("a.pkl", {"smpl_poses": _FLAT_SMPL, "smpl_trans": _PLACE, "full_pose": np.zeros((3, 24, 3))}),
    "MDM": (
        "a.npy",
        np.array(
            {
                "motion": np.zeros((25, 6, 3)),
                "thetas": np.moveaxis(_matrices(_SMPL)[..., :2, :].reshape(3, 24, 6), 0, -1),
                "root_translation": _PLACE.T,
                "text": "walks",
                "length": 3,
            },
            dtype=object,
        ),
    ),
    "TRAM": (
        "a.npy",
        np.array(
            {"pred_rotmat": _matrices(_SMPL), "pred_trans": _PLACE[:, None], "pred_shape": np.zeros((3, 10))},
            dtype=object,
        ),
    ),
    "HybrIK": (
        "a.pkl",
        {"pred_thetas": _matrices(_SMPL).reshape(3, 216), "transl": _PLACE, "pred_betas": np.zeros((3, 10))},
    ),
    "4D-Humans": (
        "a.pkl",
        {
            "pred_smpl_params": {
                "global_orient": _matrices(_ROOT),
                "body_pose": _matrices(_SMPL[:, 1:]),
                "betas": np.zeros((3, 10)),
            },
            "pred_cam_t": _PLACE,
        },
    ),
    "PHALP": (
        "a.pkl",
        {
            f"demo/{n:06d}.jpg": {
                "time": n,
                "tid": [1],
                "smpl": [
                    {
                        "global_orient": _matrices(_ROOT[n]),
                        "body_pose": _matrices(_SMPL[n, 1:]),
                        "betas": np.zeros(10),
                    }
                ],
            }
            for n in range(3)
        },
    ),
    "SMPLest-X": (
        "a.npz",
        {
            "smplx_root_pose": _ROOT[:, 0],
            "smplx_body_pose": _BODY,
            "cam_trans": _PLACE,
            "smplx_expr": np.zeros((3, 10)),
        },
    ),
    "GLAMR": (
        "a.pkl",
        {
            "person_data": {
                0: {
                    "smpl_pose": _FLAT_SMPL[:, 3:],
                    "smpl_orient_world": _ROOT[:, 0],
                    "root_trans_world": _PLACE,
                }
            }
        },
    ),
    "ROMP, frames": (
        "a.npz",
        {
            "results": np.array(
                {
                    f"{n}.jpg": {"smpl_thetas": _FLAT_SMPL[n : n + 1], "cam_trans": _PLACE[n : n + 1]}
                    for n in range(3)
                },
                dtype=object,
            )
        },
    ),
    "VIBE": ("a.pkl", {1: {"pose": _FLAT_SMPL, "pred_cam": np.zeros((3, 3)), "betas": np.zeros((3, 10))}}),
    "GRAB": ("a.npz", {"body": np.array({"params": _parameters()}, dtype=object), "gender": "male"}),
    "GRAB, the whole pose beside its parts": (
        "a.npz",
        {
            "body": np.array(
                {"params": _parameters(fullpose=np.pad(_FLAT_SMPL[:, :66], ((0, 0), (0, 99))))}, dtype=object
            )
        },
    ),
    "4D-Humans, the place in the whole picture": (
        "a.pkl",
        {
            "pred_smpl_params": {"global_orient": _matrices(_ROOT), "body_pose": _matrices(_SMPL[:, 1:])},
            "pred_cam_t_full": _PLACE,
        },
    ),
    "matrices of a descendant of SPIN": ("a.npz", {"pred_rotmat": _matrices(_SMPL), "pred_cam_t": _PLACE}),
    "3DPW": ("a.pkl", {"poses": [_FLAT_SMPL], "trans": [_PLACE], "genders": ["m"]}),
    "frames in a list": ("a.json", [_frame(number) for number in range(_FRAMES)]),
    "frames by number": ("a.pkl", {number: _frame(number) for number in range(_FRAMES)}),
    "BEAT2": (
        "a.npz",
        {
            "poses": np.pad(_FLAT_SMPL[:, :66], ((0, 0), (0, 99))),
            "trans": _PLACE,
            "expressions": np.zeros((3, 100)),
            "betas": np.zeros(300),
        },
    ),
}


@pytest.mark.parametrize("name", _RESULTS)
def test_results_of_programs(tmp_path: Path, name: str) -> None:
    file, value = _RESULTS[name]
    pose = read(tmp_path / file, value)
    same(pose, slice(0, 1) if name == "rows without frames" else slice(None))
    if name not in ("rows without frames", "numbers alone", "VIBE", "PHALP"):
        np.testing.assert_allclose(pose.translation, _PLACE, atol=1e-6)


def test_easymocap_turns_about_its_origin(tmp_path: Path) -> None:
    """A point x is at R x + T in EasyMocap, and at R (x − J) + J + transl in SMPL: the pelvis has to be at R J + T."""
    poses = np.concatenate([np.zeros((1, 3)), _FLAT_SMPL[:1, 3:]], axis=1)
    value = [{"id": 0, "Rh": _ROOT[0], "Th": _PLACE[:1], "poses": poses, "shapes": np.zeros((1, 10))}]
    pose = read(tmp_path / "000000.json", value)
    same(pose, slice(0, 1))
    pelvis = np.array([-0.0018, -0.2233, 0.0282])
    assert pose.translation is not None
    np.testing.assert_allclose(
        pelvis + pose.translation[0], _matrices(_ROOT[0, 0]) @ pelvis + _PLACE[0], atol=1e-9
    )


def test_fifteen_frames_of_three_coefficients_are_no_rows_of_joints(tmp_path: Path) -> None:
    values = {
        "global_orient": np.zeros((15, 3)),
        "body_pose": np.zeros((15, 63)),
        "left_hand_pose": np.ones((15, 3)),
    }
    assert read(tmp_path / "a.npz", values).hands["left"].shape == (15, 3)
    one = {key: value[0] if key != "left_hand_pose" else value for key, value in values.items()}
    assert np.all(read(tmp_path / "b.npz", one).rotations[0, 25:40] == 1.0)


_TORCH_KINDS = ("pt", "old pt", "pickled")
_JOBLIB_KINDS: dict[str, Any] = {
    "joblib": 0,
    "joblib, zlib": 3,
    "joblib, gzip": ("gzip", 3),
    "joblib, bzip2": ("bz2", 9),
    "joblib, xz": ("xz", 9),
    "joblib, lzma": ("lzma", 9),
}


@pytest.mark.parametrize("kind", [*_TORCH_KINDS, *_JOBLIB_KINDS, "gzip"])
def test_tensors_and_joblib_are_read_without_running_anything(tmp_path: Path, kind: str) -> None:
    import joblib
    import torch

    values = _parameters()
    tensors = {key: torch.tensor(value) for key, value in values.items()}
    path = tmp_path / "a.pkl"
    if kind.endswith("pt"):
        torch.save(
            {"net": {"smpl_params_global": tensors}}, path, _use_new_zipfile_serialization=kind == "pt"
        )
    elif kind == "pickled":
        path.write_bytes(pickle.dumps(tensors))
    elif kind == "gzip":
        path.write_bytes(gzip.compress(pickle.dumps(values)))
    else:
        inner = np.array([values, None], dtype=object)
        joblib.dump({1: {"objects": inner, **values}}, path, compress=_JOBLIB_KINDS[kind])
    same(read_pose(read_foreign_file(path)))


def test_a_motion_in_bfloat16(tmp_path: Path) -> None:
    import torch

    values = _parameters()
    torch.save({key: torch.tensor(value).bfloat16() for key, value in values.items()}, tmp_path / "a.pt")
    pose = read_pose(read_foreign_file(tmp_path / "a.pt"))
    body = pose.rotations[:, 1:22].reshape(_FRAMES, 63)
    np.testing.assert_allclose(body, values["body_pose"], rtol=2.0**-8)


def test_several_people_are_counted_and_chosen(tmp_path: Path) -> None:
    short = {key: value[:2] for key, value in _parameters().items()}
    value = {"person1": short, "person2": _parameters()}
    pose = read(tmp_path / "a.pkl", value)
    same(pose)
    assert "It holds 2 people or places" in pose.warnings[0] and "person1 (2)" in pose.warnings[0]
    same(read(tmp_path / "a.pkl", value, person=0), slice(0, 2))
    with pytest.raises(ConversionError, match="no person 2: it holds 2"):
        read(tmp_path / "a.pkl", value, person=2)


def test_a_list_with_boxes_is_of_people(tmp_path: Path) -> None:
    people = [_frame(number) | {"bbox": [number, 0, 1, 1]} for number in range(2)]
    assert read(tmp_path / "a.json", people).frame_count == 1


def test_entries_that_are_left_out_are_named(tmp_path: Path) -> None:
    pose = read(
        tmp_path / "a.npz", _parameters(scale=np.ones(1), translation=np.ones(3), vertices=np.zeros((9, 3)))
    )
    assert "Entries of the file that were left out: scale, translation." in pose.warnings


@pytest.mark.parametrize(("factor", "word"), [(1.0, None), (100.0, "centimetres"), (1000.0, "millimetres")])
def test_units_of_length(tmp_path: Path, factor: float, word: str | None) -> None:
    place = _PLACE + np.arange(3)[:, None] * [0.02, 0, 0]
    pose = read(tmp_path / "a.npz", _parameters(transl=place * factor))
    np.testing.assert_allclose(pose.translation, place)
    assert [word in text for text in pose.warnings if word] == ([True] if word else [])


@pytest.mark.parametrize(("up", "root"), [(1, [0.0, 0, 0]), (2, [np.pi / 2, 0, 0]), (1, [np.pi, 0, 0])])
def test_somebody_who_stands_still_in_centimetres(tmp_path: Path, up: int, root: list[float]) -> None:
    place = np.zeros((3, 3))
    place[:, up] = 95.0 * (-1 if root[0] > 3 else 1)  # head down in the file: a camera's frame
    pose = read(tmp_path / "a.npz", _parameters(transl=place, global_orient=np.tile(root, (3, 1))))
    np.testing.assert_allclose(pose.translation, place / 100)
    beside = np.roll(place, 1, axis=1)  # so many metres before the camera instead
    pose = read(tmp_path / "a.npz", _parameters(transl=beside, global_orient=np.tile(root, (3, 1))))
    np.testing.assert_allclose(pose.translation, beside)


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
@pytest.mark.parametrize("is_place_last", [False, True], ids=["place first", "place last"])
def test_a_place_on_either_side_of_an_array_without_names(
    tmp_path: Path, joints: int, is_place_last: bool
) -> None:
    poses = np.zeros((3, joints, 3))
    poses[:, :22] = np.concatenate([_ROOT, _BODY], axis=1)
    poses[:, 4:6, 0], poses[:, 18, 1], poses[:, 19, 1] = 0.6, -0.7, 0.7  # knees and elbows bend
    parts = [_PLACE, poses.reshape(3, -1)]
    pose = read(tmp_path / "a.npy", np.concatenate(parts[::-1] if is_place_last else parts, axis=1))
    np.testing.assert_allclose(pose.translation, _PLACE)
    np.testing.assert_allclose(pose.rotations[:, :22], poses[:, :22], atol=1e-9)


@pytest.mark.parametrize("name", ["frame_{:04d}", "img{}", "Frame {}", "{:06d}", "walk/{}.png"])
def test_a_table_by_the_names_of_frames_is_a_motion(tmp_path: Path, name: str) -> None:
    pose = read(tmp_path / "a.pkl", {name.format(number): _frame(number) for number in range(3)})
    assert pose.frame_count == 3
    assert read(tmp_path / "a.pkl", {"anna": _frame(0), "ben": _frame(1)}).frame_count == 1


def _up_of(path: Path, values: dict[str, Any], *options: str) -> np.ndarray:
    """The body's own up in the world of the result, z up."""
    np.savez(path, **values)
    out = path.parent / "out"
    assert main(["convert", str(path), "--out", str(out), *options]) == 0
    with np.load(out / "motion.npz") as motion:
        return _matrices(motion["rotations"][0, 0].astype(np.float64))[:, 1]


_STANDING = np.zeros((4, 66))
_Z_STANDING = _STANDING.copy()
_Z_STANDING[:, :3] = _UPRIGHT_Z
_WORLDS: dict[str, dict[str, Any]] = {
    "AMASS, z up": {"poses": _Z_STANDING, "trans": np.tile([0, 0, 0.95], (4, 1))},
    "AMASS's names, y up": {"poses": _STANDING, "trans": np.tile([0, 0.95, 0], (4, 1))},
    "AMASS's names, no place": {"poses": _STANDING},
    "SMPL-X, y up": {"global_orient": np.zeros((1, 3)), "body_pose": np.zeros((1, 63))},
    "SMPL-X, camera": {"global_orient": [[3.05, 0.1, 0.05]], "body_pose": np.zeros((1, 63)), "transl": [[0.1, 0.3, 5.0]]},
    "SMPL-X, z up": {"global_orient": [_UPRIGHT_Z], "body_pose": np.zeros((1, 63))},
    "AMASS's names, camera": {"poses": np.tile([np.pi, *[0.0] * 65], (4, 1)), "trans": np.tile([0, 0.2, 4.0], (4, 1))},
}  # fmt: skip


@pytest.mark.parametrize("name", _WORLDS)
def test_figures_stand_whatever_the_file_s_axes(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _up_of(tmp_path / "a.npz", _WORLDS[name])[2] > 0.95
    is_usual = name in ("AMASS, z up", "SMPL-X, y up")
    assert ("is taken instead" in capsys.readouterr().err) != is_usual


def test_somebody_who_lies_on_the_floor_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = np.stack([np.linspace(0, 2, 4), np.linspace(2, 4, 4), np.full(4, 0.15)], axis=1)
    assert abs(_up_of(tmp_path / "a.npz", {"poses": _STANDING, "trans": place})[2]) < 0.1
    assert "is not upright" in capsys.readouterr().err


def test_the_user_s_axis_comes_first(tmp_path: Path) -> None:
    assert _up_of(tmp_path / "a.npz", _WORLDS["SMPL-X, camera"], "--up", "y")[2] < -0.9


_NAMED: dict[str, tuple[bytes, str]] = {
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "an HDF5 file"),
    "MATLAB": (b"MATLAB 5.0 MAT-file" + bytes(90), "a MATLAB file"),
    "FBX": (b"Kaydara FBX Binary  \x00" + bytes(90), "an FBX scene"),
    "BVH": (b"HIERARCHY\nROOT Hips\n", "a BVH motion"),
    "picture": (b"\xff\xd8\xff\xe0" + bytes(90), "a JPEG picture"),
    "web page": (b"<!DOCTYPE html><html>", "a web page"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    "empty": (b"", "it is empty"),
    "unknown": (b"\x01\x02\x03\x04" * 9, "no format that is known"),
    "another object": (pickle.dumps({"a": np.random.default_rng}), "asks for"),
}


@pytest.mark.parametrize("name", _NAMED)
def test_other_files_are_named_and_blamed_for_nothing(tmp_path: Path, name: str) -> None:
    data, words = _NAMED[name]
    path = tmp_path / "a.pkl"
    path.write_bytes(data)
    with pytest.raises(ConversionError, match=words) as caught:
        read_foreign_file(path)
    assert "damaged" not in str(caught.value) and "official" not in str(caught.value)


def test_features_and_joints_of_text_to_motion_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((40, 263)))
    with pytest.raises(ConversionError, match="HumanML3D's features"):
        read_foreign_file(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", np.zeros((40, 22, 3))[:, :17])
    with pytest.raises(ConversionError, match="places of joints"):
        read_foreign_file(tmp_path / "b.npy")


def test_what_stands_beside_a_list_of_frames_is_of_all_of_them(tmp_path: Path) -> None:
    pose = read(tmp_path / "a.json", {"fps": 24.0, "frames": [_frame(number) for number in range(_FRAMES)]})
    same(pose)
    assert pose.fps == 24.0


def test_a_path_beside_the_numbers_spoils_nothing(tmp_path: Path) -> None:
    same(read(tmp_path / "a.pkl", _parameters(source=Path("video.mp4"))))
