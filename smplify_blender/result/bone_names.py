"""Names of bones: those of our figures, and those that other programs give to the bones that the same joints turn.

A joint lies at the head of the bone that it turns: SMPL-X's `left_hip` turns the left thigh. The bones of a figure are named for
what they move and end in `.L` and `.R`, so that *Symmetrize*, *Paste Pose Flipped* and X-mirror find the other side.

Sources of the other names: the T-pose skeleton of mixamo.com's downloads; Epic's documentation of the mannequin's skeleton
(UE4 and UE5); Unity's `HumanBodyBones`, which VRM 1.0 and Godot's `SkeletonProfileHumanoid` share but for the thumb.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from .joint_names import FINGERS
from .twist_bones import TWIST_BONES

JOINT_PROPERTY = "smplx_joint"
"""The custom property of a bone that holds the name of its joint; it stays when an artist renames the bone."""

Naming = Literal["smplx", "blender", "mixamo", "unreal", "humanoid"]
NAMINGS: tuple[Naming, ...] = get_args(Naming)

_SEGMENTS = (1, 2, 3)
_BLENDER = {
    "pelvis": "hips",
    "spine1": "spine.01",
    "spine2": "spine.02",
    "spine3": "spine.03",
    "hip": "thigh",
    "knee": "shin",
    "ankle": "foot",
    "foot": "toe",
    "collar": "shoulder",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
    "hand": "fingers",  # SMPL's: all fingers as one
} | {
    f"{finger}{segment}": f"{'' if finger == 'thumb' else 'f_'}{finger}.{segment:02d}"
    for finger in FINGERS
    for segment in _SEGMENTS
}
_MIXAMO = {
    "pelvis": "Hips",
    "spine1": "Spine",
    "spine2": "Spine1",
    "spine3": "Spine2",
    "neck": "Neck",
    "head": "Head",
    "jaw": "Jaw",
    "eye": "Eye",
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
    "foot": "ToeBase",
    "collar": "Shoulder",
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hand": "Fingers",
} | {f"{finger}{segment}": f"Hand{finger.title()}{segment}" for finger in FINGERS for segment in _SEGMENTS}
_UNREAL = {
    "pelvis": "pelvis",
    "spine1": "spine_01",
    "spine2": "spine_02",
    "spine3": "spine_03",
    "neck": "neck_01",
    "head": "head",
    "jaw": "jaw",
    "eye": "eye",
    "hip": "thigh",
    "knee": "calf",
    "ankle": "foot",
    "foot": "ball",
    "collar": "clavicle",
    "shoulder": "upperarm",
    "elbow": "lowerarm",
    "wrist": "hand",
    "hand": "fingers",
} | {f"{finger}{segment}": f"{finger}_{segment:02d}" for finger in FINGERS for segment in _SEGMENTS}
_HUMANOID = {
    "pelvis": "Hips",
    "spine1": "Spine",
    "spine2": "Chest",
    "spine3": "UpperChest",
    "neck": "Neck",
    "head": "Head",
    "jaw": "Jaw",
    "eye": "Eye",
    "hip": "UpperLeg",
    "knee": "LowerLeg",
    "ankle": "Foot",
    "foot": "Toes",
    "collar": "Shoulder",
    "shoulder": "UpperArm",
    "elbow": "LowerArm",
    "wrist": "Hand",
    "hand": "Fingers",
    "thumb1": "ThumbMetacarpal",
    "thumb2": "ThumbProximal",
    "thumb3": "ThumbDistal",
} | {
    f"{finger}{segment}": f"{'Little' if finger == 'pinky' else finger.title()}{part}"
    for finger in FINGERS
    if finger != "thumb"
    for segment, part in zip(_SEGMENTS, ("Proximal", "Intermediate", "Distal"), strict=True)
}
_SIDES = {"left_": "L", "right_": "R"}
_TWISTS = [
    (bone.joint.removeprefix("left_"), bone.number)
    for joint, bones in TWIST_BONES.items()
    if joint.startswith("left_")
    for bone in bones
]
for _joint, _number in _TWISTS:
    _BLENDER[f"{_joint}_twist{_number}"] = f"{_BLENDER[_joint]}.twist.{_number:02d}"
    _MIXAMO[f"{_joint}_twist{_number}"] = f"{_MIXAMO[_joint]}Twist{_number}"
    _UNREAL[f"{_joint}_twist{_number}"] = f"{_UNREAL[_joint]}_twist_{_number:02d}"
    _HUMANOID[f"{_joint}_twist{_number}"] = f"{_HUMANOID[_joint]}Twist{_number}"


def bone_name(joint_name: str) -> str:
    """Return the name of the bone that a joint turns, or of a twist bone by its key.

    A joint of a model of the user's own keeps its name but for the side.
    """
    side, joint = _split(joint_name)
    name = _BLENDER.get(joint, joint)
    return f"{name}.{side}" if side else name


def bone_name_of(naming: Naming, joint_name: str) -> str:
    """Return what the bone of a joint, or a twist bone by its key, is called in one of the NAMINGS."""
    return _NAMERS[naming](joint_name)


def _mixamo(joint_name: str) -> str:
    side, joint = _split(joint_name)
    word = {"L": "Left", "R": "Right"}.get(side, "")
    return f"mixamorig:{word}{_MIXAMO.get(joint, joint)}"


def _unreal(joint_name: str) -> str:
    side, joint = _split(joint_name)
    name = _UNREAL.get(joint, joint)
    return f"{name}_{side.lower()}" if side else name


def _humanoid(joint_name: str) -> str:
    side, joint = _split(joint_name)
    word = {"L": "Left", "R": "Right"}.get(side, "")
    return f"{word}{_HUMANOID.get(joint, joint)}"


def _split(joint_name: str) -> tuple[str, str]:
    """Return the side, "L", "R" or "", and the joint without it."""
    for prefix, side in _SIDES.items():
        if joint_name.startswith(prefix):
            return side, joint_name.removeprefix(prefix)
    return "", joint_name


_NAMERS: dict[Naming, Callable[[str], str]] = {
    "smplx": lambda joint_name: joint_name,
    "blender": bone_name,
    "mixamo": _mixamo,
    "unreal": _unreal,
    "humanoid": _humanoid,
}
