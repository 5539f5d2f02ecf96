"""The habits of detectors: the place that each means by a body keypoint, and how far off it is.

Nobody marks the joints of a body model. A detector's neck is the middle of the shoulders; its hips stand at the seams of the
trousers; the toes that a network marks lie behind their tips. Offsets are from the model's own point, carried by a part of the
body, in the axes that it has at rest: out (away from the middle of the body), up and forward. Offsets and deviations are in
thousandths of the person's size (1.7 mm on an adult of 1.70 m).

Sources: `eyes`, measured on 200 rendered photos of other bodies (`python -m benchmarks.rendered`); `openpose`, over 45 people in
real photos (neck, mid-hip, hips and small toes), its deviations in the proportions of COCO's annotators (the standard deviations
of the object keypoint similarity, cocodataset.org), which OpenPose's training data come from, at least 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DetectorName = Literal["openpose", "eyes", "coco"]


@dataclass(frozen=True)
class PointHabit:
    """One body keypoint of a detector: its deviation at full confidence, and its offset, carried by the part of a joint.

    `carrier` is a joint of the body model by its name without a side; empty: no offset.
    """

    deviation: float
    carrier: str = ""
    out: float = 0.0
    up: float = 0.0
    forward: float = 0.0


@dataclass(frozen=True)
class DetectorHabits:
    """All habits of one detector: `body` by the name of the keypoint without its side."""

    hand_deviation: float
    face_deviation: float
    body: dict[str, PointHabit] = field(default_factory=dict[str, PointHabit])

    def of(self, keypoint: str) -> PointHabit:
        """Return the habit of one of BODY_25's points."""
        return self.body[without_side(keypoint)]


_OPENPOSE_BODY = {
    "nose": PointHabit(4.0),
    "eye": PointHabit(4.0),
    "ear": PointHabit(5.0),
    "neck": PointHabit(10.0),
    "shoulder": PointHabit(6.0),
    "elbow": PointHabit(5.5),
    "wrist": PointHabit(5.0),
    "mid_hip": PointHabit(10.0),
    "hip": PointHabit(8.0, "pelvis", out=20.0),
    "knee": PointHabit(6.5),
    "ankle": PointHabit(6.5),
    "heel": PointHabit(8.0),
    "big_toe": PointHabit(7.0),
    "small_toe": PointHabit(8.0, "ankle", out=-10.0),
}
HABITS: dict[DetectorName, DetectorHabits] = {
    "openpose": DetectorHabits(
        hand_deviation=2.0,
        face_deviation=1.6,
        body=_OPENPOSE_BODY,
    ),
    # Networks trained on COCO's annotations, as OpenPose is, but without neck and mid-hip: those are made of shoulders and hips.
    "coco": DetectorHabits(
        hand_deviation=2.0,
        face_deviation=1.6,
        body=_OPENPOSE_BODY | {"neck": PointHabit(20.0), "mid_hip": PointHabit(24.0)},
    ),
    "eyes": DetectorHabits(
        hand_deviation=6.0,
        face_deviation=8.0,
        body={
            "nose": PointHabit(5.0, "head", up=3.0, forward=-8.0),
            "eye": PointHabit(5.0, "head", up=-4.0, forward=-6.0),
            "ear": PointHabit(6.0, "head", out=-12.0, up=11.0, forward=10.0),
            # Neck and mid-hip are the means of the shoulders and of the hips and tell nothing more.
            "neck": PointHabit(20.0, "spine3", up=11.0),
            "shoulder": PointHabit(7.0, "spine3", out=-5.0, up=12.0, forward=3.0),
            "elbow": PointHabit(7.0, "shoulder", out=-5.0, up=3.0, forward=4.0),
            "wrist": PointHabit(6.0, "elbow", out=4.0, forward=3.0),
            "mid_hip": PointHabit(24.0, "pelvis", up=4.0, forward=14.0),
            "hip": PointHabit(11.0, "pelvis", out=13.0, up=5.0, forward=15.0),
            "knee": PointHabit(10.0, "hip", out=-2.0, up=-2.0, forward=4.0),
            "ankle": PointHabit(7.0, "knee", up=13.0, forward=3.0),
            "heel": PointHabit(9.0, "ankle", up=6.0, forward=17.0),
            "big_toe": PointHabit(7.5, "ankle", out=5.0, up=6.0, forward=-20.0),
            "small_toe": PointHabit(7.5),
        },
    ),
}
DETECTORS: tuple[DetectorName, ...] = tuple(HABITS)


def without_side(name: str) -> str:
    """Return the name of a keypoint or joint without `left_` or `right_`."""
    return name.removeprefix("left_").removeprefix("right_")


def side_of(name: str) -> Literal["left_", "right_", ""]:
    """Return the side in the name of a keypoint, as names of joints begin with it."""
    if name.startswith("left_"):
        return "left_"
    return "right_" if name.startswith("right_") else ""
