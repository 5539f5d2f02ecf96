"""The people of the rendered benchmark: bones, limbs that reach, plain poses, and what a detector means by its points."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.bones import SEGMENTS, drawn_bones, segment_length, with_bones
from benchmarks.rendered.limbs import flatten_feet, fold_leg, reach
from benchmarks.rendered.points_file import HIPS_FARTHER_OUT, meant_by_detectors
from benchmarks.rendered.poses import RULES, STANDING, plain_pose
from benchmarks.rendered.posture import knee_flexion
from benchmarks.rendered.resting import DEEPEST_M, Rest, arm_depth, point_hand, rest_hand
from fitting_core.body_model.body_model import (
    BodyModel,
    Pose,
    joint_transforms,
    points,
    rest_joints,
    vertices,
)
from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.model_file import load_body_model
from fitting_core.keypoints.layouts import BODY_25

ONES = dict.fromkeys(SEGMENTS, 1.0)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return load_body_model()


@pytest.mark.parametrize(
    ("segment", "first", "second"),
    [
        ("thigh", "left_hip", "left_knee"),
        ("shin", "right_knee", "right_ankle"),
        ("upper arm", "left_shoulder", "left_elbow"),
        ("forearm", "right_elbow", "right_wrist"),
        ("hips", "left_hip", "right_hip"),
        ("head", "left_eye", "right_eye"),
        ("hand", "left_wrist", "left_middle1"),
    ],
)
def test_a_segment_gets_its_length_and_no_other_does(
    body: BodyModel, segment: str, first: str, second: str
) -> None:
    longer = with_bones(body, ONES | {segment: 1.1})
    factor = segment_length(longer, first, second) / segment_length(body, first, second)
    assert factor == pytest.approx(1.1, abs=0.003)  # the bones lie along the axes within a few degrees
    for other, a, b in (("shin", "left_knee", "left_ankle"), ("forearm", "left_elbow", "left_wrist")):
        if other != segment:
            assert segment_length(longer, a, b) == pytest.approx(segment_length(body, a, b))


def test_the_skin_goes_with_the_bones_for_every_shape(body: BodyModel) -> None:
    longer = with_bones(body, ONES | {"shin": 1.1})
    shape = np.zeros(body.shape_directions.shape[2])
    shape[:3] = (1.5, -1.0, 0.7)
    for model, factor in ((body, 1.0), (longer, 1.1)):
        joints = rest_joints(model, shape)
        sole = vertices(model, Pose(np.zeros((55, 3)), shape, np.zeros(3)))[:, 1].min()
        knee, ankle = joints[[joint_index("left_knee"), joint_index("left_ankle")], 1]
        if factor == 1.0:
            shin, foot = knee - ankle, ankle - sole
        else:
            assert knee - ankle == pytest.approx(1.1 * shin, rel=1e-3)
            assert ankle - sole == pytest.approx(foot, rel=0.01)
    same = with_bones(body, ONES)
    assert np.abs(same.v_template - body.v_template).max() < 1e-12
    assert np.abs(same.joint_directions - body.joint_directions).max() < 1e-12


def test_bones_are_five_per_cent_off() -> None:
    random = np.random.default_rng(0)
    factors = np.array([list(drawn_bones(random).values()) for _ in range(400)])
    assert factors.std() == pytest.approx(0.05, abs=0.005)
    assert factors.mean() == pytest.approx(1.0, abs=0.005) and np.abs(factors - 1.0).max() <= 0.1 + 1e-12


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_wrist_comes_to_its_place(body: BodyModel, side: str) -> None:
    rotations = np.zeros((55, 3))
    rotations[joint_index("spine2")] = (0.2, 0.3, -0.1)
    place = np.array([0.1, 0.15, 0.25])
    reach(body, rotations, side, place, np.array([0.0, -1.0, 0.0]))
    _, places = joint_transforms(body, rotations, body.joints_template)
    assert (
        np.linalg.norm(places[joint_index(f"{side}_wrist")] - place) < 0.02
    )  # rest bones are a degree off the axes


def test_a_hand_that_rests_lies_on_the_body_and_not_in_it(body: BodyModel) -> None:
    rotations = np.zeros((55, 3))
    pelvis, outward = body.joints_template[joint_index("pelvis")], np.array([1.0, 0.0, 0.2])
    place = pelvis + np.array([0.15, 0.15, 0.02])
    reach(body, rotations, "left", place, outward)
    assert arm_depth(body, rotations, "left") > 3 * DEEPEST_M
    rest_hand(body, rotations, "left", place, Rest(outward, np.array([-0.3, -0.3, 0.9]), off=outward))
    assert arm_depth(body, rotations, "left") < DEEPEST_M
    _, places = joint_transforms(body, rotations, body.joints_template)
    assert np.linalg.norm(places[joint_index("left_wrist")] - place) < 0.15  # no farther than it has to be


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("degrees", [20.0, 60.0, 120.0])
def test_a_hand_points_as_far_as_its_wrist_bends(body: BodyModel, side: str, degrees: float) -> None:
    rotations, outward = np.zeros((55, 3)), 1.0 if side == "left" else -1.0
    wanted = np.array([outward * np.cos(np.radians(degrees)), 0.0, np.sin(np.radians(degrees))])
    point_hand(body, rotations, side, wanted)
    world, _ = joint_transforms(body, rotations, body.joints_template)
    hand = world[joint_index(f"{side}_wrist")] @ np.array([outward, 0.0, 0.0])
    assert np.degrees(np.arctan2(hand[2], outward * hand[0])) == pytest.approx(min(degrees, 65.0), abs=1e-6)


@pytest.mark.parametrize("kind", ["hands on hips", "arms crossed", "chair", "floor"])
def test_hands_of_plain_poses_lie_on_the_body(body: BodyModel, kind: str) -> None:
    posed = plain_pose(body, kind, np.random.default_rng(1))
    assert max(arm_depth(body, posed.rotations, side) for side in ("left", "right")) < 1.2 * DEEPEST_M


def test_a_leg_is_folded_and_a_foot_stands_flat(body: BodyModel) -> None:
    rotations = np.zeros((55, 3))
    thigh, shin = np.array([0.3, 0.1, 1.0]), np.array([-0.2, -1.0, 0.1])
    fold_leg(rotations, "left", thigh, shin)
    flatten_feet(body, rotations, ("left",))
    world, places = joint_transforms(body, rotations, body.joints_template)
    hip, knee, ankle = places[[joint_index(f"left_{part}") for part in ("hip", "knee", "ankle")]]
    for bone, wanted in ((knee - hip, thigh), (ankle - knee, shin)):
        assert bone @ wanted / np.linalg.norm(bone) / np.linalg.norm(wanted) > 0.999
    assert world[joint_index("left_ankle")] @ np.array([0.0, 1.0, 0.0]) == pytest.approx(
        [0.0, 1.0, 0.0], abs=1e-9
    )


@pytest.mark.parametrize("kind", RULES)
def test_plain_poses_are_what_they_are_called(body: BodyModel, kind: str) -> None:
    for seed in range(3):
        posed = plain_pose(body, kind, np.random.default_rng(seed))
        mesh = vertices(body, Pose(posed.rotations, np.zeros(body.shape_directions.shape[2]), np.zeros(3)))
        knees = knee_flexion(
            points(body, Pose(posed.rotations, np.zeros(body.shape_directions.shape[2]), np.zeros(3)))
        )
        height = np.ptp(mesh[:, 1]) / np.ptp(body.v_template[:, 1])
        if kind in STANDING:
            assert knees.min() < 10.0 and height > 0.93
        if kind in STANDING and kind != "contrapposto":
            assert knees.max() < 10.0
        if kind == "chair":
            assert knees.min() > 55.0 and 0.6 < height < 0.85
        if kind in ("floor", "lying"):
            assert height < 0.65


def test_a_detector_means_other_points(body: BodyModel) -> None:
    placed = points(body, Pose(np.zeros((55, 3)), np.zeros(body.shape_directions.shape[2]), np.zeros(3)))
    where = meant_by_detectors(placed, 1.7)
    at = {name: where[BODY_25.index(name)] for name in BODY_25.names}
    assert at["neck"] == pytest.approx(0.5 * (at["left_shoulder"] + at["right_shoulder"]))
    assert at["mid_hip"] == pytest.approx(0.5 * (at["left_hip"] + at["right_hip"]))
    apart = at["left_hip"][0] - at["right_hip"][0]
    assert apart == pytest.approx(segment_length(body, "left_hip", "right_hip") + 2 * HIPS_FARTHER_OUT * 1.7)
    assert at["left_knee"] == pytest.approx(placed[joint_index("left_knee")])
