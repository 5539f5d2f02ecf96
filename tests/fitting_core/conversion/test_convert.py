"""Files of other programs against the `smplx` package, which is only called: the same body stands where the file says."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.body_model.body_model import BodyModel, Pose, joint_transforms, rest_joints, vertices
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.body_model.model_file import load_body_model
from fitting_core.cli import main
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.foreign_file import read_foreign_file
from fitting_core.errors import OutputError
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.fitting.priors.user_files import read_vposer
from fitting_core.geometry.rotations import matrix_from_vector
from tests import synthetic_kinds
from tests.fitting_core.conversion import foreign_files
from tests.fitting_core.fitting.priors.vposer_files import write_vposer
from tests.photos import synthetic_case, write_photo

_TOLERANCE_M = 1e-4  # smplx works in single precision, forty metres away
_Z_FROM_Y = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
_FORWARD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def convert(path: Path, *options: object) -> Path:
    """The result folder; the conversion has to work."""
    out = path.parent / f"{path.stem} out"
    assert main(["convert", str(path), "--out", str(out), *map(str, options)]) == 0
    return out


def entries(folder: Path, name: str) -> dict[str, np.ndarray]:
    with np.load(folder / name, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def theirs(path: Path, kind: str, values: dict[str, Any], **options: Any) -> np.ndarray:
    """(N, V, 3) of smplx for these parameters."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import smplx

        count = len(values["global_orient"])
        body = smplx.create(
            str(path), model_type=kind, gender="neutral", ext=path.suffix[1:], batch_size=count, **options
        )
    tensors = {
        key: torch.tensor(np.broadcast_to(value, (count, value.shape[1])).copy(), dtype=torch.float32)
        for key, value in values.items()
    }
    return body(**tensors).vertices.detach().numpy()


def motion_vertices(motion: dict[str, np.ndarray], model: BodyModel) -> np.ndarray:
    """(N, V, 3) of motion.npz by our own forward function, as docs/result-files.md describes it."""
    shape = np.concatenate([motion["betas"], motion["expression"]]).astype(np.float64)
    names = motion["joint_names"].tolist()
    found = []
    for rotations, place in zip(motion["rotations"], motion["transl"], strict=True):
        own = np.zeros((model.joint_count, 3))
        for joint, name in enumerate(model.joint_names):
            if name in names:
                own[joint] = rotations[names.index(name)]
        found.append(vertices(model, Pose(own, shape, place.astype(np.float64))))
    return np.stack(found)


ROTATIONS = {"none": (0.0, 0.0, 0.0), "a turned camera": (0.3, -0.4, 0.2)}


@pytest.mark.parametrize("turn", ROTATIONS.values(), ids=ROTATIONS)
def test_smplifyx_result_stands_where_smplx_says(tmp_path: Path, turn: tuple[float, float, float]) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    camera = matrix_from_vector(np.array(turn))
    values = foreign_files.smplifyx(camera_rotation=camera[None])
    file = foreign_files.write(tmp_path / "000.pkl", values)
    person = entries(convert(file, "--model", model), "person_00.npz")
    mesh = theirs(
        model, "smplx", {key: value for key, value in values.items() if "camera" not in key},
        use_pca=True, num_pca_comps=12, flat_hand_mean=False,
    )[0]  # fmt: skip
    wanted = mesh @ camera.T + values["camera_translation"][0]
    assert np.abs(person["vertices"] - wanted).max() < _TOLERANCE_M
    assert float(person["focal_px"]) == 5000.0
    np.testing.assert_allclose(person["betas"], values["betas"][0], rtol=1e-6)


def test_hands_in_full_have_the_mean_only_where_that_is_asked_for(tmp_path: Path) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    hand = np.random.default_rng(1).normal(0, 0.2, (1, 45)).astype(np.float32)
    file = foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx(left_hand_pose=hand))
    with np.load(model) as data:
        mean = data["hands_meanl"]
    as_is = entries(convert(file, "--model", model), "person_00.npz")
    added = entries(convert(file, "--model", model, "--add-hand-mean"), "person_00.npz")
    np.testing.assert_allclose(as_is["left_hand_pose"], hand[0], atol=1e-6)
    np.testing.assert_allclose(added["left_hand_pose"], hand[0] + mean, atol=1e-6)


