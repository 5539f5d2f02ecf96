"""Reads a body file and poses it by linear blend skinning, on NumPy alone and independent of the product's own code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Body:
    """The arrays of a body file that a picture needs (metres, y up, z forward)."""

    shape_count: int
    template: Floats  # (V, 3)
    directions: Floats  # (V, 3, S + E), shape before expression
    names: list[str]  # of the directions
    regressor: Floats  # (55, V)
    weights: Floats  # (V, 55)
    triangles: Integers  # (F, 3)
    landmarks: tuple[Integers, Floats]
    contour: tuple[Integers, Floats]
    hand_means: tuple[Floats, Floats]
    action_names: list[str]
    action_directions: Floats  # (V, 3, 52)


def read_body(path: Path) -> Body:
    """Reads an `open_body_*.npz`."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "posedirs"}
    columns = np.concatenate([arrays["shape_columns"], arrays["expression_columns"]])
    return Body(
        shape_count=len(arrays["shape_columns"]),
        template=arrays["v_template"].astype(np.float64),
        directions=arrays["shapedirs"][:, :, columns].astype(np.float64),
        names=[str(name) for key in ("shape_names", "expression_names") for name in arrays[key]],
        regressor=arrays["J_regressor"].astype(np.float64),
        weights=arrays["weights"].astype(np.float64),
        triangles=arrays["f"].astype(np.int64),
        landmarks=(arrays["lmk_faces_idx"].astype(np.int64), arrays["lmk_bary_coords"].astype(np.float64)),
        contour=(
            arrays["dynamic_lmk_faces_idx"].astype(np.int64),
            arrays["dynamic_lmk_bary_coords"].astype(np.float64),
        ),
        hand_means=(arrays["hands_meanl"].astype(np.float64), arrays["hands_meanr"].astype(np.float64)),
        action_names=[str(name) for name in arrays["action_names"]],
        action_directions=arrays["action_directions"].astype(np.float64),
    )


def shaped(body: Body, coefficients: dict[int, float] | None = None) -> Floats:
    """Rest vertices (V, 3) with the given coefficients by their place in `body.names`."""
    vertices = body.template.copy()
    for index, value in (coefficients or {}).items():
        vertices += value * body.directions[:, :, index]
    return vertices


def posed(body: Body, rest: Floats, pose: dict[str, tuple[float, float, float]]) -> tuple[Floats, Floats]:
    """Vertices (V, 3) and joints (55, 3) with the named joints turned by rotation vectors in degrees."""
    joints = body.regressor @ rest
    world = np.zeros((len(SMPLX_JOINT_NAMES), 3, 3))
    places = np.zeros_like(joints)
    for joint, name in enumerate(SMPLX_JOINT_NAMES):
        turn = rotation(np.radians(np.array(pose.get(name, (0.0, 0.0, 0.0)))))
        parent = SMPLX_PARENTS[joint]
        if parent < 0:
            world[joint], places[joint] = turn, joints[joint]
        else:
            world[joint] = world[parent] @ turn
            places[joint] = places[parent] + world[parent] @ (joints[joint] - joints[parent])
    offsets = places - np.einsum("jab,jb->ja", world, joints)
    matrices = (body.weights @ world.reshape(-1, 9)).reshape(-1, 3, 3)
    return np.einsum("vab,vb->va", matrices, rest) + body.weights @ offsets, places


def rotation(vector: Floats) -> Floats:
    """Rodrigues' formula for one rotation vector in radians."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * skew @ skew


def on_surface(vertices: Floats, triangles: Integers, places: tuple[Integers, Floats]) -> Floats:
    """Points (N, 3) at triangle indices and barycentric coordinates."""
    return np.einsum("nc,ncd->nd", places[1], vertices[triangles[places[0]]])


def mirrored(pose: dict[str, tuple[float, float, float]]) -> dict[str, tuple[float, float, float]]:
    """Return the pose with every left joint's turn given to the right one as well, mirrored across x = 0."""
    both = dict(pose)
    for name, (x, y, z) in pose.items():
        if name.startswith("left_"):
            both[name.replace("left_", "right_")] = (x, -y, -z)
    return both


def hand_pose(mean: Floats, side: str) -> dict[str, tuple[float, float, float]]:
    """Return the 15 joints of a hand from 45 numbers in radians."""
    first = joint_index(f"{side}_index1")
    degrees = np.degrees(mean.reshape(15, 3))
    return {SMPLX_JOINT_NAMES[first + i]: (row[0], row[1], row[2]) for i, row in enumerate(degrees.tolist())}
