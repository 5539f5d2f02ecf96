"""Faults of keypoints in words: each with the fault put in, and nothing said without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, detected_keypoints, points
from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.model_file import load_body_model
from fitting_core.fitting.exchanged_legs import with_exchanged_legs
from fitting_core.fitting.hanging_shins import with_hanging_shins
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.results.faults import keypoint_faults
from fitting_core.results.person import FittedPerson

_MODEL = load_body_model()
_LAYOUT = ParameterLayout(_MODEL.joint_count, _MODEL.beta_count, _MODEL.expression_count)
_FOCAL, _CENTRE, _PICTURE = 1000.0, np.array([400.0, 500.0]), (800, 1000)
_PERMILLE_PX = 0.4


def _pose(**bent: tuple[float, float, float]) -> Pose:
    """Somebody 4 m away who faces the camera with level arms, some joints bent (radians)."""
    rotations = np.zeros((55, 3))
    rotations[0] = [np.pi, 0.0, 0.0]
    for name, angles in bent.items():
        rotations[joint_index(name)] = angles
    return Pose(rotations, np.zeros(_MODEL.beta_count + _MODEL.expression_count), np.array([0.0, 0.0, 4.0]))


def _seen(pose: Pose, depths: NumpyArray | None = None) -> tuple[Subject, FittedPerson]:
    placed = points(_MODEL, pose)
    where = detected_keypoints(_MODEL, pose, placed, "openpose")
    pixels = _FOCAL * where[:, :2] / where[:, 2:] + _CENTRE
    table = np.nan_to_num(np.column_stack([pixels, np.full(len(pixels), 0.9)]))
    keypoints = Keypoints2D(table[:25], table[25:46], table[46:67], table[67:])
    subject = Subject(keypoints, _FOCAL, _CENTRE, cues=PhotoCues(depths))
    return subject, FittedPerson(_MODEL, pose, placed, np.zeros(137), 50.0, where)


def _depths(nearer_wrist_m: float) -> NumpyArray:
    """Depths of body points that are all alike but the left wrist's."""
    table = np.column_stack([np.zeros(25), np.ones(25)])
    table[BODY_25.index("left_wrist"), 0] = -nearer_wrist_m
    return table


_POINTING = {"left_elbow": (0.0, -1.4, 0.0)}  # the left forearm at the camera
_FAULTS: dict[str, tuple[dict[str, tuple[float, float, float]], NumpyArray | None, tuple[str, ...]]] = {
    "arms level": ({}, None, ()),
    "a forearm that only the fit sees point at the camera": (_POINTING, _depths(0.0), ("left forearm",)),
    "one whose depth nobody has seen": (_POINTING, None, ("left forearm",)),
    "one that the photo shows to point at the camera": (_POINTING, _depths(0.2), ()),
    "both point at the camera": (_POINTING | {"right_elbow": (0.0, 1.4, 0.0)}, None, ()),
    "a head that looks aside": ({"neck": (0.0, 0.4, 0.0), "head": (0.0, 0.4, 0.0)}, None, ()),
    "a head on back to front": ({"neck": (0.0, 1.2, 0.0), "head": (0.0, 1.2, 0.0)}, None, ("the face",)),
}


@pytest.mark.parametrize(("bent", "depths", "said"), _FAULTS.values(), ids=_FAULTS)
def test_what_is_said_of_keypoints(
    bent: dict[str, tuple[float, float, float]], depths: NumpyArray | None, said: tuple[str, ...]
) -> None:
    subject, person = _seen(_pose(**bent), depths)
    found = keypoint_faults(subject, person, _PERMILLE_PX, _PICTURE)
    assert len(found) == len(said)
    assert all(start in text for start, text in zip(said, found, strict=True))


def test_depths_of_the_other_side_are_told() -> None:
    subject, person = _seen(_pose())
    (found,) = keypoint_faults(subject, replace(person, loss_terms={"depth": 9.0}), _PERMILLE_PX, _PICTURE)
    assert "depths" in found and "exchanged" in found
    assert not keypoint_faults(subject, replace(person, loss_terms={"depth": 7.0}), _PERMILLE_PX, _PICTURE)