def test_smplify_result_stands_where_smplx_says(tmp_path: Path) -> None:
    path = synthetic_kinds.official_pickle("smpl", tmp_path / "SMPL_NEUTRAL.pkl")
    values = foreign_files.smplify()
    values["pose"][66:] = 0.0  # SMPL's hand joints, which are not kept
    file = foreign_files.write(tmp_path / "0001.pkl", values)
    person = entries(convert(file, "--model", path), "person_00.npz")
    parts = {
        "global_orient": values["pose"][None, :3],
        "body_pose": values["pose"][None, 3:],
        "betas": values["betas"][None],
    }
    wanted = theirs(path, "smpl", parts)[0] + values["cam_t"]
    assert np.abs(person["vertices"] - wanted).max() < _TOLERANCE_M
    assert float(person["focal_px"]) == 4000.0


@pytest.mark.parametrize("seed", range(3))
def test_amass_motion_of_smplh_stands_where_smplx_says(tmp_path: Path, seed: int) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLH_NEUTRAL.npz", "smplh", 16)
    values = foreign_files.amass(seed=seed)
    values["betas"][10:] = 0.0  # smplx takes ten of SMPL-H
    folder = convert(foreign_files.write(tmp_path / "walk.npz", values), "--model", model)
    motion = entries(folder, "motion.npz")
    poses = values["poses"]
    parts = {
        "global_orient": poses[:, :3], "body_pose": poses[:, 3:66], "left_hand_pose": poses[:, 66:111],
        "right_hand_pose": poses[:, 111:], "betas": values["betas"][None, :10], "transl": values["trans"],
    }  # fmt: skip
    wanted = theirs(model, "smplh", parts, use_pca=False, flat_hand_mean=True)
    ours = motion_vertices(motion, load_body_model(str(model), "female", 16))
    assert np.abs(ours - wanted).max() < _TOLERANCE_M
    assert motion["betas"].shape == (16,)
    assert float(motion["fps"]) == 120.0 and bool(motion["has_floor"]) and bool(motion["has_own_shape"])


def _amass_parts() -> dict[str, np.ndarray]:
    """SMPL-X's motion both ways: `poses`, and one entry a part."""
    poses = foreign_files.amass(size=165)["poses"]
    return {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "pose_jaw": poses[:, 66:69],
            "pose_eye": poses[:, 69:75], "pose_hand": poses[:, 75:]}  # fmt: skip


@pytest.mark.parametrize("by_parts", [False, True], ids=["poses", "parts"])
def test_amass_motion_of_smplx_in_its_order_of_parts(tmp_path: Path, by_parts: bool) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    values = foreign_files.amass(size=165)
    parts = _amass_parts()
    if by_parts:
        values = {**values, **parts, "surface_model_type": "smplx"}
        del values["poses"]
    motion = entries(convert(foreign_files.write(tmp_path / "a.npz", values), "--model", model), "motion.npz")
    wanted = theirs(
        model, "smplx",
        {"global_orient": parts["root_orient"], "body_pose": parts["pose_body"], "jaw_pose": parts["pose_jaw"],
         "leye_pose": parts["pose_eye"][:, :3], "reye_pose": parts["pose_eye"][:, 3:],
         "left_hand_pose": parts["pose_hand"][:, :45], "right_hand_pose": parts["pose_hand"][:, 45:],
         "betas": values["betas"][None, :10], "transl": values["trans"], "expression": np.zeros((1, 10))},
        use_pca=False, flat_hand_mean=True,
    )  # fmt: skip
    ours = motion_vertices(motion, load_body_model(str(model), "female"))
    assert np.abs(ours - wanted).max() < _TOLERANCE_M


