"""The real command line, from a real photo and JSON to real files, read back as other programs would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import procrustes_distance
from benchmarks.cases import IMAGE_SIZE, Case
from fitting_core.body_model.body_model import Pose, points, vertices
from fitting_core.body_model.model_file import load_body_model
from fitting_core.cli import main
from tests.photos import synthetic_case, write_photo

_SIZES = {
    "betas": (20,), "expression": (10,), "global_orient": (3,), "body_pose": (63,), "jaw_pose": (3,), "leye_pose": (3,),
    "reye_pose": (3,), "left_hand_pose": (45,), "right_hand_pose": (45,), "transl": (3,), "joints": (144, 3),
    "principal_point": (2,), "image_size": (2,), "keypoints": (137, 3), "keypoint_residual_px": (137,), "loss": (),
    "focal_px": (), "gender": (), "model": (), "model_sha256": (), "body_sha256": (), "schema_version": (),
    "photo_orientation": (),
}  # fmt: skip


@pytest.fixture(scope="module")
def case() -> Case:
    return synthetic_case(1)


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("photo with ünïcode")
    photo, keypoints = write_photo(base, [case.subject.keypoints])
    out = base / "out"
    code = main(
        [
            "fit",
            str(photo),
            str(keypoints),
            "--out",
            str(out),
            "--focal-px",
            str(case.subject.focal_px),
            "--mesh",
            "obj",
        ]
    )
    assert code == 0
    return out


def _load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def test_files_are_all_there(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"person_00.npz", "body.npz", "summary.json", "overlay.png", "photo.png", "person_00.obj"}


def test_person_has_every_entry(folder: Path) -> None:
    person = _load(folder / "person_00.npz")
    assert {key: person[key].shape for key in _SIZES} == _SIZES
    assert tuple(person["image_size"]) == IMAGE_SIZE
    seen = person["keypoints"][:, 2] > 0
    seen[-2:] = False  # the pupils are no points of the model
    np.testing.assert_array_equal(np.isnan(person["keypoint_residual_px"]), ~seen)


def test_parameters_give_the_vertices(folder: Path) -> None:
    """What another tool computes from the parameters is what the file says."""
    person, body = _load(folder / "person_00.npz"), _load(folder / "body.npz")
    rotations = np.concatenate(
        [
            person[key].reshape(-1, 3)
            for key in (
                "global_orient", "body_pose", "jaw_pose", "leye_pose", "reye_pose", "left_hand_pose", "right_hand_pose",
            )
        ]
    ).astype(np.float64)  # fmt: skip
    shape = np.concatenate([person["betas"], person["expression"]]).astype(np.float64)
    pose = Pose(rotations, shape, person["transl"].astype(np.float64))
    model = load_body_model()
    np.testing.assert_allclose(vertices(model, pose), person["vertices"], atol=2e-5)
    np.testing.assert_allclose(points(model, pose)[:127], person["joints"][:127], atol=2e-5)
    np.testing.assert_allclose(body["v_template"], model.v_template, atol=1e-6)
    assert str(body["model_sha256"]) == model.sha256 == str(person["model_sha256"])


def test_the_fit_is_near_the_truth(folder: Path, case: Case) -> None:
    person = _load(folder / "person_00.npz")
    found, truth = person["joints"][:22], case.points[:22]
    # After the best similarity: how tall somebody is, and so how far away, one picture hardly tells.
    assert procrustes_distance(found, truth) < 0.05
    assert np.nanmean(person["keypoint_residual_px"][:25]) < 12


def test_summary_tells_what_happened(folder: Path) -> None:
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found["status"] == "done"
    assert found["engine"] == "numpy"
    assert found["focal_source"]
    assert set(found["seconds"]) == {"read", "fit", "write", "overlay"}
    assert found["people"][0]["file"] == "person_00.npz"


def test_json_messages_are_one_object_a_line(case: Case, tmp_path: Path) -> None:
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints] * 2)
    command = [
        sys.executable,
        "-m",
        "fitting_core",
        "fit",
        str(photo),
        str(keypoints),
        "--out",
        str(tmp_path / "o"),
    ]
    found = subprocess.run(
        [*command, "--messages", "json", "--person", "all", "--takes", "2"],
        capture_output=True,
        text=True,
        check=True,
    )
    messages = [json.loads(line) for line in found.stdout.splitlines()]
    kinds = [message["type"] for message in messages]
    assert kinds[-1] == "DONE"
    assert {"STATUS", "PROGRESS"} <= set(kinds)
    assert messages[-1]["people"] == 2
    fractions = [message["fraction"] for message in messages if message["type"] == "PROGRESS"]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] <= fractions[-1] <= 1
    assert {"person_00.npz", "person_01.npz"} <= set(messages[-1]["files"])
    assert set(messages[-1]["files"]) <= {path.name for path in (tmp_path / "o").iterdir()}


def test_no_argument_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "COMMAND" in capsys.readouterr().err


_BAD = {
    "missing photo": (["missing.png", "{keypoints}"], 3, "missing.png"),
    "missing keypoints": (["{photo}", "missing.json"], 4, "missing.json"),
    "no such person": (["{photo}", "{keypoints}", "--person", "7"], 2, "7"),
    "no such model": (["{photo}", "{keypoints}", "--model", "missing.npz"], 6, "missing.npz"),
    "model is no npz": (["{photo}", "{keypoints}", "--model", "{photo}"], 6, ".npz"),
    "too many takes": (["{photo}", "{keypoints}", "--takes", "99"], 2, "99"),
    "impossible view": (["{photo}", "{keypoints}", "--fov-deg", "190"], 2, "190"),
    "numpy on cuda": (["{photo}", "{keypoints}", "--engine", "numpy", "--device", "cuda"], 9, "cuda"),
}


@pytest.mark.parametrize("name", _BAD)
def test_errors_name_the_cause(
    name: str, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, code, word = _BAD[name]
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints])
    filled = [text.format(photo=photo, keypoints=keypoints) for text in arguments]
    out = tmp_path / "out"
    assert main(["fit", *filled, "--out", str(out), "--messages", "json"]) == code
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "ERROR"
    assert word in last["text"]
    assert not out.exists() or not list(out.iterdir())


def test_unwritable_folder(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints])
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert (
        main(["fit", str(photo), str(keypoints), "--out", str(tmp_path / "taken"), "--messages", "json"]) == 8
    )
    assert "taken" in capsys.readouterr().out


def test_a_second_run_leaves_nothing_of_the_first(case: Case, tmp_path: Path) -> None:
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints] * 2)
    out = tmp_path / "out"
    out.mkdir()
    (out / "person_77.npz").write_text("the user's own: no earlier run is here yet")
    common = ["fit", str(photo), str(keypoints), "--out", str(out), "--no-overlay"]
    assert main([*common, "--person", "all"]) == 8
    assert [path.name for path in out.iterdir()] == ["person_77.npz"]
    (out / "person_77.npz").unlink()
    assert main([*common, "--person", "all"]) == 0
    assert (out / "person_01.npz").is_file()
    assert main([*common, "--start", str(out / "person_00.npz")]) == 0
    assert {path.name for path in out.iterdir()} == {"person_00.npz", "body.npz", "summary.json", "photo.png"}
