"""Finding model files in the layouts that users have, and refusing what is no body model, in words."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from fitting_core.arrays import numpy_double
from fitting_core.body_model.body_model import Pose, points
from fitting_core.body_model.joints import SKELETONS, ModelKind
from fitting_core.body_model.landmarks import (
    BODY_KEYPOINTS,
    FACE_KEYPOINTS,
    LEFT_HAND_KEYPOINTS,
    POINT_COUNT,
    POINT_OF_KEYPOINT,
    RIGHT_HAND_KEYPOINTS,
    points_of_keypoints,
)
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.model_paths import model_path
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.body_model.posed_points import pose_points
from fitting_core.errors import BodyModelError
from fitting_core.files.npz_reader import read_arrays
from tests import synthetic_kinds

_FILES = (
    ("smplx/SMPLX_NEUTRAL.npz", "neutral"),
    ("SMPLX_FEMALE.npz", "female"),
    ("smplx/SMPLX_MALE.pkl", "male"),
    ("smplx/SMPLX_NEUTRAL_2020.npz", "neutral"),
    ("smplh/SMPLH_FEMALE.pkl", "female"),
    ("smplh/SMPLH_male.pkl", "male"),
    ("smplh/male/model.npz", "male"),
    ("neutral/model.npz", "neutral"),
    ("model.npz", "female"),
    ("smpl/SMPL_NEUTRAL.pkl", "neutral"),
    ("smpl/models/basicModel_f_lbs_10_207_0_v1.0.0.pkl", "female"),
    ("smpl/basicModel_neutral_lbs_10_207_0_v1.0.0.pkl", "neutral"),
    ("models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl", "male"),
)


@pytest.mark.parametrize(("name", "gender"), _FILES, ids=[name for name, _ in _FILES])
def test_files_are_found_in_the_usual_folders(name: str, gender: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert model_path(str(tmp_path), gender) == path
    assert model_path(str(path), gender) == path


def test_richer_models_and_npz_come_first(tmp_path: Path) -> None:
    for name in (
        "smpl/SMPL_MALE.pkl",
        "smplh/SMPLH_MALE.pkl",
        "smplx/SMPLX_MALE.pkl",
        "smplx/SMPLX_MALE.npz",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert model_path(str(tmp_path), "male").name == "SMPLX_MALE.npz"
    assert model_path(str(tmp_path / "smplh"), "male").name == "SMPLH_MALE.pkl"
    with pytest.raises(BodyModelError, match="no female body model is inside"):
        model_path(str(tmp_path), "female")


def test_the_folder_of_another_gender_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "male").mkdir()
    (tmp_path / "male" / "model.npz").touch()
    with pytest.raises(BodyModelError, match="no female body model"):
        model_path(str(tmp_path / "male"), "female")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[ModelKind, Path]:
    """One small-as-possible file of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    for kind in SKELETONS:
        np.savez(folder / f"{kind}.npz", **synthetic_kinds.arrays(kind))
    return {kind: folder / f"{kind}.npz" for kind in SKELETONS}


@pytest.mark.parametrize("kind", SKELETONS)
def test_the_contents_say_the_kind(kind: ModelKind, files: dict[ModelKind, Path]) -> None:
    model = load_body_model(str(files[kind]))
    groups = model.groups
    assert model.kind == kind
    assert model.joint_names[groups.body][-1] == "right_wrist"
    assert (groups.jaw is not None, groups.eyes is not None) == ((kind == "smplx"),) * 2
    if groups.left_hand is not None and groups.right_hand is not None:
        assert model.joint_names[groups.left_hand][0] == "left_index1"
        assert model.joint_names[groups.right_hand][-1] == "right_thumb3"
        assert model.parents[groups.right_hand.start] == model.joint_names.index("right_wrist")
    if groups.knuckles is not None:
        assert [model.joint_names[joint] for joint in groups.knuckles] == ["left_hand", "right_hand"]


@pytest.mark.parametrize("kind", SKELETONS)
def test_rotation_parameters_cover_every_joint_once(kind: ModelKind) -> None:
    skeleton = SKELETONS[kind]
    slices = skeleton.groups.by_parameter()
    covered = [joint for part in slices.values() for joint in range(*part.indices(len(skeleton.parents)))]
    assert covered == list(range(len(skeleton.parents)))
    assert ("jaw_pose" in slices, "left_hand_pose" in slices) == (kind == "smplx", kind != "smpl")


