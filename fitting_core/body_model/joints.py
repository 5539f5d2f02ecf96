"""The joints of the SMPL-X format: the only place with joint indices. Free of bpy.

Order and names are those of the published SMPL-X format (Pavlakos et al., CVPR 2019).
"""

from __future__ import annotations

BODY_JOINT_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
HEAD_JOINT_NAMES = ("jaw", "left_eye", "right_eye")
_FINGERS = ("index", "middle", "pinky", "ring", "thumb")
LEFT_HAND_JOINT_NAMES = tuple(f"left_{finger}{segment}" for finger in _FINGERS for segment in (1, 2, 3))
RIGHT_HAND_JOINT_NAMES = tuple(f"right_{finger}{segment}" for finger in _FINGERS for segment in (1, 2, 3))
SMPLX_JOINT_NAMES = BODY_JOINT_NAMES + HEAD_JOINT_NAMES + LEFT_HAND_JOINT_NAMES + RIGHT_HAND_JOINT_NAMES

PELVIS = 0
BODY_POSE = slice(1, 22)  # the 21 joints of `body_pose`
JAW = 22
LEFT_EYE = 23
RIGHT_EYE = 24
LEFT_HAND = slice(25, 40)
RIGHT_HAND = slice(40, 55)
HEAD = 15
LEFT_WRIST = 20
RIGHT_WRIST = 21

_PARENT_OF = {name: parent for name, parent in zip(
    BODY_JOINT_NAMES,
    (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19),
    strict=True,
)}  # fmt: skip
BODY_PARENTS = tuple(_PARENT_OF.values())


def _hand_parents(first: int, wrist: int) -> tuple[int, ...]:
    return tuple(wrist if offset % 3 == 0 else first + offset - 1 for offset in range(15))


SMPLX_PARENTS = (
    *BODY_PARENTS,
    HEAD,
    HEAD,
    HEAD,
    *_hand_parents(LEFT_HAND.start, LEFT_WRIST),
    *_hand_parents(RIGHT_HAND.start, RIGHT_WRIST),
)

# Joints of the 21-joint body pose that bend one way only, as (joint, axis, sign): exp(sign·θ) grows when the
# joint bends against nature. SMPLify, section 3.3; the indices are those of fitting by rotation vectors.
BEND_AXES = (
    ("left_elbow", 1, +1.0),
    ("right_elbow", 1, -1.0),
    ("left_knee", 0, -1.0),
    ("right_knee", 0, -1.0),
)


def joint_index(name: str) -> int:
    """Index of an SMPL-X joint by its name."""
    return SMPLX_JOINT_NAMES.index(name)
