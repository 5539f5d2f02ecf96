"""Names, sides, partners and bones of the 137 keypoints, in the order of docs/result-files.md.

They are the core's own (its options go by these names); a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Part = Literal["body", "left_hand", "right_hand", "face"]
SwapGroup = Literal["hands", "arms", "legs", "whole"]
# Value, label and description of each group of points whose sides can be exchanged.
SWAPS = (
    ("hands", "Hands", "The finger points of both hands"),
    ("arms", "Arms", "Shoulders, elbows, wrists and hands"),
    ("legs", "Legs", "Hips, knees, ankles and feet"),
    ("whole", "Whole", "Everything: the person was taken for their mirror image"),
)
Side = Literal["left", "right", "middle"]
Bone = tuple[int, int]

BODY_NAMES = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist", "mid_hip",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
FINGERS = ("thumb", "index", "middle", "ring", "little")
HAND_NAMES = ("wrist", *(f"{finger}_{number}" for finger in FINGERS for number in range(1, 5)))
# OpenPose's face is the iBUG 300-W mark-up with the two pupils at its end.
FACE_SECTIONS = (
    ("contour", 17), ("right_eyebrow", 5), ("left_eyebrow", 5), ("nose_bridge", 4), ("nose_base", 5),
    ("right_eye", 6), ("left_eye", 6), ("outer_lip", 12), ("inner_lip", 8),
)  # fmt: skip
FACE_NAMES = (
    *(f"{section}_{number}" for section, count in FACE_SECTIONS for number in range(count)),
    "right_pupil",
    "left_pupil",
)

NAMES: tuple[str, ...] = (
    *BODY_NAMES,
    *(f"left_hand_{name}" for name in HAND_NAMES),
    *(f"right_hand_{name}" for name in HAND_NAMES),
    *(f"face_{name}" for name in FACE_NAMES),
)
COUNT = len(NAMES)  # 137
INDEX = {name: index for index, name in enumerate(NAMES)}
BODY_COUNT, HAND_COUNT, FACE_COUNT = len(BODY_NAMES), len(HAND_NAMES), len(FACE_NAMES)

PARTS: dict[Part, slice] = {
    "body": slice(0, 25),
    "left_hand": slice(25, 46),
    "right_hand": slice(46, 67),
    "face": slice(67, 137),
}


def rows_of(part: Part) -> range:
    """Return the positions of one part among the 137 points."""
    return range(PARTS[part].start, PARTS[part].stop)


def rows_named(names: Iterable[str]) -> tuple[int, ...]:
    """Return positions of points by name; KeyError for a name that no point has."""
    return tuple(INDEX[name] for name in names)


def _hand_bones(first_row: int) -> tuple[Bone, ...]:
    return tuple(
        (first_row if joint == 0 else first_row + 4 * finger + joint, first_row + 4 * finger + joint + 1)
        for finger in range(len(FINGERS))
        for joint in range(4)
    )


def _chain(first: int, count: int, *, closed: bool = False) -> tuple[Bone, ...]:
    links = tuple((row, row + 1) for row in range(first, first + count - 1))
    return (*links, (first + count - 1, first)) if closed else links


_BODY_BONES = (
    ("nose", "neck"), ("neck", "right_shoulder"), ("neck", "left_shoulder"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("neck", "mid_hip"), ("mid_hip", "right_hip"), ("mid_hip", "left_hip"),
    ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("nose", "right_eye"), ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
    ("left_ankle", "left_big_toe"), ("left_big_toe", "left_small_toe"), ("left_ankle", "left_heel"),
    ("right_ankle", "right_big_toe"), ("right_big_toe", "right_small_toe"), ("right_ankle", "right_heel"),
)  # fmt: skip
_FACE = PARTS["face"].start
BONES: tuple[Bone, ...] = (
    *((INDEX[first], INDEX[second]) for first, second in _BODY_BONES),
    *_hand_bones(PARTS["left_hand"].start),
    *_hand_bones(PARTS["right_hand"].start),
    *_chain(_FACE, 17), *_chain(_FACE + 17, 5), *_chain(_FACE + 22, 5), *_chain(_FACE + 27, 4), *_chain(_FACE + 31, 5),
    *_chain(_FACE + 36, 6, closed=True), *_chain(_FACE + 42, 6, closed=True),
    *_chain(_FACE + 48, 12, closed=True), *_chain(_FACE + 60, 8, closed=True),
)  # fmt: skip

# Face points that are each other's mirror image, the person's right one first; the others lie on the midline.
FACE_MIRROR_PAIRS = (
    *((row, 16 - row) for row in range(8)),
    *((17 + row, 26 - row) for row in range(5)),
    (31, 35), (32, 34),
    (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),
    (48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65),
    (68, 69),
)  # fmt: skip


def _partners() -> tuple[int, ...]:
    partner = list(range(COUNT))
    for name, row in INDEX.items():
        if name.startswith("left_"):
            other = INDEX["right_" + name.removeprefix("left_")]
            partner[row], partner[other] = other, row
    for right, left in FACE_MIRROR_PAIRS:
        partner[_FACE + right], partner[_FACE + left] = _FACE + left, _FACE + right
    return tuple(partner)


# PARTNERS[i] is the same point on the person's other side, i itself on the midline.
PARTNERS = _partners()


def _side(row: int) -> Side:
    if PARTNERS[row] == row:
        return "middle"
    if row >= _FACE:
        lefts = {left for _, left in FACE_MIRROR_PAIRS}
        return "left" if row - _FACE in lefts else "right"
    return "left" if NAMES[row].startswith("left_") else "right"


# Left and right are the person's own.
SIDES: tuple[Side, ...] = tuple(_side(row) for row in range(COUNT))

_ARM_JOINTS = ("shoulder", "elbow", "wrist")
_LEG_JOINTS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")


def _both(joints: Iterable[str]) -> tuple[int, ...]:
    return rows_named(f"{side}_{joint}" for joint in joints for side in ("left", "right"))


_HANDS = (*rows_of("left_hand"), *rows_of("right_hand"))
# What changes sides together. Arms take their hands along.
SWAP_ROWS: dict[SwapGroup, tuple[int, ...]] = {
    "hands": _HANDS,
    "arms": (*_both(_ARM_JOINTS), *_HANDS),
    "legs": _both(_LEG_JOINTS),
    "whole": tuple(range(COUNT)),
}


def spoken(row: int) -> str:
    """Return a point's name as people read it: "Left wrist"."""
    return NAMES[row].replace("_", " ").capitalize()
