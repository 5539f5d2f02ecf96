"""The joints of the SMPL-X format and its forerunners: the only place with joint indices.

Order and names are those of the published SMPL-X format (Pavlakos et al., CVPR 2019). SMPL (24 joints) and SMPL-H (52)
begin with the same 22 joints of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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

BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)


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

ModelKind = Literal["smplx", "smplh", "smpl"]


@dataclass(frozen=True)
class JointGroups:
    """The indices of a body's parts among its joints; None for a part that a kind of model lacks."""

    pelvis: int
    body: slice  # the 21 joints of `body_pose`, the same in every kind
    jaw: int | None = None
    eyes: tuple[int, int] | None = None  # left, right
    left_hand: slice | None = None  # 15 finger joints
    right_hand: slice | None = None
    knuckles: tuple[int, int] | None = None  # SMPL's left_hand and right_hand: all fingers as one

    def by_parameter(self) -> dict[str, slice]:
        """Return the joints of each rotation parameter under its SMPL-X name, for those that the kind has.

        SMPL's own tools count its two hand joints as the last of `body_pose`, which then has 69 values; so it is here.
        """
        body = self.body if self.knuckles is None else slice(self.body.start, self.knuckles[1] + 1)
        joints = {"global_orient": slice(self.pelvis, self.pelvis + 1), "body_pose": body}
        if self.jaw is not None:
            joints["jaw_pose"] = slice(self.jaw, self.jaw + 1)
        if self.eyes is not None:
            joints["leye_pose"] = slice(self.eyes[0], self.eyes[0] + 1)
            joints["reye_pose"] = slice(self.eyes[1], self.eyes[1] + 1)
        if self.left_hand is not None and self.right_hand is not None:
            joints |= {"left_hand_pose": self.left_hand, "right_hand_pose": self.right_hand}
        return joints


@dataclass(frozen=True)
class Skeleton:
    """The joints of one kind of model, in the order of its files."""

    kind: ModelKind
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    groups: JointGroups


_BODY_COUNT = len(BODY_JOINT_NAMES)
_SMPLH_LEFT = slice(_BODY_COUNT, _BODY_COUNT + 15)
_SMPLH_RIGHT = slice(_SMPLH_LEFT.stop, _SMPLH_LEFT.stop + 15)
SKELETONS: dict[ModelKind, Skeleton] = {
    "smplx": Skeleton(
        "smplx",
        SMPLX_JOINT_NAMES,
        SMPLX_PARENTS,
        JointGroups(PELVIS, BODY_POSE, JAW, (LEFT_EYE, RIGHT_EYE), LEFT_HAND, RIGHT_HAND),
    ),
    "smplh": Skeleton(
        "smplh",
        BODY_JOINT_NAMES + LEFT_HAND_JOINT_NAMES + RIGHT_HAND_JOINT_NAMES,
        (
            *BODY_PARENTS,
            *_hand_parents(_SMPLH_LEFT.start, LEFT_WRIST),
            *_hand_parents(_SMPLH_RIGHT.start, RIGHT_WRIST),
        ),
        JointGroups(PELVIS, BODY_POSE, left_hand=_SMPLH_LEFT, right_hand=_SMPLH_RIGHT),
    ),
    "smpl": Skeleton(
        "smpl",
        (*BODY_JOINT_NAMES, "left_hand", "right_hand"),
        (*BODY_PARENTS, LEFT_WRIST, RIGHT_WRIST),
        JointGroups(PELVIS, BODY_POSE, knuckles=(_BODY_COUNT, _BODY_COUNT + 1)),
    ),
}

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