def test_limbs_that_leave_the_picture_are_named() -> None:
    subject, person = _seen(_pose())
    ankle = person.points[joint_index("left_ankle")]
    lower = int(_FOCAL * ankle[1] / ankle[2] + _CENTRE[1])
    found = keypoint_faults(subject, person, _PERMILLE_PX, (800, lower - 20))
    assert [text.split(" leaves")[0] for text in found] == ["the left leg", "the right leg"]
    assert not keypoint_faults(subject, person, _PERMILLE_PX, (800, lower - 5)), "within what a fit errs by"
    assert not keypoint_faults(subject, person, _PERMILLE_PX, None)
    body = subject.keypoints.body.copy()
    body[[BODY_25.index(name) for name in ("left_knee", "right_knee")], 2] = 0.0
    waist_up = replace(subject, keypoints=replace(subject.keypoints, body=body))
    assert not keypoint_faults(waist_up, person, _PERMILLE_PX, (800, lower - 20)), "a portrait has no fault"


@pytest.mark.parametrize(
    ("detector", "follow"), [("eyes", True), ("openpose", False)], ids=["eyes", "a file's"]
)
def test_depths_change_sides_with_the_points_of_those_who_saw_both(detector: str, follow: bool) -> None:
    subject, _ = _seen(_pose(left_knee=(0.5, 0.0, 0.0)), np.arange(50.0).reshape(25, 2))
    subject = replace(subject, keypoints=replace(subject.keypoints, detector=detector))  # type: ignore[arg-type]
    swapped = with_exchanged_legs(subject)
    left, right, hip = (BODY_25.index(name) for name in ("left_knee", "right_knee", "left_hip"))
    assert np.array_equal(swapped.keypoints.body[left], subject.keypoints.body[right])
    assert np.array_equal(swapped.keypoints.body[hip], subject.keypoints.body[hip])
    assert subject.cues.body_depths is not None and swapped.cues.body_depths is not None
    assert np.array_equal(swapped.cues.body_depths[left], subject.cues.body_depths[right if follow else left])
    again = with_exchanged_legs(swapped)
    assert np.array_equal(again.keypoints.body, subject.keypoints.body)


def _cut_off(subject: Subject) -> Subject:
    """Nothing seen below the knees."""
    body = subject.keypoints.body.copy()
    for side in ("left", "right"):
        for name in ("ankle", "big_toe", "small_toe", "heel"):
            body[BODY_25.index(f"{side}_{name}")] = 0.0
    return replace(subject, keypoints=replace(subject.keypoints, body=body))


def _row(pose: Pose) -> NumpyArray:
    row = np.zeros(_LAYOUT.size)
    row[:3] = pose.translation
    row[_LAYOUT.joints(range(55))] = pose.rotations.reshape(-1)
    return row


_SITTING = {"left_hip": (-np.pi / 2, 0.0, 0.0), "right_hip": (-np.pi / 2, 0.0, 0.0)}
_LYING = {"pelvis": (np.pi / 2, 0.0, 0.0)}
_SHINS: dict[str, tuple[dict[str, tuple[float, float, float]], float]] = {
    "sitting": (_SITTING, 90.0),
    "a thigh half raised": ({"left_hip": (-np.pi / 4, 0.0, 0.0)}, 45.0),
    "standing": ({}, 0.0),
    "a leg stretched behind": ({"left_hip": (0.3, 0.0, 0.0)}, 0.0),
    "lying": (_LYING | _SITTING, 0.0),
}


@pytest.mark.parametrize(("bent", "degrees"), _SHINS.values(), ids=_SHINS)
def test_shins_that_nobody_sees_hang(bent: dict[str, tuple[float, float, float]], degrees: float) -> None:
    pose = _pose(**bent)
    subject = _cut_off(_seen(pose)[0])
    hung = with_hanging_shins(_MODEL, _LAYOUT, subject, _row(pose))
    knee = _LAYOUT.joints([joint_index("left_knee")])
    np.testing.assert_allclose(np.degrees(hung[knee]), [degrees, 0.0, 0.0], atol=1e-6)
    moved = np.flatnonzero(hung != _row(pose))
    assert set(moved) <= {*knee, *_LAYOUT.joints([joint_index("right_knee")])}


def test_shins_that_are_seen_stay() -> None:
    pose = _pose(**_SITTING)
    row = _row(pose)
    assert with_hanging_shins(_MODEL, _LAYOUT, _seen(pose)[0], row) is row
