"""Hand pose mean and components (45 + 45 × 45 a hand): from the trained hand prior, or built from synergies when there is none.

The construction without a prior, stated: the mean hand is a relaxed one, every finger joint a little flexed. The rows of the
components are an orthonormal basis of the 45 joint angles that starts with the fist (all fingers flex together, the last
joint two thirds as far), then flexion of each finger, of each row of joints, spread, and the thumb's opposition; what is left
follows in any order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_FINGERS = ("index", "middle", "pinky", "ring", "thumb")  # SMPL-X's order
# Rotation axes of the left hand in the T-pose, palm down, fingers along +x: flexing turns the tips from +x to −y.
FLEXION = np.array([0.0, 0.0, -1.0])
SPREAD = np.array([0.0, 1.0, 0.0])
# The thumb bends towards the palm about an axis across its own direction; opposition swings it under the palm.
THUMB_FLEXION = np.array([0.35, 0.80, -0.48])
THUMB_OPPOSITION = np.array([0.80, 0.10, -0.60])
RELAXED_DEG = (18.0, 22.0, 14.0)  # flexion of the three joints of a relaxed finger
RELAXED_THUMB_DEG = (6.0, 8.0, 10.0)
JOINT_SHARES = (1.0, 1.0, 0.66)  # the last joint follows two thirds of the way (Rijpkema and Girard 1991)


def hand_statistics(prior_file: Path) -> dict[str, Floats]:
    """Return `hands_meanl/r` (45,) and `hands_componentsl/r` (45, 45) from the prior, or constructed."""
    if prior_file.exists():
        with np.load(prior_file, allow_pickle=False) as prior:
            return {
                f"{name}{side[0]}": prior[f"{key}_{side}"].astype(np.float64)
                for side in ("left", "right")
                for name, key in (("hands_mean", "mean"), ("hands_components", "components"))
            }
    mean, components = _relaxed_mean(), _synergies()
    signs = np.tile([1.0, -1.0, -1.0], 15)  # a rotation vector mirrored across x = 0
    return {
        "hands_meanl": mean,
        "hands_meanr": mean * signs,
        "hands_componentsl": components,
        "hands_componentsr": components * signs,
    }


def _relaxed_mean() -> Floats:
    pose = np.zeros((5, 3, 3))
    for finger, name in enumerate(_FINGERS):
        degrees = RELAXED_THUMB_DEG if name == "thumb" else RELAXED_DEG
        axis = THUMB_FLEXION / np.linalg.norm(THUMB_FLEXION) if name == "thumb" else FLEXION
        pose[finger] = np.radians(degrees)[:, None] * axis
    return pose.ravel()


def _synergies() -> Floats:
    rows: list[Floats] = []

    def row(parts: dict[str, tuple[tuple[float, float, float], Floats]]) -> None:
        pose = np.zeros((5, 3, 3))
        for name, (shares, axis) in parts.items():
            pose[_FINGERS.index(name)] = np.array(shares)[:, None] * axis
        rows.append(pose.ravel())

    four = _FINGERS[:4]
    row(dict.fromkeys(four, (JOINT_SHARES, FLEXION)))
    row({"thumb": ((1.0, 0.0, 0.0), THUMB_OPPOSITION)})
    row({"thumb": ((0.3, 1.0, 1.0), THUMB_FLEXION)})
    row({"index": (JOINT_SHARES, FLEXION)})
    row(dict.fromkeys(four, ((1.0, -0.8, -0.5), FLEXION)))
    row({"pinky": (JOINT_SHARES, FLEXION)})
    row(
        {
            "index": ((1.0, 0.0, 0.0), SPREAD),
            "ring": ((-0.5, 0.0, 0.0), SPREAD),
            "pinky": ((-1.0, 0.0, 0.0), SPREAD),
        }
    )
    row({"middle": (JOINT_SHARES, FLEXION)})
    row({"thumb": ((1.0, 0.0, 0.0), SPREAD)})
    for name in four:
        row({name: ((1.0, 0.0, 0.0), SPREAD)})
    for name in four:
        row({name: ((1.0, 0.0, 0.0), FLEXION)})
        row({name: ((0.0, 1.0, 0.0), FLEXION)})
    candidates = np.concatenate([np.array(rows), np.eye(45)])
    basis: list[Floats] = []
    for candidate in candidates:
        rest = candidate - sum((direction * (direction @ candidate) for direction in basis), np.zeros(45))
        length = np.linalg.norm(rest)
        if length > 1e-6 * max(1.0, float(np.linalg.norm(candidate))) and len(basis) < 45:
            basis.append(rest / length)
    return np.array(basis)
