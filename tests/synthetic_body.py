"""A made-up body in the SMPL-X format: plausible skeleton, vertices scattered about the bones, random directions.

Right for checking mathematics (every term is non-zero, pose correctives included), useless for looking at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.body_model import landmarks
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS

VERTEX_COUNT = 10_000

_OFFSETS = {
    "pelvis": (0, 0.95, 0), "left_hip": (0.06, -0.09, 0), "right_hip": (-0.06, -0.09, 0), "spine1": (0, 0.11, -0.02),
    "left_knee": (0.02, -0.39, 0), "right_knee": (-0.02, -0.39, 0), "spine2": (0, 0.14, 0),
    "left_ankle": (0, -0.41, -0.02),
    "right_ankle": (0, -0.41, -0.02), "spine3": (0, 0.06, 0), "left_foot": (0.03, -0.06, 0.12),
    "right_foot": (-0.03, -0.06, 0.12),
    "neck": (0, 0.21, -0.02), "left_collar": (0.05, 0.12, 0), "right_collar": (-0.05, 0.12, 0), "head": (0, 0.1, 0.02),
    "left_shoulder": (0.12, 0.03, 0),
    "right_shoulder": (-0.12, 0.03, 0), "left_elbow": (0.26, 0, 0), "right_elbow": (-0.26, 0, 0),
    "left_wrist": (0.25, 0, 0), "right_wrist": (-0.25, 0, 0), "jaw": (0, -0.01, 0.02), "left_eye": (0.03, 0.06, 0.07),
    "right_eye": (-0.03, 0.06, 0.07),
}  # fmt: skip


def _joint_offset(name: str) -> tuple[float, float, float]:
    if name in _OFFSETS:
        return _OFFSETS[name]
    sign = 1.0 if name.startswith("left") else -1.0
    finger = name.split("_")[1][:-1]
    across = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03, "thumb": 0.04}[finger]
    return (0.09 * sign, 0.0, across) if name.endswith("1") else (0.03 * sign, 0.0, 0.0)


def arrays(seed: int = 0, correctives: bool = True, components: int = 20) -> dict[str, np.ndarray]:
    """The entries of a synthetic SMPL-X-format .npz file."""
    random = np.random.default_rng(seed)
    joints = np.zeros((55, 3))
    for index, name in enumerate(SMPLX_JOINT_NAMES):
        parent = SMPLX_PARENTS[index]
        joints[index] = np.array(_joint_offset(name)) + (joints[parent] if parent >= 0 else 0)
    near = random.integers(0, 55, VERTEX_COUNT)
    near[:55] = np.arange(55)
    weights = np.zeros((VERTEX_COUNT, 55))
    share = random.uniform(0.4, 1.0, VERTEX_COUNT)
    weights[np.arange(VERTEX_COUNT), near] = share
    weights[np.arange(VERTEX_COUNT), np.maximum(np.array(SMPLX_PARENTS)[near], 0)] += 1 - share
    template = joints[near] + random.normal(0, 0.02, (VERTEX_COUNT, 3))
    template[:55] = joints
    regressor = np.zeros((55, VERTEX_COUNT))
    regressor[np.arange(55), np.arange(55)] = 1.0
    faces = random.permuted(np.tile(np.arange(VERTEX_COUNT), (2, 1)), axis=1).reshape(-1)[
        : VERTEX_COUNT * 2 // 3 * 3
    ]
    rows, count = landmarks.CONTOUR_ROW_COUNT, landmarks.CONTOUR_COUNT
    faces = faces.reshape(-1, 3)
    barycentric = random.dirichlet(np.ones(3), (rows, count))
    return {
        "v_template": template,
        "f": faces.astype(np.uint32),
        "shapedirs": random.normal(0, 0.004, (VERTEX_COUNT, 3, components)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.stack([np.array(SMPLX_PARENTS) % 2**32, np.arange(55)]),
        "lmk_faces_idx": random.integers(0, len(faces), landmarks.LANDMARK_COUNT),
        "lmk_bary_coords": random.dirichlet(np.ones(3), landmarks.LANDMARK_COUNT),
        "dynamic_lmk_faces_idx": random.integers(0, len(faces), (rows, count)),
        "dynamic_lmk_bary_coords": barycentric,
        "hands_meanl": np.zeros(45),
        "hands_meanr": np.zeros(45),
        "hands_componentsl": np.eye(45),
        "hands_componentsr": np.eye(45),
        "posedirs": random.normal(0, 0.001, (VERTEX_COUNT, 3, 486)).astype(np.float32) * correctives,
    }


def write(path: Path, **options: object) -> Path:
    """Write a synthetic body model file and return its path."""
    np.savez(path, **arrays(**options))  # type: ignore[arg-type]
    return path
