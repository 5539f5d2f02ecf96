"""Twist bones as values: what skin follows which, and what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.bone_guess import guess_bones
from smplify_blender.result.bone_names import NAMINGS, Naming, bone_name_of
from smplify_blender.result.joint_names import BODY_POSE_JOINTS
from smplify_blender.result.twist_bones import TWIST_BONES, twist_shares

# Place along the limb: the shares of the limb's own bone and of its twist bones, root first.
FOREARM = {-0.3: (0, 1, 0, 0), 0.0: (0, 1, 0, 0), 0.25: (0, 0.5, 0.5, 0), 0.5: (0, 0, 1, 0), 0.9: (0, 0, 0.2, 0.8),
           1.2: (0, 0, 0, 1)}  # fmt: skip
THIGH = {
    -0.3: (0, 1, 0),
    0.25: (0, 0.5, 0.5),
    0.5: (0, 0, 1),
    0.75: (0.5, 0, 0.5),
    1.0: (1, 0, 0),
    1.4: (1, 0, 0),
}


@pytest.mark.parametrize(
    ("joint", "rows"),
    [("left_elbow", FOREARM), ("right_elbow", FOREARM), ("left_hip", THIGH), ("right_shoulder", THIGH)],
)
def test_shares(joint: str, rows: dict[float, tuple[float, ...]]) -> None:
    np.testing.assert_allclose(twist_shares(joint, np.array(list(rows))), list(rows.values()), atol=1e-12)


@pytest.mark.parametrize("joint", TWIST_BONES)
def test_skin_turns_evenly_from_one_end_to_the_other(joint: str) -> None:
    """With the root turned by 1 and the end by 10, skin at a place turns by what lies between the joints' own turns."""
    places = np.linspace(0.0, 1.0, 11)
    bones = TWIST_BONES[joint]
    turns = np.array([0.0, *(10.0 * bone.end_share - 1.0 * bone.root_share for bone in bones)])
    has_end = bool(bones[0].end_joint)
    wanted = (10.0 * has_end) * places - (1.0 - places)
    np.testing.assert_allclose(twist_shares(joint, places) @ turns, wanted, atol=1e-12)


NAMES: dict[Naming, tuple[str, str]] = {
    "smplx": ("left_elbow_twist1", "right_hip_twist2"),
    "blender": ("forearm.twist.01.L", "thigh.twist.02.R"),
    "mixamo": ("mixamorig:LeftForeArmTwist1", "mixamorig:RightUpLegTwist2"),
    "unreal": ("lowerarm_twist_01_l", "thigh_twist_02_r"),
    "humanoid": ("LeftLowerArmTwist1", "RightUpperLegTwist2"),
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_names(naming: Naming) -> None:
    found = [bone_name_of(naming, key) for key in ("left_elbow_twist1", "right_hip_twist2")]
    assert found == list(NAMES[naming])


@pytest.mark.parametrize("naming", NAMINGS)
def test_no_twist_bone_is_taken_for_a_limb(naming: Naming) -> None:
    joints = ("pelvis", *BODY_POSE_JOINTS)
    keys = [bone.key for bones in TWIST_BONES.values() for bone in bones]
    alone = {bone_name_of(naming, joint): "" for joint in joints}
    both = {bone_name_of(naming, key): "" for key in keys} | alone
    guessed = guess_bones(both)
    assert guessed == guess_bones(alone)
    assert guessed["left_elbow"] == bone_name_of(naming, "left_elbow")
