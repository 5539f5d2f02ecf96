# pyright: basic
"""Two armatures at rest, and the turns that take one's rest pose to the other's.

Rests differ: arms hang or stretch out, figures look another way, bones have other rolls. With R a bone's rest and P its posed
rotation in the world, what a joint does is D = P Rᵀ; on the other armature the same joint stands at D A R', where A takes the
other's rest pose to this one's: the whole body first, then limb by limb the least turn between their directions.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import bpy
from mathutils import Matrix, Vector

from ...result.bone_guess import FINGER_JOINTS, MAPPED_JOINTS

SIDES = ("left", "right")
# The joint towards which a limb's bone points. Trunk, neck and collars keep to the whole body's turn: rigs put their joints at
# quite different places along the same spine.
_AHEAD = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in SIDES
    for joint, child in (
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
        ("wrist", "middle1"),
        ("hip", "knee"),
        ("knee", "ankle"),
        *((joint, f"{joint[:-1]}{int(joint[-1]) + 1}") for joint in FINGER_JOINTS if not joint.endswith("3")),
    )
}
_ABOVE = {
    f"{side}_{joint}": f"{side}_{parent}"
    for side in SIDES
    for joint, parent in (
        ("elbow", "shoulder"),
        ("wrist", "elbow"),
        ("knee", "hip"),
        *(
            (joint, "wrist" if joint.endswith("1") else f"{joint[:-1]}{int(joint[-1]) - 1}")
            for joint in FINGER_JOINTS
        ),
    )
}
UP = Vector((0.0, 0.0, 1.0))
MOST_LEAN = 0.6  # radians of the trunk of a body that stands


@dataclass(frozen=True)
class RestPose:
    """The mapped bones of an armature at rest, in the world: rotations (3 × 3) and heads by joint."""

    turns: dict[str, Matrix]
    heads: dict[str, Vector]


def rest_pose(armature_object: bpy.types.Object, bones: Mapping[str, str]) -> RestPose:
    """Return the rest of the bones that are named by joint."""
    data = cast("bpy.types.Armature", armature_object.data)
    world = armature_object.matrix_world
    places = {joint: world @ data.bones[bone].matrix_local for joint, bone in bones.items()}
    return RestPose(
        {joint: place.to_quaternion().to_matrix() for joint, place in places.items()},
        {joint: place.translation.copy() for joint, place in places.items()},
    )


def rest_turns(source: RestPose, target: RestPose) -> dict[str, Matrix]:
    """Return A by joint for the joints that both have: from the target's rest pose to the source's, in the world."""
    body = _frame(source) @ _frame(target).transposed()
    found: dict[str, Matrix] = {}
    for joint in MAPPED_JOINTS:
        if joint not in source.turns or joint not in target.turns:
            continue
        turn = found.get(_ABOVE.get(joint, ""), body)
        ahead = _AHEAD.get(joint, "")
        if joint.endswith(("_ankle", "_foot")):
            turn = _heading(joint, source, target, body)
        elif ahead in source.heads and ahead in target.heads:
            wanted = source.heads[ahead] - source.heads[joint]
            has = turn @ (target.heads[ahead] - target.heads[joint])
            turn = has.rotation_difference(wanted).to_matrix() @ turn
        found[joint] = turn
    return found


def leg_scale(source: RestPose, target: RestPose) -> float:
    """Return how much longer the target's legs are: hip to ankle, both sides; hip to knee where one has no ankles."""
    chains = [[f"{side}_{joint}" for joint in ("hip", "knee", "ankle")] for side in SIDES]
    both = [[joint for joint in chain if joint in source.heads and joint in target.heads] for chain in chains]
    bones = [bone for chain in both for bone in itertools.pairwise(chain)]
    lengths = [
        sum((rest.heads[end] - rest.heads[start]).length for start, end in bones) for rest in (source, target)
    ]
    return lengths[1] / lengths[0] if lengths[0] > 0 else 1.0


def _frame(rest: RestPose) -> Matrix:
    """Return the axes of a body at rest: to its left, up, forward. Up is the world's where the body stands."""
    left = rest.heads["left_hip"] - rest.heads["right_hip"]
    hips = (rest.heads["left_hip"] + rest.heads["right_hip"]) / 2.0
    trunk = (rest.heads["left_shoulder"] + rest.heads["right_shoulder"]) / 2.0 - hips
    up = UP if trunk.angle(UP, 0.0) < MOST_LEAN else trunk.normalized()
    left = (left - left.dot(up) * up).normalized()
    return Matrix((left, up, left.cross(up))).transposed()


def _heading(joint: str, source: RestPose, target: RestPose, body: Matrix) -> Matrix:
    """Soles are flat at rest in both, whatever the places of ankle and toes: a foot turns about the vertical only."""
    side = joint.partition("_")[0]
    ankle, toe = f"{side}_ankle", f"{side}_foot"
    if not all(one in rest.heads for one in (ankle, toe) for rest in (source, target)):
        return body
    wanted = source.heads[toe] - source.heads[ankle]
    has = body @ (target.heads[toe] - target.heads[ankle])
    for vector in (wanted, has):
        vector.z = 0.0
    if min(wanted.length, has.length) < 1e-6:
        return body
    return has.rotation_difference(wanted).to_matrix() @ body