@pytest.mark.parametrize("kind", SKELETONS)
def test_reduced_points_of_every_kind(kind: ModelKind, files: dict[ModelKind, Path]) -> None:
    model = load_body_model(str(files[kind]))
    random = np.random.default_rng(1)
    rotations = random.normal(0, 0.4, (2, model.joint_count, 3))
    shape = random.normal(0, 1, (2, model.shape_directions.shape[2]))
    chosen = np.nonzero(model.present_points)[0]
    body = reduced_body(
        point_model(model), chosen, np.array([0, 44]), numpy_double(), np.ones(model.joint_count, dtype=bool)
    )
    posed = pose_points(body, rotations, shape, np.zeros((2, 3))).points
    for element, row in enumerate((0, 44)):
        expected = points(model, Pose(rotations[element], shape[element], np.zeros(3)), row)
        assert np.isnan(np.delete(expected, chosen, axis=0)).all()
        np.testing.assert_allclose(posed[element], expected[chosen], atol=1e-6)


def test_keypoints_of_every_kind() -> None:
    assert (points_of_keypoints("smplx") == POINT_OF_KEYPOINT).all()
    for kind in ("smplh", "smpl"):
        found = points_of_keypoints(kind)
        assert (found[BODY_KEYPOINTS] == POINT_OF_KEYPOINT[BODY_KEYPOINTS]).all()
        assert (found[FACE_KEYPOINTS] == -1).all()
    hands = np.r_[LEFT_HAND_KEYPOINTS, RIGHT_HAND_KEYPOINTS]
    assert (points_of_keypoints("smplh")[hands] == POINT_OF_KEYPOINT[hands]).all()
    assert (points_of_keypoints("smpl")[hands] == -1).all()  # stiff fingers answer for no keypoint
    assert (points_of_keypoints("smplx", False)[FACE_KEYPOINTS] == -1).all()


def test_betas_and_expressions_are_counted(tmp_path: Path) -> None:
    values = synthetic_kinds.arrays("smplx", 400)
    np.savez(tmp_path / "large.npz", **values)
    model = load_body_model(str(tmp_path / "large.npz"), beta_count=40, expression_count=20)
    assert (model.beta_count, model.expression_count) == (40, 20)
    np.testing.assert_array_equal(model.shape_directions[:, :, :40], values["shapedirs"][:, :, :40])
    np.testing.assert_array_equal(model.shape_directions[:, :, 40:], values["shapedirs"][:, :, 300:320])
    with pytest.raises(BodyModelError, match="300 betas and 100 expressions, and 301 and 10 were asked"):
        load_body_model(str(tmp_path / "large.npz"), beta_count=301)


SAID_COUNTS: dict[str, tuple[dict[str, object], int, int]] = {
    "nothing: 10 betas": ({}, 10, 20),
    "betas": ({"shape_count": 20}, 20, 10),
    "expressions": ({"expression_count": 4}, 26, 4),
    "both, and more that is neither": ({"shape_count": 16, "expression_count": 8}, 16, 8),
    "names of betas": ({"shape_names": [f"Shape{index}" for index in range(20)]}, 20, 10),
    "names of both": (
        {"shape_names": list("abcdefghijkl"), "expression_names": list("abcdefghijklmnopqr")},
        12,
        18,
    ),
    "no expression": ({"shape_count": 30}, 30, 0),
}


@pytest.mark.parametrize(("said", "betas", "expressions"), SAID_COUNTS.values(), ids=SAID_COUNTS)
def test_a_file_says_which_components_are_betas(
    said: dict[str, object], betas: int, expressions: int, tmp_path: Path
) -> None:
    values = synthetic_kinds.arrays("smplx", 30)
    np.savez(tmp_path / "model.npz", **values, **{key: np.asarray(value) for key, value in said.items()})
    model = load_body_model(str(tmp_path / "model.npz"), beta_count=400, expression_count=400, at_most=True)
    assert (model.beta_count, model.expression_count) == (betas, expressions)
    np.testing.assert_array_equal(
        model.shape_directions, values["shapedirs"][:, :, : betas + expressions].astype(float)
    )


