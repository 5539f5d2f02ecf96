"""Names and indices of two-dimensional keypoints: the only place that knows them.

Everything else asks by name (`BODY_25.index("left_wrist")`), by slice (`LEFT_HAND`) or by table (`MIRROR`).
Left and right are the person's own. Sources: the output page of OpenPose (BODY_25, COCO_18, MPI_15, BODY_25B,
hand) and the iBUG 300-W mark-up (face 0–67), to which OpenPose adds the two pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.keypoints2d import BODY_COUNT, FACE_COUNT, HAND_COUNT, KEYPOINT_COUNT

if TYPE_CHECKING:
    from jaxtyping import Float64


@dataclass(frozen=True)
class BodyLayout:
    """The order in which a detector writes its body points, and the bones between them (pairs of names)."""

    name: str
    names: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]

    @property
    def count(self) -> int:
        return len(self.names)

    @cached_property
    def indices(self) -> dict[str, int]:
        """Position of each point by name."""
        return {name: index for index, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """Return the position of one point; KeyError when this layout has no such point."""
        return self.indices[name]

    @cached_property
    def bone_indices(self) -> tuple[tuple[int, int], ...]:
        """The bones as pairs of positions."""
        return tuple((self.indices[first], self.indices[second]) for first, second in self.bones)


ARM_BONES = (
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
)  # fmt: skip
LEG_BONES = (
    ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
)  # fmt: skip
HEAD_BONES = (
    ("nose", "right_eye"), ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
)  # fmt: skip
_FOOT_BONES = (
    ("left_ankle", "left_big_toe"), ("left_big_toe", "left_small_toe"), ("left_ankle", "left_heel"),
    ("right_ankle", "right_big_toe"), ("right_big_toe", "right_small_toe"), ("right_ankle", "right_heel"),
)  # fmt: skip
_NECK_BONES = (("nose", "neck"), ("neck", "right_shoulder"), ("neck", "left_shoulder"))
FOOT_NAMES = (
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip

BODY_25 = BodyLayout(
    "BODY_25",
    (
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist",
        "left_shoulder", "left_elbow", "left_wrist", "mid_hip",
        "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "right_eye", "left_eye", "right_ear", "left_ear", *FOOT_NAMES,
    ),
    (
        *_NECK_BONES, *ARM_BONES, ("neck", "mid_hip"), ("mid_hip", "right_hip"), ("mid_hip", "left_hip"),
        *LEG_BONES, *HEAD_BONES, *_FOOT_BONES,
    ),
)  # fmt: skip

COCO_18 = BodyLayout(
    "COCO_18",
    (
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist",
        "left_shoulder", "left_elbow", "left_wrist",
        "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "right_eye", "left_eye", "right_ear", "left_ear",
    ),
    (*_NECK_BONES, *ARM_BONES, ("neck", "right_hip"), ("neck", "left_hip"), *LEG_BONES, *HEAD_BONES),
)  # fmt: skip

MPI_15 = BodyLayout(
    "MPI_15",
    (
        "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist",
        "left_shoulder", "left_elbow", "left_wrist",
        "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "chest",
    ),
    (
        ("head_top", "neck"), *_NECK_BONES[1:], *ARM_BONES, ("chest", "right_hip"), ("chest", "left_hip"),
        *LEG_BONES,
    ),
)  # fmt: skip

# As many points as BODY_25 in another order: only geometry tells the two apart.
BODY_25B = BodyLayout(
    "BODY_25B",
    (
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
        "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
        "left_knee", "right_knee", "left_ankle", "right_ankle", "upper_neck", "head_top", *FOOT_NAMES,
    ),
    (
        ("nose", "upper_neck"), ("upper_neck", "head_top"), ("upper_neck", "right_shoulder"),
        ("upper_neck", "left_shoulder"), *ARM_BONES, ("right_shoulder", "right_hip"),
        ("left_shoulder", "left_hip"), *LEG_BONES, *HEAD_BONES, *_FOOT_BONES,
    ),
)  # fmt: skip

# The points of BODY_25 that are the middles of two others, to all detectors and where a layout does not have them.
MIDDLES = {"neck": ("left_shoulder", "right_shoulder"), "mid_hip": ("left_hip", "right_hip")}


def to_body_25(points: Float64[NumpyArray, "N 3"], layout: BodyLayout) -> Float64[NumpyArray, "25 3"]:
    """Body points of any layout as BODY_25, matched by name.

    A missing neck or mid-hip becomes the mean of the shoulders or hips with the smaller of the two
    confidences (nothing unless both are seen); every other point that the layout lacks stays zero. Frame and
    units are those of `points`.
    """
    if layout is BODY_25:
        return points.copy()
    body = np.zeros((BODY_COUNT, 3))
    for index, name in enumerate(BODY_25.names):
        if name in layout.indices:
            body[index] = points[layout.index(name)]
    return with_middles(body, [name for name in MIDDLES if name not in layout.indices])


def with_middles(
    body: Float64[NumpyArray, "25 3"], names: Sequence[str] = tuple(MIDDLES)
) -> Float64[NumpyArray, "25 3"]:
    """Return BODY_25's points with some of `MIDDLES` made of their pairs, with the smaller confidence, if both are seen."""
    made = body.copy()
    for name in names:
        pair = made[[BODY_25.index(side) for side in MIDDLES[name]]]
        if np.all(pair[:, 2] > 0):
            made[BODY_25.index(name)] = [*pair[:, :2].mean(axis=0), pair[:, 2].min()]
    return made


