"""Takes MakeHuman bodies from their relaxed A-pose to SMPL-X's T-pose: arms along ±x, legs along −y, palms down, fingers
straight.

The T-pose is the one from which the skinning gives MakeHuman's own A-pose back exactly: with A = Σ_k w_k G_k T linear in T, every
vertex is T = (Σ_k w_k G_k)⁻¹ A. So what an artist modelled, arms hanging, is what a fit of a standing person shows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index

Floats = npt.NDArray[np.float64]

# Directions of the left thumb's three segments in the flat hand (palm down, x along the fingers): forward, outward and a
# little down.
THUMB_DIRECTIONS = ((0.58, -0.34, 0.74), (0.70, -0.30, 0.65), (0.74, -0.28, 0.61))
# A chain that is dead straight has no side to bend to: knees lie a little before the line from hip to ankle, elbows behind the
# one from shoulder to wrist, as in SMPL-X, so that Blender's inverse kinematics bends them as people do. Metres.
KNEE_FORWARD, ELBOW_BACKWARD = 0.004, 0.003
FINGER_SPLAY_SHARE = 0.75  # of MakeHuman's own splay; SMPL-X's flat hand is a little closed
FINGERS_BY_SMPLX_ORDER = (2, 3, 5, 4, 1)  # MakeHuman's numbers of index, middle, pinky, ring and thumb
_FINGERS = ("index", "middle", "pinky", "ring", "thumb")


@dataclass(frozen=True)
class RestBodies:
    """T-pose bodies with the pelvis at the origin."""

    vertices: Floats  # (N, V, 3)
    joints: Floats  # (N, 55, 3)


def rotation_between(start: Floats, end: Floats) -> Floats:
    """Return the smallest rotations (..., 3, 3) that turn directions `start` into `end` (..., 3)."""
    a = start / np.linalg.norm(start, axis=-1, keepdims=True)
    b = end / np.linalg.norm(end, axis=-1, keepdims=True)
    axis = np.cross(a, b)
    cosine = np.sum(a * b, axis=-1)[..., None, None]
    zero = np.zeros_like(axis[..., 0])
    x, y, z = axis[..., 0], axis[..., 1], axis[..., 2]
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*axis.shape[:-1], 3, 3)
    return np.eye(3) + skew + skew @ skew / (1.0 + cosine)


def tpose_rotations(joints: Floats, finger_tips: Floats) -> Floats:
    """World rotations (N, 55, 3, 3) of each joint from the A-pose to the T-pose.

    `joints` (N, 55, 3) and `finger_tips` (N, 2, 5, 3), left hand first, fingers in SMPL-X's order, both in the A-pose.
    """
    world = np.broadcast_to(np.eye(3), (len(joints), 55, 3, 3)).copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _align_arm(world, joints, side, sign)
        _align_leg(world, joints, side)
        for finger, name in enumerate(_FINGERS):
            tip = finger_tips[:, 0 if side == "left" else 1, finger]
            _align_finger(world, joints, tip, (side, name), sign)
    return world


def _align_arm(world: Floats, joints: Floats, side: str, sign: float) -> None:
    outward = np.array([sign, 0.0, 0.0])
    chain = [joint_index(f"{side}_{part}") for part in ("collar", "shoulder", "elbow", "wrist")]
    rotation = np.broadcast_to(np.eye(3), (len(joints), 3, 3))
    for joint, child in itertools.pairwise(chain):
        bone = joints[:, child] - joints[:, joint]
        if joint == chain[0]:
            target = np.stack(
                [bone[:, 0], 0 * bone[:, 0], bone[:, 2]], axis=-1
            )  # the collar bone keeps its sweep to the back
        else:
            back = -ELBOW_BACKWARD if joint == chain[1] else ELBOW_BACKWARD
            target = outward + _forward(back, bone)
        turned = np.einsum("nij,nj->ni", rotation, bone)
        rotation = rotation_between(turned, target) @ rotation
        world[:, joint] = rotation
    knuckle = joints[:, joint_index(f"{side}_middle1")] - joints[:, chain[-1]]
    knuckle = np.einsum("nij,nj->ni", rotation, knuckle)
    flat = np.stack([knuckle[:, 0], 0 * knuckle[:, 1], knuckle[:, 2]], axis=-1)
    world[:, chain[-1]] = rotation_between(knuckle, flat) @ rotation


def _align_leg(world: Floats, joints: Floats, side: str) -> None:
    hip, knee, ankle = (joint_index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
    rotation, down = np.broadcast_to(np.eye(3), (len(joints), 3, 3)), np.array([0.0, -1.0, 0.0])
    for joint, child, forward in ((hip, knee, KNEE_FORWARD), (knee, ankle, -KNEE_FORWARD)):
        bone = np.einsum("nij,nj->ni", rotation, joints[:, child] - joints[:, joint])
        rotation = rotation_between(bone, down + _forward(forward, bone)) @ rotation
        world[:, joint] = rotation
    # Ankle and foot stay as MakeHuman has them: soles flat on the ground.


def _forward(distance: float, bone: Floats) -> Floats:
    """Return the part (N, 3) along z of the directions of bones (N, 3) that end so many metres farther forward."""
    share = distance / np.linalg.norm(bone, axis=-1)
    return np.stack([0 * share, 0 * share, share], axis=-1)


def _with_sides_to_bend_to(joints: Floats) -> Floats:
    """Return the joints (N, 55, 3) with knees a little farther forward and elbows farther back in the flesh."""
    moved = joints.copy()
    moved[:, [joint_index("left_knee"), joint_index("right_knee")], 2] += KNEE_FORWARD
    moved[:, [joint_index("left_elbow"), joint_index("right_elbow")], 2] -= ELBOW_BACKWARD
    return moved


def _align_finger(world: Floats, joints: Floats, tip: Floats, finger: tuple[str, str], sign: float) -> None:
    side, name = finger
    segments = [joint_index(f"{side}_{name}{i}") for i in (1, 2, 3)]
    wrist = world[:, joint_index(f"{side}_wrist")]
    points = np.stack([*(joints[:, joint] for joint in segments), tip], axis=1)
    bones = np.einsum("nij,nsj->nsi", wrist, np.diff(points, axis=1))
    along = bones.sum(axis=1)
    splay = FINGER_SPLAY_SHARE * np.arctan2(along[:, 2], sign * along[:, 0])
    straight = np.stack([sign * np.cos(splay), 0 * splay, np.sin(splay)], axis=-1)
    rotation = wrist
    for order, joint in enumerate(segments):
        bone = np.einsum("nij,nj->ni", rotation @ np.swapaxes(wrist, -1, -2), bones[:, order])
        target = straight
        if name == "thumb":
            target = np.broadcast_to(np.array(THUMB_DIRECTIONS[order]) * [sign, 1.0, 1.0], bone.shape)
        rotation = rotation_between(bone, target) @ rotation
        world[:, joint] = rotation


def pose_joints(joints: Floats, world: Floats) -> Floats:
    """Joints (N, 55, 3) after turning each joint's frame by `world` (N, 55, 3, 3); the pelvis is put at the origin."""
    posed = np.zeros_like(joints)
    for joint in range(1, len(SMPLX_JOINT_NAMES)):
        parent = SMPLX_PARENTS[joint]
        posed[:, joint] = posed[:, parent] + np.einsum(
            "nij,nj->ni", world[:, parent], joints[:, joint] - joints[:, parent]
        )
    return posed


