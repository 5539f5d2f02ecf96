"""Bones of other lengths than the body model's: its segments stretched, skin and joints, each by a factor of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index

BONE_DEVIATION = 0.05  # share of a segment's length
LARGEST_BONE_CHANGE = 0.10
_ALONG_X, _ALONG_Y, _ALONG_Z, _UNIFORM = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
# Segments that are stretched, by the joints that carry them and the direction at rest; both sides alike.
SEGMENTS: dict[str, tuple[tuple[str, ...], tuple[int, int, int]]] = {
    "thigh": (("hip",), _ALONG_Y),
    "shin": (("knee",), _ALONG_Y),
    "foot": (("ankle", "foot"), _ALONG_Z),
    "upper arm": (("shoulder",), _ALONG_X),
    "forearm": (("elbow",), _ALONG_X),
    "hand": (("wrist", "index", "middle", "pinky", "ring", "thumb"), _UNIFORM),
    "shoulders": (("collar",), _ALONG_X),
    "hips": (("pelvis",), _ALONG_X),
    "trunk": (("pelvis", "spine"), _ALONG_Y),
    "neck": (("neck",), _ALONG_Y),
    "head": (("head", "jaw", "eye"), _UNIFORM),
}


def drawn_bones(random: np.random.Generator) -> dict[str, float]:
    """Return a factor for the length of each segment: 5 % deviation, 10 % at most."""
    drawn = np.clip(
        random.normal(0.0, BONE_DEVIATION, len(SEGMENTS)), -LARGEST_BONE_CHANGE, LARGEST_BONE_CHANGE
    )
    return dict(zip(SEGMENTS, (1.0 + drawn).tolist(), strict=True))


def with_bones(body: BodyModel, factors: dict[str, float]) -> BodyModel:
    """Return the body with its segments stretched by `factors`, skin and joints, whatever shape its coefficients give.

    A joint k carries the linear map A_k, so that its children lie at J'_c = J'_k + A_k (J_c − J_k), and a vertex at
    v' = Σ_k w_k (J'_k + A_k (v − J_k)): linear in the template and the directions alike, which are mapped by the same rule.
    """
    maps = np.stack([np.diag(_stretch(name, factors)) for name in SMPLX_JOINT_NAMES])
    blended = np.einsum("vk,kxy->vxy", body.weights, maps)

    def moved(vertices: NumpyArray, joints: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
        places = joints.copy()
        for joint, parent in enumerate(SMPLX_PARENTS[1:], start=1):
            places[joint] = places[parent] + np.tensordot(
                maps[parent], joints[joint] - joints[parent], axes=1
            )
        constant = places - np.einsum("kxy,ky...->kx...", maps, joints)
        skin = np.einsum("vxy,vy...->vx...", blended, vertices) + np.einsum(
            "vk,kx...->vx...", body.weights, constant
        )
        return skin, places

    template, joints = moved(body.v_template, body.joints_template)
    directions, joint_directions = moved(body.shape_directions, body.joint_directions)
    return replace(
        body,
        v_template=template,
        joints_template=joints,
        shape_directions=directions,
        joint_directions=joint_directions,
    )


def _stretch(joint: str, factors: dict[str, float]) -> NumpyArray:
    """Factors (3,) along x, y and z by which a joint's part is stretched."""
    part = joint.split("_")[-1].rstrip("123")
    stretch = np.ones(3)
    for segment, (parts, along) in SEGMENTS.items():
        if part in parts:
            stretch *= np.where(np.array(along) == 1, factors[segment], 1.0)
    return stretch


def segment_length(body: BodyModel, first: str, second: str) -> float:
    """Distance in metres between two joints at rest."""
    joints = body.joints_template
    return float(np.linalg.norm(joints[joint_index(second)] - joints[joint_index(first)]))
