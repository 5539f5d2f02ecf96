"""The joints that the bones of somebody's armature turn, guessed from the bones' names.

A name is read as a side, a part of the body and a number, however they are written: `mixamorig:LeftUpLeg`, `thigh_l`,
`upperleg01.L`, `J_Bip_L_UpperLeg` and `lThighBend` are all the left thigh. Bones that only help others (twist, roll, IK, ends)
are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .joint_names import FINGERS

SPINE = ("spine1", "spine2", "spine3")
MIDDLE_JOINTS = ("pelvis", *SPINE, "neck", "head", "jaw")
_SIDED_JOINTS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot", "eye")
FINGER_JOINTS = tuple(f"{finger}{segment}" for finger in FINGERS for segment in (1, 2, 3))
MAPPED_JOINTS = (
    *MIDDLE_JOINTS,
    *(f"{side}_{joint}" for side in ("left", "right") for joint in (*_SIDED_JOINTS, *FINGER_JOINTS)),
)
"""All joints that a bone can stand for, in the order in which a list of them is read."""

_PARTS = {
    "collar": ("clavicle", "collar", "collarbone", "shldr", "shoulder"),
    "shoulder": ("upperarm", "uparm", "arm", "shldrbend", "shoulderbend", "humerus"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow", "forearmbend"),
    "wrist": ("hand", "wrist"),
    "hip": ("thigh", "upleg", "upperleg", "hip", "thighbend", "femur"),
    "knee": ("shin", "calf", "lowerleg", "lowleg", "leg", "knee", "tibia"),
    "ankle": ("foot", "ankle"),
    "foot": ("toe", "toes", "toebase", "ball"),
    "eye": ("eye", "faceeye", "adjeye"),
}
_MIDDLES = {
    "pelvis": ("hips", "pelvis", "hip", "root", "torso"),
    "neck": ("neck", "necklower"),
    "head": ("head",),
    "jaw": ("jaw", "lowerjaw"),
}
_SPINES = (
    "spine",
    "chest",
    "upperchest",
    "abdomen",
    "abdomenlower",
    "abdomenupper",
    "chestlower",
    "chestupper",
    "lowerback",
    "waist",
)
_FINGER_WORDS = {finger: finger for finger in FINGERS} | {
    "mid": "middle",
    "little": "pinky",
    "pinkie": "pinky",
    "fore": "index",
}
_SEGMENTS = {"proximal": 1, "intermediate": 2, "distal": 3, "metacarpal": 0}
_THUMB_SEGMENTS = {"metacarpal": 1, "proximal": 2, "distal": 3}  # of a thumb whose root is called so
_SIDE_WORDS = {"l": "left", "left": "left", "r": "right", "right": "right", "c": ""}
_NUMBERED_FINGERS = {1: "thumb", 2: "index", 3: "middle", 4: "ring", 5: "pinky"}
_HELPERS = re.compile(
    r"twist|roll|(^|[_.\-\s])ik([_.\-\s]|$)|pole|ctrl|helper|nub|tweak|(^|[_.\-\s])mch|(?<!thumb)metacarpal|(^|[_.\-\s])end([_.\-\s]|$)|_end$|"
    r"target|parent|socket|vis_|palm|(?<!meta)carpal|attach|corrective",
    re.IGNORECASE,
)
_PREFIXES = re.compile(
    r"^(.*:|def-|org-|deform_|bip\d*[ _]|bip001[ _]|j_bip_|j_adj_|j_sec_|valvebiped[._]bip01[._]|cc_base_|b_|bn_)+",
    re.IGNORECASE,
)
_RIGIFY = {
    "pelvis": "torso",
    "spine1": "spine_fk",
    "spine2": "spine_fk.001",
    "spine3": "chest",
    "neck": "neck",
    "head": "head",
} | {
    f"{side}_{joint}": f"{name}.{letter}"
    for side, letter in (("left", "L"), ("right", "R"))
    for joint, name in {
        "collar": "shoulder",
        "shoulder": "upper_arm_fk",
        "elbow": "forearm_fk",
        "wrist": "hand_fk",
        "hip": "thigh_fk",
        "knee": "shin_fk",
        "ankle": "foot_fk",
        "foot": "toe_fk",
        **{
            f"{finger}{segment}": f"{'' if finger == 'thumb' else 'f_'}{finger}.{segment:02d}"
            for finger in FINGERS
            for segment in (1, 2, 3)
        },
    }.items()
}
"""The controls of a generated Rigify rig that are keyed; its deforming bones follow them."""


@dataclass(frozen=True)
class _Read:
    """A bone's name, read: side ("left", "right" or ""), the word for the part, the first number behind it."""

    side: str
    part: str
    numbers: tuple[int, ...]


