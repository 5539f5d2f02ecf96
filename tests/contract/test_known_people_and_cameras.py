"""What a user knows of the person and the camera, from the real command line to real files: one test an option."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cases import Case
from fitting_core.arguments.parser import fit_request
from fitting_core.body_model.measurements import measured
from fitting_core.body_model.model_file import load_body_model
from fitting_core.cli import main
from fitting_core.errors import RequestError
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import FACE_NAMES
from smplify_blender.result.read_result import read_result
from tests import cut_bodies
from tests.photos import as_body_25b, synthetic_case, write_photo


@dataclass(frozen=True)
class Run:
    """One finished run: the person's file and the summary."""

    folder: Path
    person: dict[str, np.ndarray]
    summary: dict[str, Any]

    @property
    def entry(self) -> dict[str, Any]:
        """The person's entry in the summary."""
        return self.summary["people"][0]


def _fit(folder: Path, case: Case, *options: str, keypoints: Keypoints2D | None = None) -> Run:
    photo, file = write_photo(folder, [keypoints or case.subject.keypoints])
    out = folder / "out"
    assert main(["fit", str(photo), str(file), "--out", str(out), "--no-overlay", *options]) == 0
    return _read(out)


def _read(out: Path) -> Run:
    with np.load(out / "person_00.npz", allow_pickle=False) as data:
        person = {key: data[key] for key in data.files}
    return Run(out, person, json.loads((out / "summary.json").read_text(encoding="utf-8")))


def _refused(folder: Path, case: Case, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    photo, file = write_photo(folder, [case.subject.keypoints])
    code = main(["fit", str(photo), str(file), "--out", str(folder / "out"), "--messages", "json", *options])
    assert not (folder / "out").exists()
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])["text"]


@pytest.fixture(scope="module")
def case() -> Case:
    """Focal length 1600 px."""
    return synthetic_case(1)


@pytest.fixture(scope="module")
def focal(case: Case) -> tuple[str, str]:
    return "--focal-px", str(case.subject.focal_px)


