"""Files as other programs write them, with made-up contents: SMPLify-X and SMPLify results, AMASS motions, SMPL-X parameters."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from tests import synthetic_kinds

PCA_COMPONENTS = 12


def write(path: Path, values: dict[str, Any]) -> Path:
    """As .npz or as a pickle of protocol 2, by the ending."""
    if path.suffix == ".npz":
        np.savez(path, **values)
    else:
        path.write_bytes(pickle.dumps(values, 2))
    return path


def smplifyx(seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A result as smplify-x pickles it: one row an entry, hands as PCA coefficients."""
    random = np.random.default_rng(seed)
    upright = np.array([[np.pi, 0.0, 0.0]])  # a camera looks down on y
    values: dict[str, Any] = {
        "camera_rotation": np.eye(3)[None],
        "camera_translation": np.array([[0.1, 0.2, 40.0]]),
        "betas": random.normal(0, 1, (1, 10)),
        "global_orient": upright + random.normal(0, 0.1, (1, 3)),
        "body_pose": random.normal(0, 0.2, (1, 63)),
        "left_hand_pose": random.normal(0, 0.5, (1, PCA_COMPONENTS)),
        "right_hand_pose": random.normal(0, 0.5, (1, PCA_COMPONENTS)),
        "jaw_pose": random.normal(0, 0.1, (1, 3)),
        "leye_pose": random.normal(0, 0.1, (1, 3)),
        "reye_pose": random.normal(0, 0.1, (1, 3)),
        "expression": random.normal(0, 1, (1, 10)),
    }
    found = {key: value.astype(np.float32) for key, value in values.items()} | changes
    return {key: value for key, value in found.items() if value is not None}


def smplify(seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A result as SMPLify of 2016 pickles it."""
    random = np.random.default_rng(seed)
    pose = random.normal(0, 0.2, 72)
    pose[:3] = (np.pi, 0.1, 0.0)
    values: dict[str, Any] = {
        "cam_t": np.array([0.0, 0.1, 30.0]),
        "f": np.array([4000.0, 4000.0]),
        "pose": pose,
        "betas": random.normal(0, 1, 10),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def amass(frames: int = 4, size: int = 156, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A motion as AMASS has it: somebody who stands and turns, z up."""
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.2, (frames, size))
    poses[:, :3] = np.array([np.pi / 2, 0.0, 0.0]) + random.normal(0, 0.05, (frames, 3))
    values: dict[str, Any] = {
        "poses": poses,
        "trans": random.normal(0, 0.3, (frames, 3)) + np.array([0, 0, 0.9]),
        "betas": random.normal(0, 1, 16),
        "gender": "female",
        "mocap_framerate": np.array(120.0),
        "dmpls": np.zeros((frames, 8)),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def parameters(frames: int = 1, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """SMPL-X's own names, hands in full."""
    random = np.random.default_rng(seed)
    values: dict[str, Any] = {
        "global_orient": random.normal(0, 0.2, (frames, 3)),
        "body_pose": random.normal(0, 0.2, (frames, 63)),
        "left_hand_pose": random.normal(0, 0.2, (frames, 45)),
        "right_hand_pose": random.normal(0, 0.2, (frames, 45)),
        "jaw_pose": random.normal(0, 0.1, (frames, 3)),
        "expression": random.normal(0, 1, (frames, 10)),
        "betas": random.normal(0, 1, (1, 10)),
        "transl": random.normal(0, 0.3, (frames, 3)),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def body_with_hands(path: Path, kind: synthetic_kinds.ModelKind = "smplx", components: int = 20) -> Path:
    """A synthetic body file whose hand space is no identity and whose mean hand is not flat."""
    values = synthetic_kinds.arrays(kind, components)
    random = np.random.default_rng(5)
    for side in "lr":
        values[f"hands_components{side}"] = np.linalg.qr(random.normal(size=(45, 45)))[0]
        values[f"hands_mean{side}"] = random.normal(0, 0.2, 45)
    np.savez(path, **values)
    return path
