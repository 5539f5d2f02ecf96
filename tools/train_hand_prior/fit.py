# pyright: basic
"""Fit the joint rotations of the open body's hand to tracked hands: batched damped least squares.

Unknowns of one hand: flexion, abduction and twist of 15 joints, and the rigid motion of the palm. Residuals: the
21 points in millimetres, limits overstepped, and a weak pull to rest on what no point shows (twist).
"""

from dataclasses import dataclass

import numpy as np

from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from tools.train_hand_prior.skeleton import FINGERS, OPENPOSE_FIRST_POINT, HandSkeleton
from tools.train_pose_prior.mocap import Array

ANGLES = 45
LIMIT_WEIGHT = 60.0
"""Millimetres per radian beyond a limit: a tenth of a radian counts like an error of 6 mm."""
REST_WEIGHT = np.array([0.4, 1.5, 4.0])
"""Millimetres per radian of flexion, abduction, twist."""
ROUNDS = 40
_STEP = 1e-5


@dataclass(frozen=True)
class FittedHands:
    """`angles (N,5,3,3)` in radians about the anatomical axes; `rotation (N,3,3)`, `shift (N,3)` of the palm in
    millimetres; `points (N,21,3)` fitted and `residual_mm (N)`: the mean distance to the data."""

    angles: Array
    rotation: Array
    shift: Array
    points: Array
    residual_mm: Array


def hand_points(skeleton: HandSkeleton, angles: Array) -> Array:
    """Return the 21 points (N,21,3) in OpenPose's order, in the skeleton's frame and unit, for angles (N,5,3,3)."""
    points = np.empty((len(angles), 21, 3))
    points[:, 0] = skeleton.wrist
    vectors = np.einsum("fjak,nfja->nfjk", skeleton.axes, angles)
    turns = matrix_from_vector(vectors)
    for finger, name in enumerate(FINGERS):
        first = OPENPOSE_FIRST_POINT[name]
        place = np.broadcast_to(skeleton.bones[finger, 0], (len(angles), 3))
        world = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
        points[:, first] = place
        for joint in range(3):
            world = world @ turns[:, finger, joint]
            place = place + world @ (skeleton.bones[finger, joint + 1] - skeleton.bones[finger, joint])
            points[:, first + joint + 1] = place
    return points


def skeleton_like(skeleton: HandSkeleton, data_mm: Array) -> HandSkeleton:
    """Give the skeleton the palm and the bone lengths (millimetres) of tracked left hands (N,21,3) of one person.

    The palm is the mean over the poses, aligned to the skeleton's; directions of the bones stay the skeleton's.
    A wrist that the tracker does not give (NaN) stays where the skeleton has it.
    """
    first = np.array([OPENPOSE_FIRST_POINT[name] for name in FINGERS])
    chains = data_mm[:, first[:, None] + np.arange(4)]
    lengths = np.median(np.linalg.norm(np.diff(chains, axis=2), axis=3), axis=0)
    palm_points = np.concatenate([first[:4], first[4:], [0]])
    own = np.concatenate([skeleton.bones[:, 0], skeleton.wrist[None]]) * 1000.0
    known = ~np.isnan(data_mm[0, palm_points, 0])
    aligned = [_aligned(hand[palm_points][known], own[known]) for hand in data_mm]
    own[known] = np.mean(aligned, axis=0)
    return skeleton.with_points(own[:5], lengths).moved_wrist(own[5])