BAD_COUNTS: dict[str, tuple[dict[str, object], str]] = {
    "more than there are": ({"shape_count": 31}, "says that it has 31 betas and -1 expressions"),
    "more together": ({"shape_count": 20, "expression_count": 11}, "'shapedirs' holds 30 components"),
    "none": ({"shape_count": 0}, "0 betas"),
    "half a one": ({"shape_count": 9.5}, "'shape_count' is 9.5, not a whole number"),
    "a text": ({"expression_count": "ten"}, "'expression_count' is ten, not a whole number"),
    "a list": ({"shape_count": [1, 2]}, r"'shape_count' is \[1, 2\]"),
}


@pytest.mark.parametrize(("said", "words"), BAD_COUNTS.values(), ids=BAD_COUNTS)
def test_counts_that_cannot_be_are_refused(said: dict[str, object], words: str, tmp_path: Path) -> None:
    values = synthetic_kinds.arrays("smplx", 30)
    np.savez(tmp_path / "model.npz", **values, **{key: np.asarray(value) for key, value in said.items()})
    with pytest.raises(BodyModelError, match=words):
        load_body_model(str(tmp_path / "model.npz"))


def _stated(**changes: np.ndarray) -> dict[str, np.ndarray]:
    """A small SMPL-X file of 7 betas about 3 expressions."""
    columns = {"shape_columns": np.array([0, 1, 2, 6, 7, 8, 9]), "expression_columns": np.array([3, 4, 5])}
    names = {"shape_names": np.array(list("abcdefg")), "expression_names": np.array(list("xyz"))}
    return synthetic_kinds.arrays("smplx", 10) | columns | names | changes


def test_a_file_may_say_which_columns_are_which(tmp_path: Path) -> None:
    values = _stated()
    np.savez(tmp_path / "stated.npz", **values)
    model = load_body_model(str(tmp_path / "stated.npz"), expression_count=2)
    assert (model.beta_count, model.shape_names, model.expression_names) == (7, tuple("abcdefg"), ("x", "y"))
    expected = values["shapedirs"][:, :, [0, 1, 2, 6, 7, 8, 9, 3, 4]]
    np.testing.assert_array_equal(model.shape_directions, expected)
    fewer = load_body_model(str(tmp_path / "stated.npz"), beta_count=4, expression_count=0)
    assert (fewer.beta_count, fewer.shape_names) == (4, tuple("abcd"))


def test_the_open_body_gives_all_its_components() -> None:
    model = load_body_model()
    assert (model.beta_count, model.expression_count) == (20, 10)
    assert (model.shape_names[0], model.shape_names[12]) == ("Height", "Chest")


_CONTRADICTIONS = {
    "a column twice": ({"shape_columns": np.array([0, 1, 2, 3, 6, 7, 8])}, "a column of 'shapedirs' twice"),
    "a column beyond": ({"expression_columns": np.array([3, 4, 10])}, "'expression_columns' points at"),
    "no integers": ({"shape_columns": np.array(["a"])}, "'shape_columns' has the shape"),
    "few names": ({"shape_names": np.array(["a"])}, "'shape_names' holds"),
    "a name twice": ({"expression_names": np.array(list("xxz"))}, "'expression_names' holds"),
    "a name of controls": ({"expression_names": np.array(["x", "y", "\n"])}, "'expression_names' holds"),
}


@pytest.mark.parametrize("name", _CONTRADICTIONS)
def test_columns_that_contradict_themselves_are_refused(name: str, tmp_path: Path) -> None:
    changes, words = _CONTRADICTIONS[name]
    np.savez(tmp_path / "wrong.npz", **_stated(**changes))
    with pytest.raises(BodyModelError, match=words):
        load_body_model(str(tmp_path / "wrong.npz"))


def test_a_file_without_landmarks_has_no_face(tmp_path: Path) -> None:
    values = synthetic_kinds.arrays("smplx")
    np.savez(tmp_path / "faceless.npz", **{k: v for k, v in values.items() if "lmk" not in k})
    model = load_body_model(str(tmp_path / "faceless.npz"))
    assert model.face is None
    assert model.present_points.sum() == 76
    assert point_model(model).contour is None
    found = points(model, Pose(np.zeros((55, 3)), np.zeros(20), np.zeros(3)))
    assert found.shape == (POINT_COUNT, 3)
    assert np.isnan(found[76:]).all()


