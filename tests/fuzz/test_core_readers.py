"""Every reader of the core against files with faults in their structure; `make fuzz CASES=100000` runs long."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import pickle
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import scipy.sparse

from fitting_core.body_model.model_entries import read_entries
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.doctor import explanation
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.errors import (
    BodyModelError,
    CameraFileError,
    ConversionError,
    FittingError,
    PhotoError,
    PriorFileError,
    SceneFileError,
)
from fitting_core.files.budget import (
    BODY_MODEL_BUDGET_BYTES,
    DEFAULT_BUDGET_BYTES,
    MIXTURE_BUDGET_BYTES,
    Budget,
)
from fitting_core.files.npz_reader import read_arrays
from fitting_core.files.tensor_file import read_tensors
from fitting_core.fitting.priors.user_files import read_pose_mixture, read_vposer
from fitting_core.fitting.scene.scene_file import read_scene_file
from fitting_core.keypoints.emphasis import weights_from_file
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.layouts import COCO_18
from fitting_core.keypoints.other_layouts import COCO_17, LSP_14, layouts_of
from fitting_core.photo.camera_file import read_camera_file
from fitting_core.photo.header import read_photo_header
from tests.conftest import shared_folder
from tests.fitting_core.conversion import foreign_files
from tests.fitting_core.keypoints.documents import SIZE, body, face, full_person, hand, person, whole
from tests.fuzz import json_files, npz_files, photo_files, pickle_files, tensor_files
from tests.fuzz.attempt import CASES, Reader, fuzz
from tests.scenes import box, floor, scene_entries
from tests.synthetic_kinds import python2_pickle

_POINTS = {
    "openpose": {"version": 1.3, "people": [full_person(), person()]},
    "controlnet": [{"people": [person(COCO_18)], "canvas_width": 400, "canvas_height": 500}],
}
_WHOLE, _POSE_33 = whole(layouts_of(133)[0]), whole(layouts_of(33)[0])
_LANDMARKS = [{"x": x / 800, "y": y / 1000, "z": 0.1, "visibility": c} for x, y, c in _POSE_33.tolist()]
_DIALECTS: dict[str, Any] = {
    "COCO results": [{"image_id": "a.jpg", "keypoints": _WHOLE.reshape(-1).tolist(), "score": 2.9}] * 2,
    "COCO collection": {
        "images": [{"id": 3, "file_name": "a.jpg"}],
        "annotations": [{"image_id": 3, "keypoints": body(COCO_17).reshape(-1).tolist()}],
    },
    "MMPose": {
        "instance_info": [
            {"frame_id": 1, "instances": [{"keypoints": _WHOLE[:, :2].tolist(), "keypoint_scores": [0.5] * 133}]}
        ]
    },
    "MediaPipe": {"pose_landmarks": {"landmark": _LANDMARKS}, "left_hand_landmarks": hand("left")[:, :2].tolist()},
    "DWPose": {
        "bodies": {"candidate": (body(COCO_18)[:, :2] / 1000).tolist(), "subset": [[*range(18), 0.9, 18]]},
        "hands": [hand("left")[:, :2].tolist()] * 2,
        "faces": [face(68)[:, :2].tolist()],
    },
    "arrays": {"keypoints": [body(COCO_17)[:, :2].tolist()] * 2, "scores": [[0.5] * 17] * 2},
    "est_joints": {"est_joints": np.moveaxis(np.stack([body(LSP_14)] * 2), 0, -1).swapaxes(0, 1).tolist()},
    "SAM 3D Body": [{
        "pred_keypoints_2d": whole(layouts_of(70)[0])[:, :2].tolist(), "pred_keypoints_3d": [[0.1, 0.2, 0.3]] * 70,
        "pred_cam_t": [0, 0, 3.0], "focal_length": 900.0,
    }],
    "PHALP": {"a.jpg": {
        "2d_joints": [(body()[:, :2] / 1000).reshape(-1).tolist()], "3d_joints": [[[0.1, 0.2, 0.3]] * 45], "size": [[1000, 800]],
    }},
    "ROMP": {"pj2d_org": [[[100.0, 200.0]] * 71] * 2, "joints": [[[0.1, 0.2, 0.3]] * 71] * 2},
    "VIBE": {"1": {"joints2d_img_coord": [[[100.0, 200.0]] * 49], "joints3d": [[[0.1, 0.2, 0.3]] * 49], "frame_ids": [4]}},
    "HybrIK": {
        "pred_uvd": [[[0.1, 0.2, 0.3]] * 29], "pred_xyz_29": [[[0.1, 0.2, 0.3]] * 29], "bbox": [[400.0, 500.0, 900.0, 900.0]],
        "width": [800], "height": [1000], "img_path": ["a.jpg"],
    },
    "canvas": {"people": [person(COCO_18)], "canvas_width": 512, "canvas_height": 640},
    "in a string": {"output": [json.dumps({"people": [person()]})]},
    "easy_ViTPose": {
        "keypoints": [{"0": body(COCO_17)[:, [1, 0, 2]].tolist()}, {}],
        "skeleton": {str(place): name for place, name in enumerate(COCO_17.names)},
    },
    "AlphaPose": {"a.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": body(COCO_18).reshape(-1).tolist()}]}},
}  # fmt: skip
_CAMERA = {
    "fx": 1100.0, "fy": 1100.0, "cx": 410, "cy": 490, "width": 800, "height": 1000,
    "R": [[1, 0, 0], [0, 0, -1], [0, 1, 0]], "t": [0.1, 1.2, 3.0], "up": "z",
}  # fmt: skip
_K = {"K": [[1100, 0, 410], [0, 1100, 490], [0, 0, 1]], "width": 800, "height": 1000}

_WRAPPED = {
    0: {"pose_world": np.zeros((3, 72)), "trans_world": np.zeros((3, 3)), "betas": np.zeros((3, 10))},
    "1": [{"global_orient": np.eye(3)[None], "body_pose": np.stack([np.eye(3)] * 23), "gender": "male"}] * 2,
}
_OBJECTS = {
    "results": np.array([{"smpl_thetas": np.zeros((1, 72)), "cam_trans": [[0.0, 1.0, 2.0]]}], dtype=object)
}

_TRACKED = {
    f"img/{number}.jpg": {
        "tid": [1, 2][: 2 - number % 2], "tracked_time": [0, number][: 2 - number % 2], "focal_length": 900.0,
        "smpl": [{"global_orient": np.eye(3)[None], "body_pose": np.stack([np.eye(3)] * 23)}] * (2 - number % 2),
    }
    for number in range(4)
}  # fmt: skip
_ROWS = {
    f"{number}.jpg": {
        "smpl_thetas": np.zeros((2, 72)),
        "cam_trans": np.ones((2, 3)),
        "track_ids": np.array([5, 7]),
    }
    for number in range(3)
}
_ROWS_IN_JSON = {name: {key: value.tolist() for key, value in row.items()} for name, row in _ROWS.items()}
_CLIP = {
    "pose_body": np.zeros((2, 3, 63)), "root_orient": np.zeros((2, 3, 3)), "trans": np.zeros((2, 3, 3)),
    "cam_R": np.zeros((2, 3, 9)), "cam_t": np.zeros((2, 3, 3)), "intrins": np.full(4, 900.0),
}  # fmt: skip

_LARGEST_SAMPLE = 200_000  # bytes

# name of the attack: (suffix of the file, reader, maker of files)
_Attack = tuple[str, Reader, Callable[[random.Random], bytes]]


def _json(document: Any) -> Callable[[random.Random], bytes]:
    return lambda chance: json_files.mutated(document, chance)


def _npz(arrays: dict[str, Any]) -> Callable[[random.Random], bytes]:
    return lambda chance: npz_files.mutated(arrays, chance)


def _pickles(values: dict[str, Any]) -> Callable[[random.Random], bytes]:
    sound = [pickle.dumps(values, protocol) for protocol in range(6)]
    # pickletools takes the strings of Python 2 for ASCII: here they hold nothing but zeros
    plain = {
        key: np.zeros_like(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else 0
        for key, value in values.items()
    }
    sound += [python2_pickle(plain, protocol) for protocol in (0, 1, 2)]
    return lambda chance: pickle_files.mutated(chance.choice(sound), chance)


_MODEL_VALUES: dict[str, Any] = {
    "double": np.arange(24.0).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
    "big": np.arange(6, dtype=">f4"),
    "scalar": np.float64(2.5),
    "number": 3,
    "csc": scipy.sparse.csc_matrix([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]),
    "coo": scipy.sparse.coo_matrix([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]),
    "objects": np.array([{"a": 1}, None], dtype=object),
    "words": np.array(["left", "right"]),
    "names": {"left": 1, 5: [1.5, True, None]},
}
_MIXTURE = {"means": np.zeros((2, 63)), "covars": np.stack([np.eye(63)] * 2), "weights": np.array([0.5, 0.5])}


def _read_pose(path: Path) -> None:
    assert np.isfinite(read_pose(read_foreign_file(path)).rotations).all()


def _explain(path: Path) -> None:
    assert explanation(path)


def _joblib(chance: random.Random) -> bytes:
    """A dump whose instructions and numbers are changed, cut off or repeated."""
    stream = io.BytesIO()
    joblib.dump({1: {"pose": np.zeros((4, 72)), "trans": np.zeros((4, 3)), "o": np.array([None, 3])}}, stream)
    data = _with_other_bytes(stream.getvalue(), chance)
    compress = chance.choice((zlib.compress, bz2.compress, lzma.compress, bytes, bytes))
    packed = compress(data)
    return packed if chance.random() < 0.7 else _with_other_bytes(packed, chance)


def _with_other_bytes(sound: bytes, chance: random.Random) -> bytes:
    data = bytearray(sound)
    for _ in range(chance.randint(0, 6)):
        data[chance.randrange(len(data))] = chance.choice(
            (0, 1, 0x2E, 0x62, 0x7F, 0x80, 0xFF, chance.randrange(256))
        )
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    return bytes(data)


def _read_model_pickle(path: Path) -> None:
    read_entries(path, tuple(_MODEL_VALUES), Budget(BODY_MODEL_BUDGET_BYTES))


_KEYPOINTS = Reader(lambda path: read_keypoint_file(path, SIZE, 6), FittingError, DEFAULT_BUDGET_BYTES)
_CAMERAS = Reader(lambda path: read_camera_file(path, (800, 1000)), CameraFileError, DEFAULT_BUDGET_BYTES)
_WEIGHTS = Reader(weights_from_file, FittingError, DEFAULT_BUDGET_BYTES)
_PHOTOS = Reader(read_photo_header, PhotoError, DEFAULT_BUDGET_BYTES)
_POSES = Reader(_read_pose, ConversionError, DEFAULT_BUDGET_BYTES)
# Each of its three attempts has a budget of its own, one after another.
_DOCTOR = Reader(_explain, FittingError, DEFAULT_BUDGET_BYTES)
_MODELS = Reader(_read_model_pickle, BodyModelError, BODY_MODEL_BUDGET_BYTES)
_ARRAYS = Reader(
    lambda path: read_arrays(path, ("a", "b", "text"), PriorFileError, "prior"),
    PriorFileError,
    DEFAULT_BUDGET_BYTES,
)
_SCENES = Reader(lambda path: read_scene_file(path, None), SceneFileError, DEFAULT_BUDGET_BYTES)
_MIXTURES = Reader(read_pose_mixture, PriorFileError, 8 * MIXTURE_BUDGET_BYTES)

_ATTACKS: dict[str, _Attack] = {
    **{f"keypoints, {name}": (".json", _KEYPOINTS, _json(value)) for name, value in _POINTS.items()},
    "camera": (".json", _CAMERAS, _json(_CAMERA)),
    "camera, K": (".json", _CAMERAS, _json(_K)),
    "keypoint weights": (".json", _WEIGHTS, _json({"neck": 0.2, "face": 0.0, "left_hand": 2})),
    **{
        f"photo, {form}": (".jpg", _PHOTOS, lambda chance, form=form: photo_files.mutated(form, chance))
        for form in photo_files.FORMS
    },
    **{f"keypoints, {name}": (".json", _KEYPOINTS, _json(value)) for name, value in _DIALECTS.items()},
    "keypoints, npz": (".npz", _KEYPOINTS, _npz({"keypoints": _WHOLE[None, :, :2], "scores": _WHOLE[None, :, 2]})),
    "keypoints, pickle": (".pkl", _KEYPOINTS, _pickles({"keypoints": body()[None], "scores": np.ones((1, 25))})),
    "foreign, wrapped, pickle": (".pkl", _POSES, _pickles(_WRAPPED)),
    "foreign, wrapped, JSON": (".json", _POSES, _json([{"Rh": [[0, 1, 0]], "Th": [[0, 0, 1]], "poses": [[0.1] * 72], "id": 0}])),
    "foreign, objects, npz": (".npz", _POSES, _npz(_OBJECTS)),
    "foreign, people of frames, pickle": (".pkl", _POSES, _pickles(_TRACKED)),
    "foreign, people in rows, JSON": (".json", _POSES, _json(_ROWS_IN_JSON)),
    "foreign, people in rows, npz": (".npz", _POSES, _npz({"results": np.array(_ROWS, dtype=object)})),
    "foreign, people of a clip, npz": (".npz", _POSES, _npz(_CLIP)),
    "foreign, joblib": (".pkl", _POSES, _joblib),
    "explanation, JSON": (".json", _DOCTOR, _json(_DIALECTS["MMPose"])),
    "explanation, npz": (".npz", _DOCTOR, _npz(foreign_files.parameters())),
    "explanation, pickle": (".pkl", _DOCTOR, _pickles(_WRAPPED)),
    **{
        f"foreign, {make.__name__}, npz": (".npz", _POSES, _npz(make()))
        for make in (foreign_files.amass, foreign_files.smplifyx, foreign_files.parameters)
    },
    **{
        f"foreign, {make.__name__}, pickle": (".pkl", _POSES, _pickles(make()))
        for make in (foreign_files.smplify, foreign_files.smplifyx)
    },
    "arrays": (".npz", _ARRAYS, _npz({"a": np.zeros((3, 4)), "b": np.arange(5), "text": np.array(["grüße", "x"])})),
    "model, pickle": (".pkl", _MODELS, _pickles(_MODEL_VALUES)),
    "mixture, pickle": (".pkl", _MIXTURES, _pickles(_MIXTURE)),
    "scene": (".npz", _SCENES, _npz(scene_entries(floor(1.5), box("b", [0.0] * 3, [0.1] * 3, 0.3)))),
    "mixture, npz": (".npz", _MIXTURES, _npz(_MIXTURE)),
}  # fmt: skip


@pytest.mark.parametrize("name", _ATTACKS)
def test_reader(name: str, tmp_path: Path) -> None:
    suffix, reader, mutate = _ATTACKS[name]
    fuzz(reader, tmp_path / f"attack{suffix}", mutate, name)


def _samples() -> list[Path]:
    """Small files from public reports of bugs, which are not part of the repository."""
    folder = shared_folder()
    if folder is None:
        return []
    kinds = (".json", ".npz", ".npy", ".pkl", ".pt")
    found = (path for path in (folder / "reports").rglob("*") if path.suffix in kinds)
    return sorted(
        path for path in found if path.parent.name != "faults" and path.stat().st_size < _LARGEST_SAMPLE
    )


def _mutator(sample: Path) -> Callable[[random.Random], bytes]:
    data = sample.read_bytes()
    if sample.suffix == ".json":
        return _json(json.loads(data))
    if sample.suffix == ".npz":
        with np.load(sample, allow_pickle=True) as arrays:  # a file of our own
            return _npz(dict(arrays))
    if sample.suffix == ".pt":
        return lambda chance: tensor_files.mutated_archive(data, chance)
    if sample.suffix == ".pkl" and b"joblib" not in data:  # joblib's numbers stand between the instructions
        return lambda chance: pickle_files.mutated(data, chance)
    return lambda chance: _with_other_bytes(data, chance)


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sample(sample: Path, tmp_path: Path) -> None:
    name = f"sample {sample.parent.name} {sample.name}"
    fuzz(_DOCTOR, tmp_path / f"attack{sample.suffix}", _mutator(sample), name, max(2, CASES // 4))


def _tensors(is_archive: bool) -> bytes:
    import torch

    state = {
        "decoder_net.0.weight": torch.arange(12.0).reshape(3, 4).T,
        "decoder_net.0.bias": torch.zeros(3, dtype=torch.float64),
        "half": torch.nn.Parameter(torch.ones(2, dtype=torch.float16)),
        "bfloat16": torch.ones(2, 3, dtype=torch.bfloat16).T,
    }
    stream = io.BytesIO()
    torch.save({"state_dict": state, "epoch": 3}, stream, _use_new_zipfile_serialization=is_archive)
    return stream.getvalue()


def _read_tensor_pose(path: Path) -> None:
    try:
        _read_pose(path)
    except ConversionError as problem:
        raise PriorFileError(str(problem)) from problem.__cause__


@pytest.mark.parametrize("is_archive", [True, False], ids=["archive", "sequence"])
@pytest.mark.parametrize(
    "read", [read_tensors, read_vposer, _read_tensor_pose], ids=lambda read: read.__name__
)
def test_tensors(is_archive: bool, read: Callable[[Path], object], tmp_path: Path) -> None:
    data = _tensors(is_archive)
    mutate = tensor_files.mutated_archive if is_archive else tensor_files.mutated_sequence
    reader = Reader(read, PriorFileError, DEFAULT_BUDGET_BYTES)
    name = f"tensors, {'archive' if is_archive else 'sequence'}, {read.__name__}"
    fuzz(reader, tmp_path / "attack.pt", lambda chance: mutate(data, chance), name)