def guess_bones(parents: Mapping[str, str]) -> dict[str, str]:
    """Return bones by joint for the bones of an armature, given with their parents' names (empty: none), parents first.

    Joints for which there seems to be no bone are left out.
    """
    if all(name in parents for name in ("torso", "upper_arm_fk.L", "thigh_fk.R")):
        return {joint: bone for joint, bone in _RIGIFY.items() if bone in parents}
    if all(name in parents for name in ("left_collar", "left_shoulder", "right_hip")):  # SMPL-X's own
        return {joint: joint for joint in MAPPED_JOINTS if joint in parents}
    found: dict[str, str] = {}
    spine: list[str] = []
    thumb_segments = (
        _THUMB_SEGMENTS if any("thumbmetacarpal" in name.lower() for name in parents) else _SEGMENTS
    )
    for name in parents:
        if _HELPERS.search(_PREFIXES.sub("", name)):
            continue
        read = _read(name)
        if not read.side and read.part in _SPINES:
            spine.append(name)
            continue
        joint = _joint(read, thumb_segments)
        if joint and joint not in found:
            found[joint] = name
    _sort_out_hips(found, spine, parents)
    return {joint: bone for joint, bone in {**found, **_spine_joints(spine, found)}.items() if bone}


def is_enough(bones: Mapping[str, str]) -> bool:
    """Return True if the bones carry a pose: the pelvis, both thighs and both upper arms, with what follows them."""
    limbs = ("shoulder", "elbow", "hip", "knee")
    return "pelvis" in bones and all(
        f"{side}_{joint}" in bones for side in ("left", "right") for joint in limbs
    )


def _read(name: str) -> _Read:
    bare = _PREFIXES.sub("", name)
    words = [word for word in re.split(r"[_.\-\s]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare)) if word]
    side = next((_side(word) for word in words if _side(word)), "")
    words = [word for word in words if word.lower() not in _SIDE_WORDS]
    text = "".join(words).lower()
    numbers = tuple(int(digits) for digits in re.findall(r"\d+", " ".join(words)))
    part = re.sub(r"\d+", "", text)
    if not side:
        for word in ("left", "right"):
            if part.startswith(word) or part.endswith(word):
                return _Read(word, part.replace(word, ""), numbers)
    return _Read(side, part, numbers)


def _side(word: str) -> str:
    return _SIDE_WORDS.get(word.lower(), "")


def _joint(read: _Read, thumb_segments: Mapping[str, int]) -> str:
    """Return the joint of a name; empty where it is none of ours."""
    if not read.side:
        return next((joint for joint, words in _MIDDLES.items() if read.part in words), "")
    finger = _finger(read, thumb_segments)
    if finger:
        return f"{read.side}_{finger}"
    part = next((joint for joint, words in _PARTS.items() if read.part in words), "")
    return f"{read.side}_{part}" if part else ""


def _finger(read: _Read, thumb_segments: Mapping[str, int]) -> str:
    part = read.part.removeprefix("hand").removeprefix("finger").removeprefix("f")
    if read.part == "finger" and len(read.numbers) == 2 and read.numbers[0] in _NUMBERED_FINGERS:
        return f"{_NUMBERED_FINGERS[read.numbers[0]]}{read.numbers[1]}" if 1 <= read.numbers[1] <= 3 else ""
    for word, finger in _FINGER_WORDS.items():
        if part.startswith(word):
            rest = part.removeprefix(word).removeprefix("finger")
            segments = thumb_segments if finger == "thumb" else _SEGMENTS
            segment = segments.get(rest, read.numbers[0] if not rest and read.numbers else 0)
            return f"{finger}{segment}" if 1 <= segment <= 3 else ""
    return ""


def _sort_out_hips(found: dict[str, str], spine: list[str], parents: Mapping[str, str]) -> None:
    """The pelvis is the bone that both thighs hang on, if one has such a name; a root above it stays where it is."""
    above = [
        _ancestors(found[f"{side}_hip"], parents) for side in ("left", "right") if f"{side}_hip" in found
    ]
    if len(above) < 2:
        return
    shared = next((bone for bone in above[0] if bone in above[1]), "")
    if not shared:
        return
    named = _read(shared).part in (*_MIDDLES["pelvis"], *_SPINES)
    if "pelvis" not in found or (named and found["pelvis"] != shared and found["pelvis"] in above[0]):
        found["pelvis"] = shared
    if found["pelvis"] in spine:
        spine.remove(found["pelvis"])


def _ancestors(bone: str, parents: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    while parents.get(bone):
        bone = parents[bone]
        found.append(bone)
    return found


def _spine_joints(spine: Sequence[str], found: Mapping[str, str]) -> dict[str, str]:
    """Spread the bones of a spine, from below, over its three joints; Rigify's metarig counts neck and head as spine, too."""
    bones = [bone for bone in spine if bone not in found.values()]
    extra: dict[str, str] = {}
    if "head" not in found and len(bones) >= 5:
        extra["head"] = bones.pop()
        extra["neck"] = bones[-2] if len(bones) >= 5 else bones[-1]
        bones = bones[: bones.index(extra["neck"])]
    if not bones:
        return extra
    count = len(bones)
    if count == 1:
        return extra | {"spine2": bones[0]}
    if count == 2:
        return extra | {"spine1": bones[0], "spine3": bones[1]}
    return extra | {"spine1": bones[0], "spine2": bones[count // 2], "spine3": bones[-1]}