@pytest.fixture(scope="module")
def plain(case: Case, focal: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _fit(tmp_path_factory.mktemp("plain"), case, *focal)


def test_every_summary_tells_height_and_weight(plain: Run) -> None:
    found = measured(load_body_model(), plain.person["betas"].astype(np.float64))
    assert plain.entry["height_cm"] == pytest.approx(100 * found.height_m, abs=0.02)
    assert found.weight_kg is not None
    assert plain.entry["weight_kg"] == pytest.approx(found.weight_kg, abs=0.02)


@pytest.mark.parametrize("change_cm", [-18, 15])
def test_height(change_cm: float, case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path) -> None:
    wanted = plain.entry["height_cm"] + change_cm
    found = _fit(tmp_path, case, *focal, "--height-cm", f"{wanted:.1f}")
    assert found.entry["height_cm"] == pytest.approx(wanted, abs=1.5)
    further = found.person["joints"][0, 2] / plain.person["joints"][0, 2]
    assert further == pytest.approx(wanted / plain.entry["height_cm"], abs=0.04), (
        "the distance follows the height"
    )


def test_weight(case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path) -> None:
    wanted = 1.25 * plain.entry["weight_kg"]
    found = _fit(tmp_path, case, *focal, "--weight-kg", f"{wanted:.1f}")
    assert found.entry["weight_kg"] == pytest.approx(wanted, rel=0.04)


def test_impossible_measurements(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = _refused(tmp_path, case, "--height-cm", "290", capsys=capsys)
    assert code == 2
    assert "reaches 123 to 217 cm" in text
    code, text = _refused(tmp_path, case, "--weight-kg", "900", "--height-cm", "180", capsys=capsys)
    assert code == 2
    assert "kg at 180 cm" in text


def test_genders_are_compared_and_none_is_chosen(
    case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path
) -> None:
    found = _fit(tmp_path, case, *focal, "--compare-genders", "--gender", "male")
    entries = found.entry["genders"]
    assert {entry["gender"] for entry in entries} == {"neutral", "female", "male", "child"}
    assert entries[0]["difference"] == 0
    assert [entry["loss"] for entry in entries] == sorted(entry["loss"] for entry in entries)
    by_gender = {entry["gender"]: entry["loss"] for entry in entries}
    assert by_gender["male"] == pytest.approx(found.entry["losses"][0])
    assert by_gender["neutral"] == pytest.approx(plain.entry["losses"][0], abs=1e-3)
    assert str(found.person["gender"]) == "male"
    assert "genders" not in plain.entry


def test_a_gender_that_cannot_be_so_tall_is_not_compared(
    case: Case, focal: tuple[str, str], tmp_path: Path
) -> None:
    found = _fit(tmp_path, case, *focal, "--compare-genders", "--height-cm", "208")
    losses = {entry["gender"]: entry["loss"] for entry in found.entry["genders"]}
    assert losses["female"] is None
    assert losses["male"] is not None


def test_one_file_has_no_genders_to_compare(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = cut_bodies.write(tmp_path / "SMPL_NEUTRAL.npz", "smpl")
    code, text = _refused(tmp_path, case, "--model", str(model), "--compare-genders", capsys=capsys)
    assert code == 2
    assert "SMPL_NEUTRAL.npz holds one body only" in text


def test_principal_point(case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path) -> None:
    """A photo cut out of a larger one: all keypoints move with the principal point, and the figure stays where it was."""
    cut = np.array([120.0, -60.0])
    table = case.subject.keypoints.stacked()
    table[table[:, 2] > 0, :2] += cut
    moved = Keypoints2D(table[:25], table[25:46], table[46:67], table[67:])
    x, y = case.subject.principal_point + cut
    found = _fit(tmp_path, case, *focal, "--principal-point", f"{x},{y}", keypoints=moved)
    np.testing.assert_allclose(found.person["principal_point"], [x, y])
    np.testing.assert_allclose(found.person["joints"][:22], plain.person["joints"][:22], atol=0.002)


def test_a_known_camera(case: Case, plain: Run, tmp_path: Path) -> None:
    x, y = case.subject.principal_point
    turn = [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    camera = tmp_path / "camera.json"
    f = case.subject.focal_px
    values = {
        "K": [[f, 0, x], [0, f, y], [0, 0, 1]],
        "width": 800,
        "height": 1000,
        "R": turn,
        "t": [0.5, 1.0, 3.0],
        "up": "-y",
    }
    camera.write_text(json.dumps(values))
    found = _fit(tmp_path, case, "--camera", str(camera))
    assert found.summary["focal_px"] == f
    assert "camera.json" in found.summary["focal_source"]
    np.testing.assert_allclose(found.person["joints"], plain.person["joints"], atol=1e-3)
    world = found.person["world_from_camera"]
    np.testing.assert_allclose(world[:3, :3], np.array(turn).T, atol=1e-12)
    np.testing.assert_allclose(world[:3, 3], -np.array(turn).T @ [0.5, 1.0, 3.0], atol=1e-12)
    assert "world_from_camera" not in plain.person
    result = read_result(found.folder)
    assert result.people[0].vertices.shape == found.person["vertices"].shape
    assert result.camera.world_from_camera is not None
    placed = np.array(result.camera.world_from_camera).reshape(4, 4)
    turned = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # −y becomes z
    np.testing.assert_allclose(placed, turned @ world, atol=1e-12)


def test_a_wrong_camera_file(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps({"fx": 1, "fy": 1, "cx": 1, "cy": 1, "width": 3, "height": 4}))
    code, text = _refused(tmp_path, case, "--camera", str(camera), capsys=capsys)
    assert code == 10
    assert "camera.json" in text


def test_estimated_focal_length(case: Case, tmp_path: Path) -> None:
    guess_px = 35 / 36 * 1000
    found = _fit(tmp_path, case, "--estimate-focal")
    estimate = found.summary["focal_estimate"]
    assert estimate["guess_px"] == pytest.approx(guess_px, abs=0.1)
    assert estimate["taken"]
    low, high = estimate["likely_px"]
    assert found.summary["focal_px"] == pytest.approx(estimate["px"], abs=0.1)
    assert low < estimate["px"] < high
    true = case.subject.focal_px
    assert abs(np.log(estimate["px"] / true)) < 0.6 * abs(np.log(guess_px / true))
    assert float(found.person["focal_px"]) == pytest.approx(estimate["px"], abs=0.1)
    assert "estimated" in found.summary["focal_source"]


def test_body_order(case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path) -> None:
    other = as_body_25b(case.subject.keypoints)
    found = _fit(tmp_path, case, *focal, "--body-order", "body_25b", keypoints=other)
    assert not found.summary["warnings"]
    np.testing.assert_allclose(found.person["joints"][:22], plain.person["joints"][:22], atol=0.05)
    untold = _fit(tmp_path, case, *focal, keypoints=other)
    assert "fit with --body-order body_25" in untold.summary["warnings"][0]
    np.testing.assert_array_equal(untold.person["joints"], found.person["joints"])
    forced = _fit(tmp_path, case, *focal, "--body-order", "body_25", keypoints=other)
    assert not forced.summary["warnings"]
    assert np.nanmean(forced.person["keypoint_residual_px"][:25]) > 5 * np.nanmean(
        found.person["keypoint_residual_px"][:25]
    )


def test_real_frames_in_body_25b(shared: Path, tmp_path: Path) -> None:
    frame = shared / "video" / "beam_body25b" / "cam02.0020.json"
    photo, _ = write_photo(tmp_path, [], "frame")
    from PIL import Image

    Image.new("RGB", (1080, 1920)).save(photo)
    runs = []
    for order in ("body_25b", "body_25"):
        out = tmp_path / order
        assert (
            main(["fit", str(photo), str(frame), "--out", str(out), "--no-overlay", "--body-order", order])
            == 0
        )
        runs.append(_read(out).entry["mean_residual_permille_of_size"]["body"])
    assert runs[0] < 15 < 2 * runs[0] + 15 < runs[1]


def _with_pupils(keypoints: Keypoints2D, shift: float) -> Keypoints2D:
    """Pupils in the middle of the lids, moved sideways by a share of the eye's width."""
    face = keypoints.face.copy()
    for side, first in (("right", 36), ("left", 42)):
        lids = face[first : first + 6, :2]
        middle = lids.mean(axis=0) + np.array([shift * np.ptp(lids[:, 0]), 0.0])
        face[FACE_NAMES.index(f"{side}_pupil")] = [*middle, 0.9]
    return replace(keypoints, face=face)


def test_gaze(case: Case, focal: tuple[str, str], plain: Run, tmp_path: Path) -> None:
    aside = _with_pupils(case.subject.keypoints, 0.25)
    found = _fit(tmp_path, case, *focal, keypoints=aside)
    other = _fit(tmp_path, case, *focal, keypoints=_with_pupils(case.subject.keypoints, -0.25))
    for key in ("leye_pose", "reye_pose"):
        assert found.person[key][1] - other.person[key][1] > 0.2, "the person's left is the picture's right"
        np.testing.assert_array_equal(plain.person[key], 0.0)
    moved = np.linalg.norm(found.person["vertices"] - plain.person["vertices"], axis=1)
    assert moved.max() > 0.001, "the mesh has its eyes turned"
    switched_off = _fit(tmp_path, case, *focal, "--no-gaze", keypoints=aside)
    for key in ("leye_pose", "reye_pose", "vertices"):
        np.testing.assert_array_equal(switched_off.person[key], plain.person[key])


_TOGETHER = {
    "camera and focal length": (["--camera", "c.json", "--focal-px", "900"], "--camera says all"),
    "camera and principal point": (["--camera", "c.json", "--principal-point", "1,2"], "--camera says all"),
    "camera and estimate": (["--camera", "c.json", "--estimate-focal"], "--camera says all"),
    "height of everyone": (["--height-cm", "170", "--person", "all"], "one person"),
    "weight of everyone": (["--weight-kg", "70", "--person", "all"], "one person"),
    "genders and start": (["--compare-genders", "--start", "p.npz"], "leave out one"),
    "height in a paper's fit": (["--height-cm", "170", "--preset", "smplify"], "--preset smplify"),
    "focal length in a paper's fit": (["--estimate-focal", "--preset", "smplifyx"], "--preset smplifyx"),
    "half a point": (["--principal-point", "400"], "X,Y"),
    "no point": (["--principal-point", "nan,inf"], "X,Y"),
    "negative height": (["--height-cm", "-3"], "positive"),
    "no order": (["--body-order", "coco"], "body_25b"),
}


@pytest.mark.parametrize("name", _TOGETHER)
def test_the_resident_process_refuses_what_the_command_line_refuses(name: str) -> None:
    options, words = _TOGETHER[name]
    with pytest.raises(RequestError, match=words):
        fit_request(["p.png", "k.json", "--out", "o", *options])


def test_the_resident_process_takes_the_same_options() -> None:
    options = "--height-cm 181.5 --weight-kg 80 --compare-genders --no-gaze --principal-point 1.5,2 --estimate-focal"
    found = fit_request(["p.png", "k.json", "--out", "o", *options.split(), "--body-order", "body_25b"])
    assert (found.shape.height_cm, found.shape.weight_kg, found.shape.compare_genders) == (181.5, 80, True)
    assert (found.camera.principal_point, found.camera.estimate_focal) == ((1.5, 2), True)
    assert (found.gaze, found.body_order) == (False, "BODY_25B")


def test_a_folder_of_photos_takes_the_same_options(case: Case, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a", "b"):
        write_photo(photos, [_with_pupils(case.subject.keypoints, 0.25)], name)
    options = ["--height-cm", "185", "--estimate-focal", "--compare-genders", "--principal-point", "402,498"]
    assert main(["batch", str(photos), "--out", str(tmp_path / "out"), "--no-overlay", *options]) == 0
    found = [_read(path.parent) for path in sorted((tmp_path / "out").glob("*/summary.json"))]
    assert len(found) == 2
    for run in found:
        assert run.entry["height_cm"] == pytest.approx(185, abs=1.5)
        assert run.summary["focal_estimate"]["taken"]
        assert run.summary["focal_px"] == pytest.approx(run.summary["focal_estimate"]["px"], abs=0.1)
        assert len(run.entry["genders"]) == 4
        assert run.person["principal_point"].tolist() == [402, 498]
        assert run.person["leye_pose"].any()


def test_a_folder_of_photos_refuses_what_no_body_can_be(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    write_photo(photos, [case.subject.keypoints])
    assert main(["batch", str(photos), "--out", str(tmp_path / "out"), "--height-cm", "290"]) == 2
    assert "reaches 123 to 217 cm" in capsys.readouterr().err