@pytest.mark.parametrize(
    ("up", "world"), [
        (None, _Z_FROM_Y), ("y", _Z_FROM_Y), ("z", np.eye(3)), ("camera", _FORWARD),
        ("x", np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])), ("x-down", np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]])),
        ("z-down", np.diag([1, -1, -1])),
    ],
)  # fmt: skip
def test_parameters_are_turned_upright_as_a_whole(tmp_path: Path, up: str | None, world: np.ndarray) -> None:
    """The world turns, the pelvis' own place included: not only the root's rotation."""
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    values = foreign_files.parameters(frames=3, expression=None)
    options = () if up is None else ("--up", up)
    file = foreign_files.write(tmp_path / "params.npz", values)
    motion = entries(convert(file, "--model", model, *options), "motion.npz")
    wanted = theirs(model, "smplx", values, use_pca=False, flat_hand_mean=True)
    ours = motion_vertices(motion, load_body_model(str(model)))
    assert np.abs(ours - wanted @ world.T).max() < _TOLERANCE_M


def test_vposer_values_become_the_pose_that_vposer_gives(tmp_path: Path) -> None:
    latent = np.random.default_rng(2).normal(0, 0.7, (1, 32)).astype(np.float32)
    file = foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx(body_pose=latent))
    vposer = write_vposer(tmp_path / "vposer.pt", 1)
    person = entries(convert(file, "--vposer", vposer), "person_00.npz")
    wanted = read_vposer(vposer).pose(latent.astype(np.float64))[0]
    np.testing.assert_allclose(person["body_pose"], wanted, atol=1e-6)
    assert np.abs(wanted).max() > 0.1


def test_the_open_body_stands_in_at_the_pelvis_of_the_file(tmp_path: Path) -> None:
    """SMPL-X's pelvis is 35 cm below its origin, the open body's is at the origin: the figure must not jump by that."""
    values = foreign_files.smplifyx()
    folder = convert(foreign_files.write(tmp_path / "a.pkl", values))
    person = entries(folder, "person_00.npz")
    pelvis = person["joints"][0]
    wanted = values["camera_translation"][0] + (0.0031, -0.3514, 0.0120)
    np.testing.assert_allclose(pelvis, wanted, atol=1e-4)
    assert not person["betas"].any()
    said = json.loads((folder / "summary.json").read_text())["warnings"]
    assert any("betas" in text and "left out" in text for text in said)
    assert any("PCA" in text for text in said)
    np.testing.assert_allclose(person["left_hand_pose"], open_hand_prior().mean_left.ravel(), atol=1e-6)


def test_joints_of_the_open_body_turn_as_the_file_says(tmp_path: Path) -> None:
    """Direction of every limb of the posed skeleton against the turns composed down the tree by hand."""
    values = foreign_files.amass(size=165)
    motion = entries(convert(foreign_files.write(tmp_path / "a.npz", values)), "motion.npz")
    model = load_body_model("open", "female")
    joints = rest_joints(model, np.zeros(model.shape_directions.shape[2]))
    for frame, row in enumerate(values["poses"]):
        vectors = row.reshape(55, 3)
        _, place = joint_transforms(model, motion["rotations"][frame].astype(np.float64), joints)
        elbow, shoulder = (SMPLX_JOINT_NAMES.index(f"left_{name}") for name in ("elbow", "shoulder"))
        chain = [0, 3, 6, 9, 13, 16]  # pelvis … left shoulder
        turned = np.eye(3)
        for joint in chain:
            turned = turned @ matrix_from_vector(vectors[joint])
        np.testing.assert_allclose(
            place[elbow] - place[shoulder], turned @ (joints[elbow] - joints[shoulder]), atol=1e-6
        )


def test_soles_of_somebody_standing(tmp_path: Path) -> None:
    """Upright at rest: the pelvis is as high as the body's legs are long, less what the file lacks."""
    model = load_body_model("open", "female")
    legs = -float(model.v_template[:, 1].min())
    values = foreign_files.amass(poses=np.tile([np.pi / 2] + [0.0] * 155, (5, 1)))
    values["trans"] = np.tile([0.0, 0.0, legs - 0.0282 + 0.07], (5, 1))
    motion = entries(convert(foreign_files.write(tmp_path / "a.npz", values)), "motion.npz")
    assert float(motion["sole_height"]) == pytest.approx(0.07, abs=1e-4)