def fit_hands(skeleton: HandSkeleton, data_mm: Array) -> FittedHands:
    """Fit left hands (N,21,3), millimetres, NaN where unknown, to a skeleton in millimetres."""
    known = ~np.isnan(data_mm[..., :1])
    data = np.where(known, data_mm, 0.0)
    rotation, shift = _first_placement(skeleton, data, known)
    unknowns = np.zeros((len(data), ANGLES + 6))
    unknowns[:, ANGLES : ANGLES + 3] = vector_from_matrix(rotation)
    unknowns[:, ANGLES + 3 :] = shift / 100.0
    damping = np.full(len(data), 1.0)
    residual = _residuals(skeleton, unknowns, data, known)
    for _ in range(ROUNDS):
        jacobian = _jacobian(skeleton, unknowns, data, known, residual)
        normal = np.swapaxes(jacobian, 1, 2) @ jacobian
        gradient = np.einsum("nmp,nm->np", jacobian, residual)
        step = np.linalg.solve(normal + damping[:, None, None] * np.eye(ANGLES + 6), gradient[..., None])
        trial = unknowns - step[..., 0]
        trial_residual = _residuals(skeleton, trial, data, known)
        better = (trial_residual**2).sum(axis=1) < (residual**2).sum(axis=1)
        unknowns = np.where(better[:, None], trial, unknowns)
        residual = np.where(better[:, None], trial_residual, residual)
        damping = np.clip(np.where(better, damping * 0.4, damping * 4.0), 1e-4, 1e8)
    return _fitted(skeleton, unknowns, data, known)


def _fitted(skeleton: HandSkeleton, unknowns: Array, data: Array, known: Array) -> FittedHands:
    points = _placed_points(skeleton, unknowns)
    distance = np.linalg.norm(points - data, axis=2) * known[..., 0]
    return FittedHands(
        unknowns[:, :ANGLES].reshape(-1, 5, 3, 3),
        matrix_from_vector(unknowns[:, ANGLES : ANGLES + 3]),
        unknowns[:, ANGLES + 3 :] * 100.0,
        points,
        distance.sum(axis=1) / known.sum(axis=(1, 2)),
    )


def _placed_points(skeleton: HandSkeleton, unknowns: Array) -> Array:
    points = hand_points(skeleton, unknowns[:, :ANGLES].reshape(-1, 5, 3, 3)) - skeleton.wrist
    rotation = matrix_from_vector(unknowns[:, ANGLES : ANGLES + 3])
    return points @ np.swapaxes(rotation, 1, 2) + 100.0 * unknowns[:, None, ANGLES + 3 :]


def _residuals(skeleton: HandSkeleton, unknowns: Array, data: Array, known: Array) -> Array:
    angles = unknowns[:, :ANGLES].reshape(-1, 5, 3, 3)
    apart = (_placed_points(skeleton, unknowns) - data) * known
    beyond = np.maximum(angles - skeleton.upper, 0.0) + np.minimum(angles - skeleton.lower, 0.0)
    parts = (apart, LIMIT_WEIGHT * beyond, REST_WEIGHT * angles)
    return np.concatenate([part.reshape(len(unknowns), -1) for part in parts], axis=1)


def _jacobian(skeleton: HandSkeleton, unknowns: Array, data: Array, known: Array, residual: Array) -> Array:
    """Forward differences, one unknown at a time for all hands at once, shape (N, residuals, unknowns)."""
    columns: list[Array] = []
    for index in range(unknowns.shape[1]):
        moved = unknowns.copy()
        moved[:, index] += _STEP
        columns.append((_residuals(skeleton, moved, data, known) - residual) / _STEP)
    return np.stack(columns, axis=2)


def _first_placement(skeleton: HandSkeleton, data: Array, known: Array) -> tuple[Array, Array]:
    """Rotation (N,3,3) and place of the wrist (N,3) that lay the resting palm on the data's."""
    first = np.array([0, *OPENPOSE_FIRST_POINT.values()])
    rest = hand_points(skeleton, np.zeros((1, 5, 3, 3)))[0, first] - skeleton.wrist
    rotations, shifts = [], []
    for hand, seen in zip(data[:, first], known[:, first, 0], strict=True):
        rotation, shift = _rigid(rest[seen], hand[seen])
        rotations.append(rotation)
        shifts.append(shift)
    return np.stack(rotations), np.stack(shifts)


def _rigid(source: Array, target: Array) -> tuple[Array, Array]:
    """Return the rotation and shift that carry points onto points with least squares (Kabsch 1976)."""
    left, _, right = np.linalg.svd((target - target.mean(axis=0)).T @ (source - source.mean(axis=0)))
    turn = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return turn, target.mean(axis=0) - turn @ source.mean(axis=0)


def _aligned(points: Array, target: Array) -> Array:
    turn, shift = _rigid(points, target)
    return points @ turn.T + shift
