"""The upward direction, from people and camera: level, pitched and rolled cameras, people on one leg, lying and cut off."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from smplify_blender.result.read_result import read_result
from smplify_blender.result.upright import UprightFrame, upright_frame
from tests.blender.synthetic_result import random_person, rotation_matrix, rotation_vector, write_result

# The figure of tubes is not made for standing: its weight is over its ankles, its soles are ahead of them. Leaning
# forward by this much (degrees) brings one over the other, as people do by themselves.
BALANCE = 6.4


def standing(**joints: tuple[float, float, float]) -> dict[str, np.ndarray]:
    """Somebody standing straight before a level camera; keywords turn joints of the body."""
    person = {key: np.zeros_like(value) for key, value in random_person(1).items()}
    names = {
        "left_hip": 0,
        "right_hip": 1,
        "left_knee": 3,
        "right_knee": 4,
        "left_shoulder": 15,
        "right_shoulder": 16,
    }
    for name, vector in joints.items():
        person["body_pose"][3 * names[name] : 3 * names[name] + 3] = vector
    person["global_orient"] = np.array([math.pi + math.radians(BALANCE), 0.0, 0.0])
    person["transl"] = np.array([0.0, 0.0, 4.0])
    return person


def seen_by(person: dict[str, np.ndarray], pitch: float, roll: float) -> dict[str, np.ndarray]:
    """The same person before a camera that looks down by `pitch` and is turned by `roll` (degrees)."""
    turn = rotation_matrix(np.array([0, 0, math.radians(roll)])) @ rotation_matrix(
        np.array([-math.radians(pitch), 0, 0])
    )
    return {
        **person,
        "global_orient": rotation_vector(turn @ rotation_matrix(person["global_orient"])),
        "transl": turn @ person["transl"],  # the synthetic pelvis is the origin of the body
    }


def frame_of(folder: Path, *people: dict[str, np.ndarray], legs_seen: bool = True) -> UprightFrame:
    return upright_frame(read_result(write_result(folder, list(people), legs_seen=legs_seen)))


def tilt(frame: UprightFrame, pitch: float, roll: float) -> float:
    """Degrees between the estimated and the true upward direction."""
    turn = rotation_matrix(np.array([0, 0, math.radians(roll)])) @ rotation_matrix(
        np.array([-math.radians(pitch), 0, 0])
    )
    return math.degrees(math.acos(min(1.0, float(frame.up_in_camera @ (turn @ (0, -1, 0))))))


ONE_LEG = standing(left_hip=(-1.2, 0, 0), left_knee=(1.6, 0, 0))
SITTING = standing(
    left_hip=(-1.5, 0, 0), right_hip=(-1.5, 0, 0), left_knee=(1.5, 0, 0), right_knee=(1.5, 0, 0)
)
STRIDE = standing(left_hip=(-0.5, 0, 0), right_hip=(0.45, 0, 0), right_knee=(0.2, 0, 0))
LONG_STRIDE = standing(left_hip=(-0.75, 0, 0), right_hip=(0.6, 0, 0))

CASES = {
    "level": (standing(), 0, 0, 3),
    "looks down": (standing(), 20, 0, 6),
    "looks up": (standing(), -15, 0, 6),
    "rolled": (standing(), 0, 12, 7),
    "rolled and down": (standing(), 15, -8, 7),
    "on one leg": (ONE_LEG, 10, 0, 7),
    "in mid-stride": (STRIDE, 8, 0, 6),
    "in a long stride, looked up at": (LONG_STRIDE, -10, 4, 8),
    "sitting, looked down on": (SITTING, 20, 0, 14),
}


@pytest.mark.parametrize(("person", "pitch", "roll", "limit"), CASES.values(), ids=CASES)
def test_up(tmp_path: Path, person: dict[str, np.ndarray], pitch: float, roll: float, limit: float) -> None:
    assert tilt(frame_of(tmp_path / "fit", seen_by(person, pitch, roll)), pitch, roll) < limit


def test_more_people_are_believed_more(tmp_path: Path) -> None:
    person = seen_by(standing(), 20, 10)
    one = tilt(frame_of(tmp_path / "one", person), 20, 10)
    three = tilt(frame_of(tmp_path / "three", person, person, person), 20, 10)
    assert three < 0.6 * one


def test_somebody_lying_does_not_turn_the_room(tmp_path: Path) -> None:
    assert tilt(frame_of(tmp_path / "fit", seen_by(standing(), 0, 85)), 0, 0) < 5


def test_unseen_legs_of_somebody_on_a_chair_are_not_asked(tmp_path: Path) -> None:
    person = seen_by(standing(left_hip=(-0.9, 0, 0), right_hip=(-0.9, 0, 0)), 0, 0)
    assert tilt(frame_of(tmp_path / "unseen", person, legs_seen=False), 0, 0) < BALANCE


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (30, 10), (-40, 0)])
def test_transform_is_rigid_and_stands_on_the_floor(tmp_path: Path, pitch: float, roll: float) -> None:
    folder = write_result(
        tmp_path / "fit", [seen_by(standing(), pitch, roll), seen_by(random_person(3), pitch, roll)]
    )
    result = read_result(folder)
    frame = upright_frame(result).world_from_camera
    np.testing.assert_allclose(frame[:3, :3] @ frame[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame[:3, :3]) == pytest.approx(1)
    heights = [(person.vertices @ frame[:3, :3].T + frame[:3, 3])[:, 2].min() for person in result.people]
    assert min(heights) == pytest.approx(0, abs=1e-6)
    view = frame[:3, 2]
    assert abs(view[0]) < 1e-9 and view[1] > 0  # along +Y as seen from above
    pelvis = frame[:3, :3] @ result.people[0].transl + frame[:3, 3]
    np.testing.assert_allclose(pelvis[:2], 0, atol=1e-6)


def test_same_answer_every_time(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit", [random_person(1), random_person(2)])
    first, second = upright_frame(read_result(folder)), upright_frame(read_result(folder))
    np.testing.assert_array_equal(first.world_from_camera, second.world_from_camera)
