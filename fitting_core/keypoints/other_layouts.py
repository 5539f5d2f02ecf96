"""The one table of point layouts: the order in which each detector writes all points of a person.

A reader asks by the number of points (`layouts_of`); where two layouts have as many, the shorter bones decide
(`likeliest_layout`). Left and right are the person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.detector_habits import DetectorName
from fitting_core.keypoints.keypoints2d import FACE_COUNT, HAND_COUNT
from fitting_core.keypoints.layouts import (
    ARM_BONES,
    BODY_25,
    BODY_25B,
    COCO_18,
    FACE_COUNT_WITHOUT_PUPILS,
    FINGERS,
    FOOT_NAMES,
    HEAD_BONES,
    LEG_BONES,
    MPI_15,
    BodyLayout,
)


@dataclass(frozen=True)
class PointLayout:
    """All points of one person in one array: the body's first, and the places of hands and face among them."""

    body: BodyLayout
    seen_in: str
    count: int
    left_hand: tuple[int, ...] = ()
    right_hand: tuple[int, ...] = ()
    face: tuple[int, ...] = ()
    detector: DetectorName = "openpose"

    @property
    def name(self) -> str:
        """Name of the layout in messages."""
        return self.body.name


# Lines of the trunk tell orders apart that have arms and legs in the same places.
_TRUNK = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
)  # fmt: skip
_LIMB_BONES = (*ARM_BONES, *LEG_BONES, *_TRUNK)
COCO_NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_COCO_BONES = (*_LIMB_BONES, *HEAD_BONES)


def _body(name: str, names: Sequence[str], bones: Sequence[tuple[str, str]] = _COCO_BONES) -> BodyLayout:
    return BodyLayout(name, tuple(names), tuple(bones))


