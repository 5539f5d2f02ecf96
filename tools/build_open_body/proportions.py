"""Gives T-pose bodies other proportions: bones are stretched along themselves, joints and skin move with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index
from tools.build_open_body.rest_pose import RestBodies

Floats = npt.NDArray[np.float64]

SEGMENT_DEVIATION = 0.05  # of a segment's length, between people of equal height
SHARE_DEVIATION = 0.02  # of each of the two bones of a limb, one longer and the other shorter
_ALONG_X, _ALONG_Y, _LEVEL, _ALL_WAYS = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 1.0), (1.0, 1.0, 1.0)
_HANDS = tuple(
    name
    for name in SMPLX_JOINT_NAMES
    if any(part in name for part in ("wrist", "thumb", "index", "middle", "ring", "pinky"))
)
# For each deviation: the joints whose bones it stretches, along which axes of the T-pose, and by how much a deviation.
STRETCHES: dict[str, tuple[tuple[tuple[str, ...], tuple[float, float, float], float], ...]] = {
    "leg length": ((("left_hip", "right_hip", "left_knee", "right_knee"), _ALONG_Y, SEGMENT_DEVIATION),),
    "arm length": (
        (("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"), _ALONG_X, SEGMENT_DEVIATION),
    ),
    "trunk length": ((("pelvis", "spine1", "spine2", "spine3"), _ALONG_Y, SEGMENT_DEVIATION),),
    "neck length": ((("neck",), _ALONG_Y, SEGMENT_DEVIATION),),
    "head size": ((("head", "jaw", "left_eye", "right_eye"), _ALL_WAYS, SEGMENT_DEVIATION),),
    "shin length": (
        (("left_hip", "right_hip"), _ALONG_Y, -SHARE_DEVIATION),
        (("left_knee", "right_knee"), _ALONG_Y, SHARE_DEVIATION),
    ),
    "forearm length": (
        (("left_shoulder", "right_shoulder"), _ALONG_X, -SHARE_DEVIATION),
        (("left_elbow", "right_elbow"), _ALONG_X, SHARE_DEVIATION),
    ),
    "foot size": ((("left_ankle", "right_ankle", "left_foot", "right_foot"), _LEVEL, SEGMENT_DEVIATION),),
    "hand size": ((_HANDS, _ALL_WAYS, SEGMENT_DEVIATION),),
}


def with_proportions(rest: RestBodies, weights: Floats, deviations: dict[str, Floats]) -> RestBodies:
    """Return the bodies with their bones stretched by deviations (N,) of the names in `STRETCHES`, at their old stature.

    `weights` (V, 55). Every joint's frame stretches about the joint: J'_c = J'_p + S_p (J_c − J_p), and the skin is the blend
    Σ w_k (J'_k + S_k (v − J_k)). Then the whole body is scaled to the stature that it had.
    """
    scales = _scales(len(rest.vertices), deviations)
    joints = np.zeros_like(rest.joints)
    for joint in range(1, len(SMPLX_JOINT_NAMES)):
        parent = SMPLX_PARENTS[joint]
        joints[:, joint] = joints[:, parent] + scales[:, parent] * (
            rest.joints[:, joint] - rest.joints[:, parent]
        )
    vertices = np.empty_like(rest.vertices)
    for person, skin in enumerate(rest.vertices):
        shifts = joints[person] - scales[person] * rest.joints[person]
        vertices[person] = (weights @ scales[person]) * skin + weights @ shifts
        size = np.ptp(skin[:, 1]) / np.ptp(vertices[person, :, 1])
        vertices[person] *= size
        joints[person] *= size
    return RestBodies(vertices, joints)


def _scales(count: int, deviations: dict[str, Floats]) -> Floats:
    """Return the factors (N, 55, 3) along x, y and z of each joint's frame."""
    scales = np.ones((count, len(SMPLX_JOINT_NAMES), 3))
    for name, stretches in STRETCHES.items():
        for joints, axes, spread in stretches:
            factor = 1.0 + spread * deviations[name][:, None, None] * np.array(axes)
            scales[:, [joint_index(joint) for joint in joints]] *= factor
    return scales
