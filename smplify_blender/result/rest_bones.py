"""Bones that an animator can grab, from rest joints and skin.

A bone's Y axis points along the limb to the next joint; its X axis is the one the limb bends about: turning about +X flexes
every joint (fingers, wrists, elbows and knees close, the jaw opens, thighs and toes rise). Axes are mirrored between left and
right, so that Blender's own *Paste Pose Flipped* works. Everything comes and goes in the body frame (y up, z forward).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .bone_names import bone_name
from .rotations import Array
from .shaped_body import ShapedBody

# Where a joint has several children: the one its bone points at.
MAIN_CHILD = {
    "pelvis": "spine1",
    "spine3": "neck",
    "left_wrist": "left_middle1",
    "right_wrist": "right_middle1",
}
UP = (0.0, 1.0, 0.0)
DOWN = (0.0, -1.0, 0.0)
FORWARD = (0.0, 0.0, 1.0)
BACKWARD = (0.0, 0.0, -1.0)
ACROSS_THE_PALM = (0.0, -0.3, -1.0)  # of a hand in T-pose, from the thumb to the little finger

# Bones that end in the open and whose skin does not say where they should point.
OPEN_DIRECTIONS = {"head": UP, "left_eye": FORWARD, "right_eye": FORWARD}

# The side that a bone's Z axis faces, by the end of its joint's name. Turning about +X moves the tip towards that side: fingers
# and wrists curl to the palm (down in a T-pose), shins swing back, the jaw opens, feet and eyes rise, everything else bows
# forward.
Z_SIDES = (
    (("index1", "index2", "index3", "middle1", "middle2", "middle3", "pinky1", "pinky2", "pinky3"), DOWN),
    (("ring1", "ring2", "ring3", "wrist", "hand", "jaw"), DOWN),
    (("thumb1", "thumb2", "thumb3"), ACROSS_THE_PALM),
    (("knee",), BACKWARD),
    (("ankle", "foot", "eye"), UP),
)
DEFAULT_Z_SIDE = FORWARD

MIN_LENGTH = 0.02  # metres; a bone of the open end that is shorter cannot be grabbed
MIN_JOINT_DISTANCE = 1e-3  # metres; Blender drops bones of no length
MIN_SINE = 0.1  # between a bone and the side its Z axis should face


class Skeleton(Protocol):
    """Parts of a body that decide about its bones: J joints, each after its parent (−1: none), and skin weights (V, J)."""

    @property
    def joint_names(self) -> tuple[str, ...]: ...
    @property
    def parents(self) -> tuple[int, ...]: ...
    @property
    def weights(self) -> Array: ...


@dataclass(frozen=True)
class RestBone:
    """One bone at rest, and the joint that it turns.

    `parent` is an index or −1; `connected`: its head lies on the parent's tail.
    """

    name: str
    joint: str
    parent: int
    head: Array
    tail: Array
    z_axis: Array
    connected: bool


def rest_bones(body: Skeleton, shaped: ShapedBody) -> tuple[RestBone, ...]:
    """One bone a joint, in the joints' order."""
    main_children = _main_children(body, shaped.joints)
    bones: list[RestBone] = []
    for joint, name in enumerate(body.joint_names):
        child = main_children[joint]
        tail = shaped.joints[child] if child is not None else _open_tail(body, shaped, joint)
        parent = body.parents[joint]
        head = shaped.joints[joint]
        bones.append(
            RestBone(
                name=bone_name(name),
                joint=name,
                parent=parent,
                head=head,
                tail=tail,
                z_axis=_z_axis(name, _unit(tail - head)),
                connected=parent >= 0 and main_children[parent] == joint,
            )
        )
    return tuple(bones)


def _main_children(body: Skeleton, joints: Array) -> list[int | None]:
    """For each joint the child its bone points at; None where the bone ends in the open."""
    children: list[list[int]] = [[] for _ in body.parents]
    for joint, parent in enumerate(body.parents):
        if parent >= 0:
            children[parent].append(joint)
    return [_main_child(body.joint_names, joint, children[joint], joints) for joint in range(len(children))]


def _main_child(names: Sequence[str], joint: int, children: list[int], joints: Array) -> int | None:
    if names[joint] in OPEN_DIRECTIONS:
        return None
    named = [child for child in children if names[child] == MAIN_CHILD.get(names[joint])]
    chosen = named or (children if len(children) == 1 else [])
    if not chosen or np.linalg.norm(joints[chosen[0]] - joints[joint]) < MIN_JOINT_DISTANCE:
        return None
    return chosen[0]


def _open_tail(body: Skeleton, shaped: ShapedBody, joint: int) -> Array:
    """The end of the skin that the joint moves: along the mean of that skin, as far as it reaches."""
    head = shaped.joints[joint]
    own = body.weights[:, joint].astype(np.float64)
    direction = np.array(OPEN_DIRECTIONS.get(body.joint_names[joint], (0.0, 0.0, 0.0)))
    if not direction.any() and own.sum() > 0:
        direction = (own @ shaped.vertices) / own.sum() - head
    if np.linalg.norm(direction) < MIN_JOINT_DISTANCE:
        parent = body.parents[joint]
        direction = head - shaped.joints[parent] if parent >= 0 else np.array(UP)
    direction = _unit(direction)
    mostly_own = np.flatnonzero(own > 0.5)
    reach = float(((shaped.vertices[mostly_own] - head) @ direction).max(initial=0.0))
    tail: Array = head + max(reach, MIN_LENGTH) * direction
    return tail


def _z_axis(name: str, along: Array) -> Array:
    """The wanted side made perpendicular to the bone; another one where the bone points at that side."""
    wanted = next((side for endings, side in Z_SIDES if name.endswith(endings)), DEFAULT_Z_SIDE)
    for side in (wanted, FORWARD, UP):
        across = np.array(side) - np.dot(side, along) * along
        if np.linalg.norm(across) > MIN_SINE:
            return _unit(across)
    raise AssertionError("a bone cannot point forward and up at once")


def _unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else np.array(UP)
