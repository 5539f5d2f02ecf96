"""The numbers that a person is described by, in the order of the shape components: measures of the body, and phenotypes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.measurements import volume_m3
from tools.build_open_body.rest_pose import RestBodies
from tools.build_open_body.shape_space import TRAIT_NAMES

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PATCH_SHARE = 0.06  # of a slice of the trunk: its frontmost and its hindmost vertices
SLICE_HALF_HEIGHT = 0.03  # in trunk lengths, pelvis to neck
# Heights in trunk lengths above the pelvis: the navel's, and the nipples'.
BELLY_LEVEL, CHEST_LEVEL = 0.16, 0.66
MOST_OF_A_VERTEX = 0.5


def measured_traits(
    rest: RestBodies, phenotypes: dict[str, Floats], weights: Floats, triangles: Integers
) -> dict[str, Floats]:
    """Return each person's traits (N,) by the names of the components; `weights` (V, 55), `triangles` (F, 3)."""
    mean, joints = rest.vertices.mean(axis=0), rest.joints.mean(axis=0)
    crown, sole = int(mean[:, 1].argmax()), int(mean[:, 1].argmin())
    height = rest.vertices[:, crown, 1] - rest.vertices[:, sole, 1]
    volume = np.array([volume_m3(skin, triangles) for skin in rest.vertices])
    wrist = _between(rest.joints, "left_wrist", "left_shoulder")[:, 0]
    ankle = -_between(rest.joints, "left_ankle", "left_hip")[:, 1]
    values = {
        "Height": height,
        "Weight": volume,
        "Muscle": phenotypes["muscle"],
        "Female-male": -phenotypes["gender"],
        "Age": phenotypes["age"],
        "Leg length": ankle,
        "Arm length": wrist,
        "Trunk length": _between(rest.joints, "neck", "left_hip")[:, 1],
        "Shoulder width": rest.joints[:, joint_index("left_shoulder"), 0],
        "Hip width": rest.joints[:, joint_index("left_hip"), 0],
        "Head size": _size(rest.vertices, weights, ("head", "jaw")),
        "Belly": _depth(rest.vertices, weights, joints, BELLY_LEVEL),
        "Chest": _depth(rest.vertices, weights, joints, CHEST_LEVEL),
        "Shin length": -_between(rest.joints, "left_ankle", "left_knee")[:, 1],
        "Forearm length": _between(rest.joints, "left_wrist", "left_elbow")[:, 0],
        "Foot size": _size(rest.vertices, weights, ("left_ankle", "left_foot")),
        "Hand size": _between(rest.joints, "left_middle3", "left_wrist")[:, 0],
    }
    return {name: values[name] for name in TRAIT_NAMES}


def _between(joints: Floats, end: str, start: str) -> Floats:
    return joints[:, joint_index(end)] - joints[:, joint_index(start)]


def _size(vertices: Floats, weights: Floats, names: tuple[str, ...]) -> Floats:
    """Return a part's sizes (N,), the mean body's being 1: its vertices' distances from their middle, linear in the mesh."""
    part = weights[:, [joint_index(name) for name in names]].sum(axis=1) > MOST_OF_A_VERTEX
    spread = vertices[:, part] - vertices[:, part].mean(axis=1, keepdims=True)
    typical = spread.mean(axis=0)
    return (spread * typical).sum(axis=(1, 2)) / (typical**2).sum()


def _depth(vertices: Floats, weights: Floats, joints: Floats, level: float) -> Floats:
    """Return the trunk's depth (N,) from its back to its front at a level, over patches that are those of the mean body."""
    mean = vertices.mean(axis=0)
    trunk = weights[:, [joint_index(name) for name in ("pelvis", "spine1", "spine2", "spine3")]].sum(axis=1)
    height = (mean[:, 1] - joints[0, 1]) / (joints[joint_index("neck"), 1] - joints[0, 1])
    ring = np.flatnonzero((np.abs(height - level) < SLICE_HALF_HEIGHT) & (trunk > MOST_OF_A_VERTEX))
    by_depth = ring[np.argsort(mean[ring, 2])]
    count = max(1, round(PATCH_SHARE * len(ring)))
    return vertices[:, by_depth[-count:], 2].mean(axis=1) - vertices[:, by_depth[:count], 2].mean(axis=1)