@pytest.mark.parametrize(
    ("have", "count"), [(4, 10), (10, 10), (16, 10)], ids=["filled up", "as many", "cut"]
)
def test_betas_meet_the_number_that_the_body_has(tmp_path: Path, have: int, count: int) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")  # 10 betas
    betas = np.linspace(1, 2, have)[None].astype(np.float32)
    folder = convert(
        foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx(betas=betas)), "--model", model
    )
    found = entries(folder, "person_00.npz")["betas"]
    np.testing.assert_allclose(found[: min(have, count)], betas[0, :count], rtol=1e-6)
    assert found.shape == (count,) and not found[have:].any()
    said = json.loads((folder / "summary.json").read_text())["warnings"]
    assert any("16 betas" in text for text in said) == (have == 16)


def test_a_body_of_another_family_takes_no_betas(tmp_path: Path) -> None:
    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    folder = convert(foreign_files.write(tmp_path / "a.npz", foreign_files.amass()), "--model", model)
    assert not entries(folder, "motion.npz")["betas"].any()
    assert not bool(entries(folder, "motion.npz")["has_own_shape"])


def test_a_folder_of_bodies_gives_the_kind_and_gender_of_the_file(tmp_path: Path) -> None:
    for kind in ("smplx", "smplh"):
        (tmp_path / kind).mkdir()
        foreign_files.body_with_hands(tmp_path / kind / f"{kind.upper()}_NEUTRAL.npz", kind, 20)  # type: ignore[arg-type]
    folder = convert(foreign_files.write(tmp_path / "a.npz", foreign_files.amass()), "--model", tmp_path)
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["model"], summary["has_own_shape"]) == ("SMPLH_NEUTRAL", True)
    assert any("no female body" in text for text in summary["warnings"])


def test_the_photo_gives_size_and_centre(tmp_path: Path) -> None:
    photo, _ = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    file = foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx())
    folder = convert(file, "--photo", photo, "--focal-px", "6000")
    person = entries(folder, "person_00.npz")
    assert person["image_size"].tolist() == [800, 1000] and person["principal_point"].tolist() == [400, 500]
    assert float(person["focal_px"]) == 6000
    assert (folder / "photo.png").read_bytes() == photo.read_bytes()


def test_without_a_photo_the_picture_holds_the_figure(tmp_path: Path) -> None:
    person = entries(
        convert(foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx())), "person_00.npz"
    )
    pixels = (
        person["focal_px"] * person["vertices"][:, :2] / person["vertices"][:, 2:] + person["principal_point"]
    )
    assert (pixels > 0).all() and (pixels < person["image_size"]).all()
    assert not list((tmp_path / "a out").glob("photo.*"))


GENDERS = {
    "text": "male", "python 2's bytes": np.array(b"male"), "and their text": "b'male'",
    "an array": np.array(["male"]), "upper case": "Male",
}  # fmt: skip


@pytest.mark.parametrize("gender", GENDERS.values(), ids=GENDERS)
def test_genders_as_files_have_them(tmp_path: Path, gender: Any) -> None:
    path = foreign_files.write(tmp_path / "a.npz", foreign_files.amass(gender=gender))
    assert read_pose(read_foreign_file(path)).gender == "male"


@pytest.mark.parametrize("name", ["mocap_framerate", "mocap_frame_rate", "fps", ""])
def test_frame_rates_as_files_have_them(tmp_path: Path, name: str) -> None:
    values = foreign_files.amass(mocap_framerate=None) | ({name: np.array(60)} if name else {})
    file = foreign_files.write(tmp_path / "a.npz", values)
    assert float(entries(convert(file), "motion.npz")["fps"]) == (60 if name else 30)
    assert float(entries(convert(file, "--fps", "25"), "motion.npz")["fps"]) == 25


def test_a_second_conversion_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    file = foreign_files.write(tmp_path / "a.pkl", foreign_files.smplifyx())
    folder = convert(file)
    motion = foreign_files.write(tmp_path / "b.npz", foreign_files.amass())
    assert main(["convert", str(motion), "--out", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["body.npz", "motion.npz", "summary.json"]


@pytest.mark.parametrize("name", ["motion.npz", "body.npz"])
def test_the_file_itself_is_never_overwritten(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = foreign_files.write(tmp_path / name, foreign_files.amass())
    before = file.read_bytes()
    assert main(["convert", str(file), "--out", str(tmp_path)]) == OutputError.exit_code
    assert name in capsys.readouterr().err
    assert file.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == [name]
