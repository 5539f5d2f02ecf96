"""Names and indices against the published tables, and the tables against each other."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.keypoints import layouts
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, COCO_18, MPI_15, BodyLayout, to_body_25
from tests.fitting_core.keypoints.documents import STANDING, body


@pytest.mark.parametrize(
    ("layout", "index", "name"),
    [
        (BODY_25, 4, "right_wrist"), (BODY_25, 8, "mid_hip"), (BODY_25, 14, "left_ankle"),
        (BODY_25, 16, "left_eye"), (BODY_25, 19, "left_big_toe"), (BODY_25, 24, "right_heel"),
        (COCO_18, 8, "right_hip"), (COCO_18, 13, "left_ankle"), (COCO_18, 17, "left_ear"),
        (BODY_25B, 1, "left_eye"), (BODY_25B, 10, "right_wrist"), (BODY_25B, 17, "upper_neck"),
        (BODY_25B, 24, "right_heel"), (MPI_15, 0, "head_top"), (MPI_15, 14, "chest"),
    ],
)  # fmt: skip
def test_published_indices(layout: BodyLayout, index: int, name: str) -> None:
    assert layout.names[index] == name
    assert layout.index(name) == index


@pytest.mark.parametrize("layout", [BODY_25, COCO_18, BODY_25B, MPI_15], ids=lambda layout: layout.name)
def test_every_layout_becomes_body_25_by_name(layout: BodyLayout) -> None:
    converted = to_body_25(body(layout), layout)
    for name in set(layout.names) & set(BODY_25.names):
        assert tuple(converted[BODY_25.index(name), :2]) == STANDING[name]
    for name in {"nose", "left_heel"} - set(layout.names):
        assert not converted[BODY_25.index(name)].any()


def test_neck_and_mid_hip_take_the_mean_and_the_smaller_confidence() -> None:
    points = body(BODY_25B)
    points[BODY_25B.index("left_hip"), 2] = 0.3
    converted = to_body_25(points, BODY_25B)
    assert converted[BODY_25.index("mid_hip")] == pytest.approx([400, 480, 0.3])
    assert converted[BODY_25.index("neck")] == pytest.approx([400, 230, 0.8])


def test_neck_is_missing_when_a_shoulder_is() -> None:
    points = body(COCO_18)
    points[COCO_18.index("left_hip")] = 0
    assert not to_body_25(points, COCO_18)[BODY_25.index("mid_hip")].any()


def test_all_137_names_are_different() -> None:
    assert len(set(layouts.KEYPOINT_NAMES)) == len(layouts.KEYPOINT_NAMES) == 137
    assert layouts.KEYPOINT_NAMES[layouts.LEFT_HAND][8] == "left_hand_index_4"
    assert layouts.KEYPOINT_NAMES[layouts.FACE][-1] == "face_left_pupil"


def test_mirror_is_its_own_inverse_and_swaps_the_hands() -> None:
    mirror = np.array(layouts.MIRROR)
    np.testing.assert_array_equal(mirror[mirror], np.arange(137))
    np.testing.assert_array_equal(mirror[layouts.LEFT_HAND], np.arange(137)[layouts.RIGHT_HAND])


@pytest.mark.parametrize(
    ("name", "partner"),
    [
        ("face_contour_0", "face_contour_16"), ("face_right_eyebrow_0", "face_left_eyebrow_4"),
        ("face_right_eye_0", "face_left_eye_3"), ("face_right_eye_5", "face_left_eye_4"),
        ("face_outer_lip_0", "face_outer_lip_6"), ("face_outer_lip_11", "face_outer_lip_7"),
        ("face_inner_lip_7", "face_inner_lip_5"), ("face_nose_bridge_2", "face_nose_bridge_2"),
        ("face_right_pupil", "face_left_pupil"), ("neck", "neck"), ("left_heel", "right_heel"),
    ],
)  # fmt: skip
def test_mirror_pairs(name: str, partner: str) -> None:
    names = layouts.KEYPOINT_NAMES
    assert names[layouts.MIRROR[names.index(name)]] == partner


def test_sides_follow_names() -> None:
    for name, side in zip(layouts.KEYPOINT_NAMES, layouts.SIDES, strict=True):
        if name.startswith(("left_", "face_left_")):
            assert side == "left"
        if name.startswith(("right_", "face_right_")):
            assert side == "right"
    assert layouts.SIDES[layouts.KEYPOINT_NAMES.index("mid_hip")] == "centre"


def test_limbs_stay_within_their_part() -> None:
    for first, second in layouts.LIMBS:
        parts = (layouts.BODY, layouts.LEFT_HAND, layouts.RIGHT_HAND, layouts.FACE)
        assert any(part.start <= first < part.stop and part.start <= second < part.stop for part in parts)
