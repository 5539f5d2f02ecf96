"""--pose-prior, --bend-prior, --betas, --preset, --side-view and their aliases through the real command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import Case
from fitting_core.body_model.model_file import load_body_model
from fitting_core.cli import main
from fitting_core.fitting.priors.open import open_pose_prior
from fitting_core.fitting.priors.user_files import read_vposer
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.keypoints2d import Keypoints2D
from smplify_blender.result.read_result import read_result
from tests import cut_bodies
from tests.fitting_core.fitting.priors.vposer_files import write_vposer
from tests.photos import synthetic_case, write_photo

Fit = Callable[..., dict[str, np.ndarray]]


def _body_only(keypoints: Keypoints2D) -> Keypoints2D:
    """Fits without fingers and face take half the time."""
    none = np.zeros_like(keypoints.left_hand)
    return replace(keypoints, left_hand=none, right_hand=none, face=np.zeros_like(keypoints.face))


@pytest.fixture(scope="module")
def case() -> Case:
    return synthetic_case(1)


@pytest.fixture
def fit(case: Case, tmp_path: Path) -> Fit:
    """Fit the case with some more arguments and read person_00.npz; the folder is `out`."""
    photo, keypoints = write_photo(tmp_path, [_body_only(case.subject.keypoints)])

    def run(*options: str, focal: bool = True, out: str = "out") -> dict[str, np.ndarray]:
        lens = ["--focal-px", str(case.subject.focal_px)] if focal else []
        common = ["fit", str(photo), str(keypoints), "--out", str(tmp_path / out), "--no-overlay", *lens]
        assert main([*common, *options]) == 0
        with np.load(tmp_path / out / "person_00.npz", allow_pickle=False) as data:
            return {key: data[key] for key in data.files}

    return run


def _summary(folder: Path) -> dict[str, object]:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def _terms(person: dict[str, np.ndarray]) -> dict[str, float]:
    return dict(zip(person["loss_term_names"].tolist(), person["loss_terms"].tolist(), strict=True))


def _error_mm(person: dict[str, np.ndarray], case: Case) -> float:
    found, truth = person["joints"][:22], case.points[:22]
    return 1000 * float(np.linalg.norm((found - found[0]) - (truth - truth[0]), axis=1).mean())


def test_the_loss_says_what_it_is_made_of(fit: Fit, tmp_path: Path) -> None:
    person = fit("--takes", "2")
    terms = _terms(person)
    assert set(terms) == {
        "keypoints",
        "pose",
        "shape",
        "rest",
        "straight knees",
        "penetration",
        "hands",
        "face",
    }
    assert sum(terms.values()) == pytest.approx(float(person["loss"]), rel=1e-5)
    assert terms["shape"] == pytest.approx(0.5 * float(np.square(person["betas"]).sum()), rel=1e-3)
    found = _summary(tmp_path / "out")["people"][0]  # type: ignore[index]
    assert len(found["loss_terms"]) == len(found["losses"]) == len(found["takes"])
    for total, parts in zip(found["losses"], found["loss_terms"], strict=True):
        assert sum(parts.values()) == pytest.approx(total, abs=1e-2)


def test_none_and_l2_act_on_the_pose(fit: Fit, tmp_path: Path) -> None:
    none, small = fit("--pose-prior", "none", out="none"), fit("--pose-prior", "l2", out="l2")
    assert "pose" not in _terms(none)
    expected = 0.5 * float(np.square(small["body_pose"] / 0.6).sum())
    assert _terms(small)["pose"] == pytest.approx(expected, rel=1e-3)
    assert np.abs(small["body_pose"]).sum() < np.abs(none["body_pose"]).sum()
    found = _summary(tmp_path / "l2")
    assert found["pose_prior"] == "l2"
    assert found["people"][0]["quality"] != "good"  # type: ignore[index]


def test_a_users_mixture_is_followed(fit: Fit, tmp_path: Path) -> None:
    """One narrow Gaussian about a pose: the figure takes that pose, except where keypoints say otherwise."""
    mean = np.zeros((1, 69))
    mean[0, 3 * 11 + 1] = 0.4  # the neck turned, which no keypoint but the head's tells
    covariance = np.eye(69)[None] * 0.01**2
    np.savez(tmp_path / "gmm.npz", means=mean, covars=covariance, weights=np.ones(1))
    person = fit("--pose-prior", str(tmp_path / "gmm.npz"))
    assert np.abs(person["body_pose"] - mean[0, :63]).max() < 0.25
    apart = person["body_pose"] - mean[0, :63]
    assert _terms(person)["pose"] == pytest.approx(0.5 * float(np.square(apart / 0.01).sum()), rel=1e-2)
    assert _summary(tmp_path / "out")["pose_prior"] == "gmm.npz"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_vposer_gives_poses_of_its_decoder(
    version: int, engine: str, fit: Fit, case: Case, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    (tmp_path / "vposer" / "snapshots").mkdir(parents=True)
    file = write_vposer(tmp_path / "vposer" / "snapshots" / "TR00_E096.pt", version)
    person = fit("--pose-prior", str(tmp_path / "vposer"), "--engine", engine, "--device", "cpu")
    assert np.nanmean(person["keypoint_residual_px"][:25]) < 8
    assert _error_mm(person, case) < 120
    decoder = read_vposer(file)
    directions = matrix_from_vector(person["body_pose"].astype(np.float64).reshape(1, 21, 3))[..., :2]
    # The decoder of these files is linear before its Gram–Schmidt step, of mean `biases[2]` and axes `axes`.
    axes = (1 + decoder.negative_slope) * decoder.weights[2][:, :32]
    z = _latent_of(directions.reshape(126), decoder.biases[2], axes)
    np.testing.assert_allclose(decoder.pose(z[None])[0], person["body_pose"], atol=2e-3)
    assert _terms(person)["pose"] == pytest.approx(0.5 * float(z @ z), rel=2e-2)
    assert person["body_pose"].shape == (63,)
    start = str(tmp_path / "out" / "person_00.npz")
    again = fit(
        "--pose-prior",
        str(tmp_path / "vposer"),
        "--engine",
        engine,
        "--device",
        "cpu",
        "--start",
        start,
        out="2",
    )
    assert float(again["loss"]) < 1.02 * float(person["loss"])


def _latent_of(directions: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """z whose two directions a joint span the same frame: a first column s·a, a second t·a + u·b with free s, t, u."""
    first, second = directions.reshape(21, 3, 2)[..., 0], directions.reshape(21, 3, 2)[..., 1]
    columns = np.zeros((126, 63))
    for joint in range(21):
        rows = 6 * joint + 2 * np.arange(3)
        columns[rows, 3 * joint] = first[joint]
        columns[rows + 1, 3 * joint + 1] = first[joint]
        columns[rows + 1, 3 * joint + 2] = second[joint]
    found = np.linalg.lstsq(np.concatenate([axes, -columns], axis=1), -mean, rcond=None)[0]
    return found[:32]


def test_vposer_leaves_smpls_hand_joints_alone(fit: Fit, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    file = write_vposer(tmp_path / "vposer.ckpt", 2)
    body = cut_bodies.write(tmp_path / "SMPL_NEUTRAL.npz", "smpl")
    person = fit("--pose-prior", str(file), "--model", str(body))
    assert person["body_pose"].shape == (63,) and np.abs(person["body_pose"]).max() > 0.1
    result = read_result(tmp_path / "out")
    np.testing.assert_array_equal(result.people[0].rotations["left_index1"], 0.0)
    model = load_body_model(str(body))
    assert model.joint_count == 24


def test_bend_prior_straightens_what_bends_backwards(fit: Fit) -> None:
    without = fit("--pose-prior", "none", out="without")
    person = fit("--pose-prior", "none", "--bend-prior", out="with")
    assert "bend" in _terms(person) and "bend" not in _terms(without)

    def backwards(found: dict[str, np.ndarray]) -> float:
        pose = found["body_pose"].reshape(21, 3)
        angles = np.array([pose[17, 1], -pose[18, 1], -pose[3, 0], -pose[4, 0]])
        return float(np.exp(2 * angles).sum())

    assert _terms(person)["bend"] == pytest.approx(0.5 * backwards(person), rel=1e-3)
    assert backwards(person) < backwards(without)


@pytest.mark.parametrize("option", ["--betas", "--n-betas"])
def test_number_of_betas(option: str, fit: Fit, tmp_path: Path) -> None:
    person = fit(option, "4")
    assert person["betas"].shape == (4,)
    result = read_result(tmp_path / "out")
    assert result.body_of(result.people[0]).shape_directions.shape[2] == 4
    again = fit(option, "4", "--start", str(tmp_path / "out" / "person_00.npz"), out="again")
    assert again["betas"].shape == (4,)


def test_flength_is_the_focal_length(fit: Fit) -> None:
    assert float(fit("--flength", "1234", focal=False)["focal_px"]) == 1234.0


@pytest.mark.parametrize("preset", ["smplify", "smplifyx"])
def test_presets_fit_and_are_read(preset: str, fit: Fit, case: Case, tmp_path: Path) -> None:
    person = fit("--preset", preset, out="lens")
    terms = _terms(person)
    assert {"keypoints", "pose", "shape", "bend"} <= set(terms) and "rest" not in terms
    assert ("face" in terms) == (preset == "smplifyx")
    assert _error_mm(person, case) < 120
    found = _summary(tmp_path / "lens")
    assert found["preset"] == preset
    assert found["people"][0]["quality"] != "good"  # type: ignore[index]
    read_result(tmp_path / "lens")
    refit = fit("--preset", preset, "--start", str(tmp_path / "lens" / "person_00.npz"), out="refit")
    assert float(refit["loss"]) <= 1.001 * float(person["loss"])


@pytest.mark.parametrize("kind", ["smpl", "smplh"])
@pytest.mark.parametrize("preset", ["smplify", "smplifyx"])
def test_presets_take_every_kind_of_body(
    kind: str, preset: str, fit: Fit, case: Case, tmp_path: Path
) -> None:
    body = cut_bodies.write(tmp_path / "body.npz", kind)  # type: ignore[arg-type]
    person = fit("--preset", preset, "--model", str(body))
    assert _error_mm(person, case) < 120
    assert not person["jaw_pose"].any()


def test_presets_assume_the_papers_lens(fit: Fit, tmp_path: Path) -> None:
    assert float(fit("--preset", "smplify", focal=False)["focal_px"]) == 5000.0
    assert "assumed" in str(_summary(tmp_path / "out")["focal_source"])


def test_side_view_tries_the_figure_turned(tmp_path: Path) -> None:
    """From the front a preset has one start and so one solution; the turned one of --side-view is never preferred to it here."""
    case = synthetic_case(0)
    photo, keypoints = write_photo(tmp_path, [_body_only(case.subject.keypoints)])
    common = ["fit", str(photo), str(keypoints), "--preset", "smplify", "--takes", "2", "--no-overlay"]
    takes: list[dict[str, np.ndarray]] = []
    for name, options in (("front", []), ("both", ["--side-view"])):
        focal = ["--focal-px", str(case.subject.focal_px)]
        assert main([*common, *focal, "--out", str(tmp_path / name), *options]) == 0
        takes.append(_summary(tmp_path / name)["people"][0])  # type: ignore[index]
    front, both = takes
    assert len(front["takes"]) == 1
    assert both["losses"][0] == pytest.approx(front["losses"][0], rel=1e-3)
    assert all(loss > 1.5 * both["losses"][0] for loss in both["losses"][1:])


_BAD = {
    "no such prior": (["--pose-prior", "missing.pkl"], 7, "missing.pkl"),
    "prior of no kind": (["--pose-prior", "{photo}"], 7, ".pkl or .npz"),
    "folder without a snapshot": (["--pose-prior", "{folder}"], 7, "no snapshot"),
    "mixture that is none": (["--pose-prior", "{folder}/empty.npz"], 7, "empty.npz"),
    "no betas": (["--betas", "0"], 2, "--betas 0"),
    "more betas than in the file": (["--betas", "21"], 6, "holds 20 betas"),
    "side view without a preset": (["--side-view"], 2, "--preset"),
    "bend prior with a preset": (["--preset", "smplify", "--bend-prior"], 2, "--bend-prior"),
}


@pytest.mark.parametrize("name", _BAD)
def test_errors_name_the_cause(
    name: str, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, code, words = _BAD[name]
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints])
    (tmp_path / "empty.npz").write_bytes(b"")
    filled = [text.format(photo=photo, folder=tmp_path) for text in arguments]
    out = tmp_path / "out"
    command = ["fit", str(photo), str(keypoints), "--out", str(out), "--messages", "json"]
    assert main([*command, *filled]) == code
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "ERROR" and words in last["text"]
    assert not out.exists()


def test_a_start_with_other_betas_is_refused(
    fit: Fit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit("--betas", "4")
    photo, keypoints = tmp_path / "photo.png", tmp_path / "photo_keypoints.json"
    start = str(tmp_path / "out" / "person_00.npz")
    command = ["fit", str(photo), str(keypoints), "--out", str(tmp_path / "again"), "--start", start]
    assert main([*command, "--messages", "json"]) == 2
    assert "Use the same --betas" in capsys.readouterr().out


def test_the_shipped_mixture_is_the_default(fit: Fit) -> None:
    person, mixture = fit(), open_pose_prior()
    apart = person["body_pose"] - mixture.means
    each = 0.5 * np.einsum("ki,kij,kj->k", apart, mixture.precision, apart) + mixture.constant
    assert _terms(person)["pose"] == pytest.approx(float(each.min()), rel=1e-3)
