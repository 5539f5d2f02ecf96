"""How far the hinges of a body bend, in degrees about the X axes of their bones.

Plain human ranges with some give: clinical tables of the passive range of motion (knee 150, elbow 150, finger joints 90 to 115,
opening of the jaw 30 degrees), a few degrees more on both sides, so that what a photo shows is not cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from .joint_names import FINGERS


@dataclass(frozen=True)
class HingeLimit:
    """The least and the most flexion in degrees."""

    least: float
    most: float


_ELBOW, _KNEE, _JAW = HingeLimit(-5.0, 155.0), HingeLimit(-5.0, 160.0), HingeLimit(-3.0, 35.0)
_FINGER_ROOT, _FINGER_HINGE, _THUMB_HINGE = (
    HingeLimit(-40.0, 100.0),
    HingeLimit(-10.0, 115.0),
    HingeLimit(-35.0, 95.0),
)


def hinge_limit(joint_name: str) -> HingeLimit | None:
    """Return the range of a joint that bends about one axis; None for all others."""
    joint = joint_name.removeprefix("left_").removeprefix("right_")
    if joint in ("elbow", "knee", "jaw"):
        return {"elbow": _ELBOW, "knee": _KNEE, "jaw": _JAW}[joint]
    if joint[:-1] not in FINGERS:
        return None
    if joint.startswith("thumb"):
        return None if joint.endswith("1") else _THUMB_HINGE
    return _FINGER_ROOT if joint.endswith("1") else _FINGER_HINGE
