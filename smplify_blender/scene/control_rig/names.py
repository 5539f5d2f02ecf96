"""The names of the controls, and the limbs that inverse kinematics moves, by the joints of the body model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MARK = "smplify_control"
"""A custom property of every bone that the control rig has added; no exporter writes such a bone."""
CONSTRAINT = "Control Rig"
"""The names of the constraints of the control rig begin with it."""
IK_PROPERTY = "ik"
"""A custom property of a limb's handle: 0 the limb follows its own bones (FK), 1 its handle (IK)."""
FOLLOW_PROPERTY = "follow"
"""A custom property of the gaze target: 0 the eyes keep their own rotations, 1 they look at the target."""
SIDES = (("left", ".L"), ("right", ".R"))
SPINE_CONTROL, HEAD_CONTROL, GAZE = "spine_control", "head_control", "gaze"
FINGERS = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True)
class Limb:
    """One arm or leg: the joints of its chain from the root to its end, the toe's (empty for an arm), and its controls."""

    kind: Literal["arm", "leg"]
    title: str
    root: str
    middle: str
    end: str
    toe: str
    handle: str
    pole: str
    suffix: str

    @property
    def target(self) -> str:
        """The bone that the end of the chain reaches for: the handle of an arm, what the foot roll leaves of a leg's."""
        return self.handle if self.kind == "arm" else f"foot_target{self.suffix}"

    @property
    def controls(self) -> tuple[str, ...]:
        """The controls that an animator moves: handle and pole, and of a leg toe and roll."""
        arms = (self.handle, self.pole)
        return arms if self.kind == "arm" else (*arms, self.toe_control, f"foot_roll{self.suffix}")

    @property
    def toe_control(self) -> str:
        """The control of a leg's toe."""
        return f"toe_ik{self.suffix}"


LIMBS: tuple[Limb, ...] = tuple(
    limb
    for side, suffix in SIDES
    for limb in (
        Limb(
            "arm",
            f"{side.title()} Arm",
            f"{side}_shoulder",
            f"{side}_elbow",
            f"{side}_wrist",
            "",
            f"hand_ik{suffix}",
            f"elbow_pole{suffix}",
            suffix,
        ),
        Limb(
            "leg",
            f"{side.title()} Leg",
            f"{side}_hip",
            f"{side}_knee",
            f"{side}_ankle",
            f"{side}_foot",
            f"foot_ik{suffix}",
            f"knee_pole{suffix}",
            suffix,
        ),
    )
)


def finger_control(finger: str, suffix: str) -> str:
    """Return the name of the control that curls one finger."""
    return f"{finger}_curl{suffix}"


def hand_control(suffix: str) -> str:
    """Return the name of the control that curls all fingers of a hand."""
    return f"fingers_curl{suffix}"


def gaze_control(suffix: str) -> str:
    """Return the name of the target of one eye."""
    return f"gaze{suffix}"
