# pyright: basic
"""The motion-capture poses: reading, the split into clips that train and clips that test, mirroring.

A body pose is the 63 numbers of the rotation vectors (radians) of the 21 body joints after the pelvis, in the
order of `BODY_JOINT_NAMES`, each in the closed ball of radius π. Rest is a T-pose, y up, z forward, x to the
body's left.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

MOCAP_FILE_NAME = "cmu_body_poses.npz"
CLIP_GROUPS = 7
"""Clips fall into seven groups by the CRC-32 of their name."""
HELD_OUT_GROUP = 0
"""Never trained on: the accuracy benchmark draws its poses from these clips."""
VALIDATION_GROUP = 1
"""Left out while settings are compared, trained on afterwards."""

BODY_JOINT_NAMES = (
    "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
"""SMPL-X's 21 body joints in file order, without the pelvis."""

LEG_JOINT_NAMES = tuple(
    name for name in BODY_JOINT_NAMES if name.split("_")[-1] in ("hip", "knee", "ankle", "foot")
)


@dataclass(frozen=True)
class MocapPoses:
    """Poses of whole clips: `pelvis (N,3)` and `body (N,63)` in radians, and each pose's `clip (N)`."""

    pelvis: Array
    body: Array
    clip: NDArray[np.str_]

    def where(self, chosen: NDArray[np.bool_]) -> "MocapPoses":
        """Return the poses for which `chosen (N)` is true."""
        return MocapPoses(self.pelvis[chosen], self.body[chosen], self.clip[chosen])


def load_mocap(folder: Path) -> MocapPoses:
    """Read `cmu_body_poses.npz` in `folder` with every rotation vector brought into the ball of radius π."""
    with np.load(folder / MOCAP_FILE_NAME, allow_pickle=False) as archive:
        poses = canonical_rotation_vectors(archive["poses"].astype(np.float64))
        clip = archive["clip"]
    return MocapPoses(poses[:, 0], poses[:, 1:].reshape(len(poses), -1), clip)


def clip_group(clip: str) -> int:
    """Return the group 0…6 of a clip: CRC-32 of its name modulo seven."""
    return zlib.crc32(clip.encode()) % CLIP_GROUPS


def groups_of(poses: MocapPoses) -> NDArray[np.int64]:
    """Return each pose's clip group, shape (N)."""
    names, index = np.unique(poses.clip, return_inverse=True)
    return np.array([clip_group(str(name)) for name in names], dtype=np.int64)[index]


def canonical_rotation_vectors(vectors: Array) -> Array:
    """Return the same rotations (…,3) with angles in [0, π]: θ becomes θ (a − 2π round(a / 2π)) / a, a = |θ|."""
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    wrapped = angle - 2.0 * np.pi * np.round(angle / (2.0 * np.pi))
    return vectors * np.where(angle > np.pi, wrapped / np.maximum(angle, 1e-12), 1.0)


def mirror_permutation() -> NDArray[np.int64]:
    """Return for each of the 21 joints the index of its counterpart on the other side."""
    swap = {"left": "right", "right": "left"}
    names = ["_".join(swap.get(word, word) for word in name.split("_")) for name in BODY_JOINT_NAMES]
    return np.array([BODY_JOINT_NAMES.index(name) for name in names])


def mirror_poses(body: Array) -> Array:
    """Mirror poses (…,63) at the plane x = 0: sides swapped, y and z of each rotation vector negated."""
    vectors = body.reshape(*body.shape[:-1], len(BODY_JOINT_NAMES), 3)
    mirrored = vectors[..., mirror_permutation(), :] * np.array([1.0, -1.0, -1.0])
    return mirrored.reshape(body.shape)


def mirror_matrix() -> Array:
    """Return the (63,63) matrix M with mirror_poses(x) = M x."""
    size = 3 * len(BODY_JOINT_NAMES)
    return mirror_poses(np.eye(size)).T