FINGERS = ("thumb", "index", "middle", "ring", "little")
HAND_NAMES = ("wrist", *(f"{finger}_{number}" for finger in FINGERS for number in range(1, 5)))
HAND_WRIST = HAND_NAMES.index("wrist")
HAND_BONES = tuple(
    (
        HAND_NAMES.index("wrist" if number == 1 else f"{finger}_{number - 1}"),
        HAND_NAMES.index(f"{finger}_{number}"),
    )
    for finger in FINGERS
    for number in range(1, 5)
)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{number}" for number in range(count))


FACE_NAMES = (
    *_numbered("contour", 17), *_numbered("right_eyebrow", 5), *_numbered("left_eyebrow", 5),
    *_numbered("nose_bridge", 4), *_numbered("nose_base", 5),
    *_numbered("right_eye", 6), *_numbered("left_eye", 6),
    *_numbered("outer_lip", 12), *_numbered("inner_lip", 8), "right_pupil", "left_pupil",
)  # fmt: skip
FACE_COUNT_WITHOUT_PUPILS = 68

# Face points that are each other's mirror image; the rest lie on the midline.
_FACE_MIRROR_PAIRS = (
    *((index, 16 - index) for index in range(8)),
    *((17 + index, 26 - index) for index in range(5)),
    (31, 35), (32, 34),
    (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),
    (48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65),
    (68, 69),
)  # fmt: skip


def _chain(first: int, count: int, *, closed: bool = False) -> tuple[tuple[int, int], ...]:
    links = tuple((index, index + 1) for index in range(first, first + count - 1))
    return (*links, (first + count - 1, first)) if closed else links


FACE_BONES = (
    *_chain(0, 17), *_chain(17, 5), *_chain(22, 5), *_chain(27, 4), *_chain(31, 5),
    *_chain(36, 6, closed=True), *_chain(42, 6, closed=True),
    *_chain(48, 12, closed=True), *_chain(60, 8, closed=True),
)  # fmt: skip

# Where each part lies among the 137 points of `Keypoints2D.stacked`.
BODY = slice(0, BODY_COUNT)
LEFT_HAND = slice(BODY.stop, BODY.stop + HAND_COUNT)
RIGHT_HAND = slice(LEFT_HAND.stop, LEFT_HAND.stop + HAND_COUNT)
FACE = slice(RIGHT_HAND.stop, RIGHT_HAND.stop + FACE_COUNT)

KEYPOINT_NAMES = (
    *BODY_25.names,
    *(f"left_hand_{name}" for name in HAND_NAMES),
    *(f"right_hand_{name}" for name in HAND_NAMES),
    *(f"face_{name}" for name in FACE_NAMES),
)


def _offset(pairs: tuple[tuple[int, int], ...], offset: int) -> tuple[tuple[int, int], ...]:
    return tuple((first + offset, second + offset) for first, second in pairs)


# Lines to draw, as pairs of positions among the 137 points.
LIMBS = (
    *BODY_25.bone_indices,
    *_offset(HAND_BONES, LEFT_HAND.start),
    *_offset(HAND_BONES, RIGHT_HAND.start),
    *_offset(FACE_BONES, FACE.start),
)


def _left_right_pairs() -> tuple[tuple[int, int], ...]:
    """Return the (left, right) positions of every point that has a partner on the other side."""
    position = {name: index for index, name in enumerate(KEYPOINT_NAMES)}
    by_name = tuple(
        (index, position["right" + name.removeprefix("left")])
        for name, index in position.items()
        if name.startswith("left")
    )
    # iBUG numbers the person's right half first.
    face = tuple((second, first) for first, second in _offset(_FACE_MIRROR_PAIRS, FACE.start))
    return by_name + face


LEFT_RIGHT_PAIRS = _left_right_pairs()


def _mirror() -> tuple[int, ...]:
    partner = list(range(KEYPOINT_COUNT))
    for left, right in LEFT_RIGHT_PAIRS:
        partner[left], partner[right] = right, left
    return tuple(partner)


# MIRROR[i] is the point that takes the place of point i in a mirrored picture.
MIRROR = _mirror()

_LEFT_POINTS = frozenset(left for left, _ in LEFT_RIGHT_PAIRS)
# "left", "right" or "centre" of each of the 137 points.
SIDES = tuple(
    "centre" if MIRROR[index] == index else "left" if index in _LEFT_POINTS else "right"
    for index in range(KEYPOINT_COUNT)
)
