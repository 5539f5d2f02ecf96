# pyright: basic
"""Turns the 163 MakeHuman bones into the 55 SMPL-X joints: where each joint lies and which weights it takes.

The limbs, head and hands keep MakeHuman's own joints. Three places are built so that the proportions are SMPL-X's (its
published mean shape): the hips are moved towards the middle, the pelvis stands above the line of the hips, and the spine
joints are set along MakeHuman's spine; the trunk's weights are then a smooth partition by height.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, joint_index

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_FINGER_NUMBER = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}
_SIDE_BONES = {
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "foot": "toe2-1",
    "collar": "clavicle",
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "eye": "eye",
} | {f"{finger}{i}": f"finger{number}-{i}" for finger, number in _FINGER_NUMBER.items() for i in (1, 2, 3)}
BONE_OF_JOINT = {"pelvis": "root", "spine3": "spine01", "neck": "neck01", "head": "head", "jaw": "jaw"} | {
    f"{side}_{part}": f"{bone}.{letter}"
    for side, letter in (("left", "L"), ("right", "R"))
    for part, bone in _SIDE_BONES.items()
}
# Bones whose weight goes elsewhere than to their nearest ancestor with a joint.
_WEIGHT_EXCEPTIONS = {
    f"toe{toe}-1.{letter}": f"{side}_foot"
    for toe in range(1, 6)
    for side, letter in (("left", "L"), ("right", "R"))
}
TRUNK_BONES = ("root", "pelvis.L", "pelvis.R", "spine05", "spine04", "spine03", "spine02", "spine01")

# SMPL-X's mean shape has its hips at ±0.06 m of a body 1.70 m tall; MakeHuman's stand at ±0.106.
HIP_WIDTH_RATIO = 0.63
# The pelvis stands 0.09 m above the line of the hips, with a thigh of 0.41 m.
PELVIS_ABOVE_HIPS_PER_THIGH = 0.22
# Where the spine joints lie on MakeHuman's bones (0 head, 1 tail), to stand where SMPL-X has them.
SPINE_PLACES = {"spine1": ("spine03", 0.4), "spine2": ("spine02", 0.5), "spine3": ("spine01", 0.0)}
COLLAR_OUTWARD = 0.2  # share of the way from MakeHuman's clavicle head to the shoulder
# Height over which two trunk joints share a vertex, as a share of the trunk (hip line to neck).
TRUNK_BLEND_SHARE = 0.11

SMOOTHING_ROUNDS = 3


def joints_from_bones(bone_names: list[str], heads: Floats, tails: Floats) -> Floats:
    """Joints (N, 55, 3) in MakeHuman's A-pose from bone heads and tails (N, 163, 3); pelvis above the hips along y."""
    joints = np.zeros((len(heads), len(SMPLX_JOINT_NAMES), 3))
    for joint, bone in BONE_OF_JOINT.items():
        joints[:, joint_index(joint)] = heads[:, bone_names.index(bone)]
    for joint, (bone, share) in SPINE_PLACES.items():
        index = bone_names.index(bone)
        joints[:, joint_index(joint)] = heads[:, index] + share * (tails[:, index] - heads[:, index])
    left, right, knee = (joint_index(name) for name in ("left_hip", "right_hip", "left_knee"))
    middle = (joints[:, left] + joints[:, right]) / 2
    thigh = np.linalg.norm(joints[:, knee] - joints[:, left], axis=-1)
    for hip in (left, right):
        joints[:, hip] = middle + HIP_WIDTH_RATIO * (joints[:, hip] - middle)
    joints[:, 0] = middle + np.stack([0 * thigh, PELVIS_ABOVE_HIPS_PER_THIGH * thigh, 0 * thigh], axis=-1)
    for side in ("left", "right"):
        collar, shoulder = joint_index(f"{side}_collar"), joint_index(f"{side}_shoulder")
        joints[:, collar] += COLLAR_OUTWARD * (joints[:, shoulder] - joints[:, collar])
    return joints


def merge_weights(bone_names: list[str], bone_parents: list[int], bone_weights: Floats) -> Floats:
    """Weights (V, 55): each bone's weight goes to the joint of its nearest ancestor that has one (the trunk is split later)."""
    joint_of_bone = {bone: joint for joint, bone in BONE_OF_JOINT.items()} | _WEIGHT_EXCEPTIONS
    joint_of_bone |= dict.fromkeys(TRUNK_BONES, "pelvis")
    merged = np.zeros((len(bone_weights), len(SMPLX_JOINT_NAMES)))
    for index in range(len(bone_names)):
        ancestor = index
        while bone_names[ancestor] not in joint_of_bone:
            ancestor = bone_parents[ancestor]
        joint = joint_index(joint_of_bone[bone_names[ancestor]])
        merged[:, joint] += bone_weights[:, index]
    return merged


def split_trunk(weights: Floats, vertices: Floats, joints: Floats) -> Floats:
    """Shares the trunk's weight (all on the pelvis so far) among pelvis and spine joints by height, smoothly.

    `vertices` (V, 3) and `joints` (55, 3) are one typical body in the A-pose.
    """
    hips, neck = joints[joint_index("left_hip"), 1], joints[joint_index("neck"), 1]
    half_width = TRUNK_BLEND_SHARE * (neck - hips)
    above = [np.ones(len(vertices))]
    for name in ("spine1", "spine2", "spine3"):
        above.append(_smoothstep((vertices[:, 1] - joints[joint_index(name), 1]) / (2 * half_width) + 0.5))
    above.append(np.zeros(len(vertices)))
    split = weights.copy()
    trunk = weights[:, 0]
    for order, name in enumerate(("pelvis", "spine1", "spine2", "spine3")):
        share = trunk * (above[order] - above[order + 1])
        split[:, joint_index(name)] = share if name == "pelvis" else split[:, joint_index(name)] + share
    return split


def smooth_weights(weights: Floats, quads: Integers, rounds: int = SMOOTHING_ROUNDS) -> Floats:
    """Averages each vertex's weights with its neighbours' (half and half) `rounds` times; rows keep their sum of 1."""
    count = len(weights)
    starts, ends = quads.ravel(), np.roll(quads, -1, axis=1).ravel()
    adjacency = sparse.coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    adjacency = ((adjacency + adjacency.T) > 0).astype(np.float64)
    degree = np.maximum(np.asarray(adjacency.sum(axis=1)).ravel(), 1.0)
    averaging = sparse.diags(1.0 / degree) @ adjacency
    for _ in range(rounds):
        weights = 0.5 * weights + 0.5 * np.asarray(averaging @ weights)
    return weights


def mirror_joints() -> Integers:
    """Return the index (55,) of each joint's counterpart on the other side."""
    swap = {"left": "right", "right": "left"}
    names = [
        "_".join([swap.get(name.split("_")[0], name.split("_")[0]), *name.split("_")[1:]])
        for name in SMPLX_JOINT_NAMES
    ]
    return np.array([joint_index(name) for name in names])


def tidy_weights(weights: Floats, smallest: float = 1e-3, most: int = 6) -> Floats:
    """Drops influences below `smallest` and beyond the `most` strongest, then makes the rows sum to 1."""
    kept = weights.copy()
    threshold = np.sort(kept, axis=1)[:, -most][:, None]
    kept[(kept < smallest) | (kept < threshold)] = 0.0
    return kept / kept.sum(axis=1, keepdims=True)


def _smoothstep(x: Floats) -> Floats:
    t = np.clip(x, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