COCO_17 = _body("COCO_17", COCO_NAMES)
COCO_23 = _body("COCO_23", (*COCO_NAMES, *FOOT_NAMES))
_WHOLE_BODY = _body("COCO_WHOLEBODY_133", COCO_23.names)
_WHOLE_BODY_NECK = _body("COCO_WHOLEBODY_134 (with a neck)", (*COCO_18.names, *FOOT_NAMES))
_COCO_20 = _body("COCO_18 and two toes", (*COCO_18.names, "left_big_toe", "right_big_toe"))
_BODY_19 = _body("BODY_19", BODY_25.names[:19])
_HALPE_NAMES = (
    *COCO_NAMES, "head_top", "neck", "mid_hip",
    "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel",
)  # fmt: skip
HALPE_26 = _body("Halpe_26", _HALPE_NAMES)
_HALPE_136 = _body("Halpe_136", _HALPE_NAMES)
LSP_14 = _body(
    "LSP_14",
    (
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
        "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
    ),
    _LIMB_BONES,
)  # fmt: skip
_CROWDPOSE_14 = _body("CrowdPose_14", (*COCO_NAMES[5:], "head_top", "neck"), _LIMB_BONES)
_MPII_16 = _body(
    "MPII_16",
    (
        *LSP_14.names[:6], "mid_hip", "neck", "upper_neck", "head_top", *LSP_14.names[6:12],
    ),
    _LIMB_BONES,
)  # fmt: skip
_H36M_17 = _body(
    "Human3.6M_17",
    (
        "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "chest", "neck", "nose", "head_top",
        "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    ),
    _LIMB_BONES,
)  # fmt: skip
MEDIAPIPE_33 = _body(
    "MediaPipe_33",
    (
        "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
        "left_ear", "right_ear", "mouth_left", "mouth_right", *COCO_NAMES[5:11],
        "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", *COCO_NAMES[11:],
        "left_heel", "right_heel", "left_big_toe", "right_big_toe",
    ),
)  # fmt: skip


def _mhr_hand(side: str) -> tuple[str, ...]:
    """Return the names of a hand: of each finger from tip to first joint, then the wrist."""
    fingers = [f"{side}_{finger}_{number}" for finger in FINGERS for number in (4, 3, 2, 1)]
    return (*fingers, f"{side}_wrist")


_MHR_NAMES = (
    *COCO_NAMES[:9], "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", *FOOT_NAMES,
    *_mhr_hand("right"), *_mhr_hand("left"),
    "left_olecranon", "right_olecranon", "left_cubital_fossa", "right_cubital_fossa",
    "left_acromion", "right_acromion", "neck",
)  # fmt: skip
_MHR_70 = _body("MHR_70", _MHR_NAMES)
_GOLIATH_308 = _body("Goliath_308", _MHR_NAMES)


def _mhr_hand_places(side: str) -> tuple[int, ...]:
    names = (f"{side}_wrist", *(f"{side}_{finger}_{number}" for finger in FINGERS for number in range(1, 5)))
    return tuple(_MHR_NAMES.index(name) for name in names)


def _run(first: int, count: int) -> tuple[int, ...]:
    return tuple(range(first, first + count))


def _whole(body: BodyLayout, seen_in: str) -> PointLayout:
    """Return body, 68 face points, left hand and right hand, one behind the other."""
    face, left = body.count, body.count + FACE_COUNT_WITHOUT_PUPILS
    right = left + HAND_COUNT
    return PointLayout(
        body, seen_in, right + HAND_COUNT, _run(left, HAND_COUNT), _run(right, HAND_COUNT),
        _run(face, FACE_COUNT_WITHOUT_PUPILS), "coco",
    )  # fmt: skip


def _body_only(body: BodyLayout, seen_in: str, detector: DetectorName = "coco") -> PointLayout:
    return PointLayout(body, seen_in, body.count, detector=detector)


def _regressed(body: BodyLayout, seen_in: str, count: int) -> PointLayout:
    return PointLayout(
        body, seen_in, count, _mhr_hand_places("left"), _mhr_hand_places("right"), detector="coco"
    )


# Their hands have no wrists of their own: those are the body's.
_BODY_65 = _body("BODY_65", BODY_25B.names)
_BODY_135 = _body("BODY_135", BODY_25B.names)
_OPENPOSE_LEFT = (BODY_25B.index("left_wrist"), *_run(25, HAND_COUNT - 1))
_OPENPOSE_RIGHT = (BODY_25B.index("right_wrist"), *_run(45, HAND_COUNT - 1))

# Name, and where each order has been seen: the public sources of the programs that write it.
POINT_LAYOUTS: tuple[PointLayout, ...] = (
    _body_only(BODY_25, "OpenPose, output page", "openpose"),
    _body_only(BODY_25B, "OpenPose, experimental models", "openpose"),
    _body_only(COCO_18, "OpenPose COCO model; ControlNet", "openpose"),
    _body_only(MPI_15, "OpenPose MPI model", "openpose"),
    _body_only(_BODY_19, "OpenPose, BODY_19", "openpose"),
    _body_only(_COCO_20, "ViTPose and WanAnimate nodes of ComfyUI"),
    _body_only(COCO_17, "cocodataset.org; ViTPose, YOLO-pose, Detectron2, MMPose, PoseNet"),
    _body_only(COCO_23, "MMPose, COCO-WholeBody's body and feet"),
    _body_only(_H36M_17, "MMPose, VideoPose3D, MotionBERT"),
    _body_only(LSP_14, "SMPLify of 2016, est_joints.npz of DeepCut"),
    _body_only(_CROWDPOSE_14, "MMPose, CrowdPose"),
    _body_only(_MPII_16, "MPII Human Pose; MMPose, HRNet"),
    _body_only(HALPE_26, "AlphaPose; rtmlib BodyWithFeet"),
    _body_only(MEDIAPIPE_33, "MediaPipe Pose", "eyes"),
    _whole(_WHOLE_BODY, "COCO-WholeBody; MMPose, RTMW, DWPose, ViTPose+, Sapiens"),
    _whole(_WHOLE_BODY_NECK, "rtmlib with to_openpose; DWPose's candidate array"),
    _whole(_HALPE_136, "AlphaPose, Halpe Full-Body"),
    PointLayout(_BODY_65, "OpenPose, experimental models", 65, _OPENPOSE_LEFT, _OPENPOSE_RIGHT),
    PointLayout(
        _BODY_135, "OpenPose, experimental models", 135, _OPENPOSE_LEFT, _OPENPOSE_RIGHT, _run(65, FACE_COUNT)
    ),
    _regressed(_MHR_70, "SAM 3D Body", 70),
    _regressed(_GOLIATH_308, "Sapiens", 308),
)  # fmt: skip
COUNTS = tuple(sorted({layout.count for layout in POINT_LAYOUTS}))
_LEAST_BONES = 4
_CLEARLY_SHORTER = 0.9


def layouts_of(count: int) -> tuple[PointLayout, ...]:
    """Return the layouts with so many points, the usual one first; none if no detector is known to write so many."""
    return tuple(layout for layout in POINT_LAYOUTS if layout.count == count)


def likeliest_layout(table: NumpyArray, candidates: Sequence[PointLayout]) -> PointLayout:
    """Return the layout whose bones are clearly shorter on these points (N, 3), or else the first.

    BODY_25 and BODY_25B are told apart by the reader of files, which says so (`checks.look_like_body_25b`).
    """
    first, *others = candidates
    if first.body is BODY_25:
        return first
    usual = _bone_length(table, first.body)
    for layout in others:
        length = _bone_length(table, layout.body)
        if usual is not None and length is not None and length < _CLEARLY_SHORTER * usual:
            return layout
    return first


def _bone_length(table: NumpyArray, layout: BodyLayout) -> float | None:
    first, second = np.array(layout.bone_indices).T
    seen = (table[first, 2] > 0) & (table[second, 2] > 0)
    if int(seen.sum()) < _LEAST_BONES:
        return None
    return float(np.linalg.norm(table[first, :2] - table[second, :2], axis=1)[seen].mean())
