"""Limbs put where they shall be: two bones that reach for a place or are folded, and feet that stand flat.

Body frame at rest: metres, y up, z forward, x to the body's left. The T-pose's arms lie along ±x and bend about y.
"""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, joint_transforms
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

_LONGEST_REACH = 0.995  # of the straight arm


def reach(body: BodyModel, rotations: NumpyArray, side: str, place: NumpyArray, elbow: NumpyArray) -> None:
    """Turn a shoulder and an elbow in `rotations` (55, 3) so that the wrist comes to `place`, the elbow towards `elbow`.

    `place` (3,) is in the frame of the posed body, `elbow` (3,) a direction in it; a place out of reach is pointed at.
    """
    shoulder, middle, wrist = (joint_index(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
    rest = body.joints_template
    upper = float(np.linalg.norm(rest[middle] - rest[shoulder]))
    lower = float(np.linalg.norm(rest[wrist] - rest[middle]))
    world, places = joint_transforms(body, rotations, rest)
    way = place - places[shoulder]
    distance = float(np.clip(np.linalg.norm(way), abs(upper - lower) * 1.2, _LONGEST_REACH * (upper + lower)))
    along = way / np.linalg.norm(way)
    aside = elbow - (elbow @ along) * along
    aside = aside / np.linalg.norm(aside)
    share = (upper**2 - lower**2 + distance**2) / (2.0 * distance)
    bend = share * along + np.sqrt(max(upper**2 - share**2, 0.0)) * aside
    first = bend / np.linalg.norm(bend)
    second = (distance * along - bend) / np.linalg.norm(distance * along - bend)
    outward = 1.0 if side == "left" else -1.0
    forward = second - (second @ first) * first
    forward = forward / np.linalg.norm(forward)
    x = outward * first
    arm = np.stack([x, np.cross(forward, x), forward], axis=1)
    collar = world[joint_index(f"{side}_collar")]
    rotations[shoulder] = vector_from_matrix(collar.T @ arm)
    rotations[middle] = [0.0, -outward * np.arccos(np.clip(first @ second, -1.0, 1.0)), 0.0]


def flatten_feet(body: BodyModel, rotations: NumpyArray, sides: tuple[str, ...] = ("left", "right")) -> None:
    """Turn the ankles in `rotations` (55, 3) so that the soles lie level, the toes where the shins point them."""
    world, _ = joint_transforms(body, rotations, body.joints_template)
    for side in sides:
        shin, ankle = world[joint_index(f"{side}_knee")], joint_index(f"{side}_ankle")
        toes = shin @ np.array([0.0, 0.0, 1.0])
        heading = np.arctan2(toes[0], toes[2])
        flat = matrix_from_vector(np.array([0.0, heading, 0.0]))
        rotations[ankle] = vector_from_matrix(shin.T @ flat)


def fold_leg(rotations: NumpyArray, side: str, thigh: NumpyArray, shin: NumpyArray) -> None:
    """Turn a hip and a knee in `rotations` (55, 3) so that thigh and shin point along two directions (3,) of the pelvis."""
    down = thigh / np.linalg.norm(thigh)
    lower = shin / np.linalg.norm(shin)
    forward = (lower @ down) * down - lower
    forward = forward / np.linalg.norm(forward)
    leg = np.stack([np.cross(-down, forward), -down, forward], axis=1)
    rotations[joint_index(f"{side}_hip")] = vector_from_matrix(leg)
    rotations[joint_index(f"{side}_knee")] = [np.arccos(np.clip(down @ lower, -1.0, 1.0)), 0.0, 0.0]