def unpose_vertices(
    vertices: Floats, joints: Floats, posed: Floats, world: Floats, weights: Floats
) -> Floats:
    """T-pose vertices (V, 3) of one body whose skinning back to the A-pose gives `vertices` (V, 3).

    A-pose joints `joints` and T-pose joints `posed` (55, 3), rotations from A to T `world` (55, 3, 3), `weights` (V, 55).
    """
    back = np.swapaxes(world, -1, -2)
    offsets = joints - np.einsum("jik,jk->ji", back, posed)
    linear = (weights @ back.reshape(55, 9)).reshape(-1, 3, 3)
    constant = weights @ offsets
    rest = np.linalg.solve(linear, (vertices - constant)[..., None])  # pyright: ignore[reportUnknownVariableType]
    return np.asarray(rest[..., 0])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def to_rest_pose(vertices: Floats, joints: Floats, finger_tips: Floats, weights: Floats) -> RestBodies:
    """A-pose meshes (N, V, 3), with their joints (N, 55, 3) and tips (N, 2, 5, 3), in the T-pose; `weights` (V, 55)."""
    joints = _with_sides_to_bend_to(joints)
    world = tpose_rotations(joints, finger_tips)
    posed = pose_joints(joints, world)
    rest = [unpose_vertices(skin, joints[i], posed[i], world[i], weights) for i, skin in enumerate(vertices)]
    return RestBodies(np.stack(rest), posed)
