# pyright: basic
"""Finds, for every joint, the few vertices whose weighted mean follows it over shapes and not over expressions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls
from scipy.spatial import KDTree

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DIRECTION_COUNT = 40  # a joint is looked at from so many sides
NEAREST_PER_DIRECTION = 9  # vertices a side may give
SUM_WEIGHT = 30.0  # metres: how strongly the rows are held to a sum of 1 before they are scaled to it
MEAN_WEIGHT = 3.0  # the mean shape counts as much as a coefficient of 3
RIDGE = 2e-3  # metres per unit weight: spreads a joint over many vertices
DROPPED_BELOW = 1e-5
EXPRESSION_LIMIT_M = 1e-6  # vertices that an expression moves farther stay out


@dataclass(frozen=True)
class LinearBody:
    """vertices(β) = mean + directions · β and the joints that belong to it."""

    mean: Floats  # (V, 3)
    directions: Floats  # (V, 3, K)
    joints_mean: Floats  # (55, 3)
    joint_directions: Floats  # (55, 3, K)


def fit_joint_directions(mean: Floats, directions: Floats, vertices: Floats, joints: Floats) -> LinearBody:
    """Return the joints' own least-squares mean and directions over the samples (N, V, 3), (N, 55, 3)."""
    flat = directions.reshape(-1, directions.shape[-1])
    coefficients = (vertices.reshape(len(vertices), -1) - mean.ravel()) @ np.linalg.pinv(flat).T
    design = np.concatenate([np.ones((len(joints), 1)), coefficients], axis=1)
    solution = np.linalg.lstsq(design, joints.reshape(len(joints), -1), rcond=None)[0]
    return LinearBody(
        mean,
        directions,
        solution[0].reshape(-1, 3),
        np.transpose(solution[1:].reshape(-1, joints.shape[1], 3), (1, 2, 0)),
    )


def solve_regressor(
    body: LinearBody,
    expression_directions: Floats,
    mirror: Integers,
    mirror_joints: Integers,
    allowed: npt.NDArray[np.bool_],
) -> Floats:
    """Rows (55, V), non-negative, summing to 1; left and right are mirror images, the middle is symmetric.

    `allowed` (55, V) says which vertices a joint may use (the eyes: those of the eyeball).
    """
    still = np.abs(expression_directions).max(axis=(1, 2)) < EXPRESSION_LIMIT_M
    still &= still[mirror]
    regressor = np.zeros((len(SMPLX_JOINT_NAMES), len(body.mean)))
    for joint, name in enumerate(SMPLX_JOINT_NAMES):
        if name.startswith("right_"):
            continue
        usable = np.flatnonzero(still & allowed[joint])
        regressor[joint] = _solve_row(body, joint, usable)
        partner = mirror_joints[joint]
        if partner == joint:
            regressor[joint] = 0.5 * (regressor[joint] + regressor[joint][mirror])
        else:
            regressor[partner] = regressor[joint][mirror]
    return regressor


def _solve_row(body: LinearBody, joint: int, usable: Integers) -> Floats:
    chosen = _surrounding(body.mean, body.joints_mean[joint], usable)
    count = len(chosen)
    # Relative to the joint of the mean shape, so that the sum's small error does not move the joint.
    rows = [MEAN_WEIGHT * (body.mean[chosen] - body.joints_mean[joint]).T]
    rows += [body.directions[chosen, :, k].T for k in range(body.directions.shape[-1])]
    rows += [np.full((1, count), SUM_WEIGHT), RIDGE * np.eye(count)]
    targets = [np.zeros(3)] + [body.joint_directions[joint, :, k] for k in range(body.directions.shape[-1])]
    targets += [np.array([SUM_WEIGHT]), np.zeros(count)]
    solution = nnls(np.concatenate(rows), np.concatenate(targets), maxiter=20 * count)[0]
    solution[solution < DROPPED_BELOW] = 0.0
    row = np.zeros(len(body.mean))
    row[chosen] = solution / solution.sum()
    return row


def _surrounding(vertices: Floats, centre: Floats, usable: Integers) -> Integers:
    """Return the vertices nearest to `centre` on every side of it, so that it lies inside their hull."""
    offsets = vertices[usable] - centre
    distances = np.linalg.norm(offsets, axis=1)
    steps = np.arange(DIRECTION_COUNT)
    heights = 1.0 - 2.0 * (steps + 0.5) / DIRECTION_COUNT
    angles = steps * np.pi * (3.0 - np.sqrt(5.0))  # a Fibonacci sphere
    radii = np.sqrt(1.0 - heights**2)
    sides = np.stack([radii * np.cos(angles), heights, radii * np.sin(angles)], axis=1)
    side_of_vertex = np.argmax(offsets @ sides.T, axis=1)
    chosen = []
    for side in range(DIRECTION_COUNT):
        members = np.flatnonzero(side_of_vertex == side)
        chosen.append(members[np.argsort(distances[members])[:NEAREST_PER_DIRECTION]])
    return usable[np.sort(np.concatenate(chosen))]


def mirror_vertices(vertices: Floats) -> tuple[Integers, Floats]:
    """Counterpart (V,) of each vertex across x = 0 in a symmetric mesh, and the distance (V,) by which it misses."""
    distances, indices = KDTree(vertices).query(vertices * [-1.0, 1.0, 1.0])
    return np.asarray(indices), np.asarray(distances)