def _changed(**changes: np.ndarray | None) -> dict[str, np.ndarray]:
    values = synthetic_kinds.arrays("smpl") | changes
    return {key: value for key, value in values.items() if value is not None}


_SMPL = synthetic_kinds.arrays("smpl")
_WRONG = {
    "entry missing": ({"weights": None}, "the entries weights are missing"),
    "a hand": ({"kintree_table": np.zeros((2, 16))}, "is not the joint tree"),
    "another tree": ({"kintree_table": _SMPL["kintree_table"][:, ::-1].copy()}, "is not the joint tree"),
    "few vertices": ({"v_template": np.zeros((100, 3))}, "has 100 vertices"),
    "weights of others": ({"weights": np.zeros((6890, 55))}, "'weights' has the shape"),
    "not finite": ({"v_template": _SMPL["v_template"] * np.nan}, "'v_template' holds values that are not"),
    "faces beyond": ({"f": _SMPL["f"] + 7000}, "'f' points at"),
    "faces between": ({"f": _SMPL["f"] * 0.25}, "'f' points at"),
    "text": ({"weights": np.array("heavy")}, "'weights' has the shape"),
    "flat shapes": ({"shapedirs": np.zeros((6890, 30))}, "holds 0 betas"),
    "correctives of others": ({"posedirs": np.ones((6890, 3, 486))}, "'posedirs' has the shape"),
}


@pytest.mark.parametrize("suffix", ["npz", "pkl"])
@pytest.mark.parametrize("name", _WRONG)
def test_wrong_files_are_refused_in_words(name: str, suffix: str, tmp_path: Path) -> None:
    changes, words = _WRONG[name]
    path = tmp_path / f"wrong.{suffix}"
    values = _changed(**changes)  # type: ignore[arg-type]
    if suffix == "npz":
        np.savez(path, **values)
    else:
        path.write_bytes(pickle.dumps(values))
        words = "entry 'weights': it holds" if name == "text" else words
    with pytest.raises(BodyModelError, match=words) as refused:
        load_body_model(str(path))
    assert f"wrong.{suffix}" in str(refused.value)


@pytest.mark.parametrize("suffix", ["npz", "pkl"])
def test_truncated_files(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"short.{suffix}"
    if suffix == "npz":
        np.savez(path, **_SMPL)
    else:
        synthetic_kinds.official_pickle("smpl", path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(BodyModelError, match=rf"short\.{suffix}"):
        load_body_model(str(path))


def test_a_pickle_named_npz_and_an_npz_named_pickle(tmp_path: Path) -> None:
    synthetic_kinds.official_pickle("smpl", tmp_path / "disguised.npz")
    with pytest.raises(BodyModelError, match=r"disguised\.npz"):
        load_body_model(str(tmp_path / "disguised.npz"))
    with (tmp_path / "disguised.pkl").open("wb") as file:
        np.savez(file, **_SMPL)
    assert load_body_model(str(tmp_path / "disguised.pkl")).kind == "smpl"


@pytest.mark.parametrize("compressed", [False, True])
def test_random_damage_to_npz_files(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "damaged.npz"
    values = {"a": np.arange(60.0).reshape(3, 20), "b": np.arange(7)}
    (np.savez_compressed if compressed else np.savez)(path, **values)
    data = path.read_bytes()
    random = np.random.default_rng(0)
    for round_number in range(400):
        damaged = bytearray(data)
        if round_number % 4 == 0:
            del damaged[int(random.integers(0, len(data))) :]
        for _ in range(int(random.integers(1, 6)) if damaged else 0):
            damaged[int(random.integers(0, len(damaged)))] = int(random.integers(0, 256))
        path.write_bytes(damaged)
        try:
            read_arrays(path, ("a", "b"), BodyModelError, "body model")
        except BodyModelError:
            continue


@pytest.mark.parametrize(
    ("model", "gender", "words"),
    [
        ("open", "nobody", "Gender 'nobody' is not known"),
        ("nowhere/at_all.npz", "neutral", "there is no such body model"),
        (__file__, "neutral", r"read from \.npz and \.pkl"),
    ],
)
def test_names_that_lead_nowhere(model: str, gender: str, words: str) -> None:
    with pytest.raises(BodyModelError, match=words):
        load_body_model(model, gender)
