# pyright: basic
"""The bones of the control rig at rest, from the bones of the figure: places and axes in the armature's own frame.

A handle has the place and the axes of the bone that it moves, so that the two agree where their matrices do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Vector

from .names import (
    FINGERS,
    GAZE,
    HEAD_CONTROL,
    LIMBS,
    SIDES,
    SPINE_CONTROL,
    Limb,
    finger_control,
    gaze_control,
    hand_control,
)

UP = Vector((0.0, 0.0, 1.0))
FORWARD = Vector((0.0, -1.0, 0.0))
HEEL_BEHIND_ANKLE = 0.3  # of the distance from the ankle to the tip of the toes
GAZE_DISTANCE = 4.0  # in lengths of the head bone


@dataclass(frozen=True)
class ControlBone:
    """A bone to be made: its parent's name (empty: none), its ends, the side of its Z axis, and its shape.

    `shape` is one of SHAPES, or empty for a bone of the mechanism, which nobody sees. `size` is relative to the bone's length.
    """

    name: str
    parent: str
    head: Vector
    tail: Vector
    z_axis: Vector
    shape: str = ""
    size: float = 1.0


def control_bones(armature_object: bpy.types.Object, names: dict[str, str]) -> list[ControlBone]:
    """Return all control bones, parents before their children; `names` are those of the figure's bones by joint.

    Controls of joints that the body model lacks (fingers and eyes of SMPL) are left out.
    """
    data: Any = armature_object.data
    rest = {joint: data.bones[name] for joint, name in names.items()}
    found: list[ControlBone] = []
    for limb in LIMBS:
        found += _arm(limb, rest) if limb.kind == "arm" else _leg(limb, rest)
    found += _trunk(rest)
    for side, suffix in SIDES:
        found += _finger_curls(side, suffix, rest, names)
    return found + _gaze(rest)


def _like(name: str, parent: str, bone: Any, shape: str = "", size: float = 1.0) -> ControlBone:
    """Return a control at the place of a bone, with its axes."""
    return ControlBone(
        name,
        parent,
        bone.head_local.copy(),
        bone.tail_local.copy(),
        bone.matrix_local.col[2].to_3d(),
        shape,
        size,
    )


def _pole(limb: Limb, rest: dict[str, Any]) -> ControlBone:
    root, middle = rest[limb.root], rest[limb.middle]
    length = root.length + middle.length
    side = FORWARD if limb.kind == "leg" else -FORWARD
    head = middle.head_local + 0.6 * length * side
    return ControlBone(limb.pole, "", head, head + 0.12 * length * UP, FORWARD, "ball", 0.5)


def _arm(limb: Limb, rest: dict[str, Any]) -> list[ControlBone]:
    return [_like(limb.handle, "", rest[limb.end], "box", 1.2), _pole(limb, rest)]


def _leg(limb: Limb, rest: dict[str, Any]) -> list[ControlBone]:
    """Return the handle, and inside it the pivots of the foot roll: heel, tip of the toes, ball."""
    foot, toe, suffix = rest[limb.end], rest[limb.toe], limb.suffix
    ankle, ball, tip = foot.head_local, toe.head_local, toe.tail_local
    ahead = Vector((tip.x - ankle.x, tip.y - ankle.y, 0.0))
    length = ahead.length
    ahead.normalize()
    heel = Vector((ankle.x, ankle.y, 0.0)) - HEEL_BEHIND_ANKLE * length * ahead
    toe_tip = Vector((tip.x, tip.y, 0.0))

    def pivot(name: str, parent: str, head: Vector, shape: str = "", size: float = 1.0) -> ControlBone:
        return ControlBone(name, parent, head, head + 0.3 * length * ahead, UP, shape, size)

    return [
        _like(limb.handle, "", foot, "box", 1.3),
        pivot(f"foot_roll{suffix}", limb.handle, heel - 0.15 * length * ahead, "arc", 0.8),
        pivot(f"foot_heel{suffix}", limb.handle, heel),
        pivot(f"foot_tip{suffix}", f"foot_heel{suffix}", toe_tip),
        _like(limb.toe_control, f"foot_tip{suffix}", toe, "circle", 0.9),
        pivot(f"foot_ball{suffix}", f"foot_tip{suffix}", ball.copy()),
        _like(limb.target, f"foot_ball{suffix}", foot),
        _pole(limb, rest),
    ]


def _trunk(rest: dict[str, Any]) -> list[ControlBone]:
    return [
        _like(SPINE_CONTROL, rest["pelvis"].name, rest["spine2"], "circle", 3.0),
        _like(HEAD_CONTROL, rest["spine3"].name, rest["head"], "circle", 0.9),
    ]


def _finger_curls(side: str, suffix: str, rest: dict[str, Any], names: dict[str, str]) -> list[ControlBone]:
    wrist = f"{side}_wrist"
    found: list[ControlBone] = []
    if f"{side}_middle1" not in rest:
        return found
    above = _over(rest[f"{side}_middle1"])
    found.append(
        ControlBone(hand_control(suffix), names[wrist], above.head, above.tail, above.z_axis, "arc", 1.2)
    )
    for finger in FINGERS:
        above = _over(rest[f"{side}_{finger}1"])
        found.append(
            ControlBone(
                finger_control(finger, suffix), names[wrist], above.head, above.tail, above.z_axis, "arc", 0.5
            )
        )
    return found


def _over(bone: Any) -> ControlBone:
    """Return a place beside a finger, on the back of the hand."""
    shift = -0.7 * bone.length * bone.matrix_local.col[2].to_3d()
    return ControlBone(
        "", "", bone.head_local + shift, bone.tail_local + shift, bone.matrix_local.col[2].to_3d()
    )


def _gaze(rest: dict[str, Any]) -> list[ControlBone]:
    if "left_eye" not in rest:
        return []
    away = GAZE_DISTANCE * rest["head"].length * FORWARD
    size = 0.25 * rest["head"].length
    places = {suffix: rest[f"{side}_eye"].head_local + away for side, suffix in SIDES}
    middle = (places[".L"] + places[".R"]) / 2.0
    return [
        ControlBone(GAZE, "", middle, middle + 2.0 * size * UP, -FORWARD, "circle", 0.9),
        *(
            ControlBone(gaze_control(suffix), GAZE, place, place + size * UP, -FORWARD, "ball", 0.4)
            for suffix, place in places.items()
        ),
    ]
