"""New starts from found poses: the same with straight knees, which a fit that has bent them does not find back to.

A knee bent by f turns the shin back by f; with half of it taken out of the hip and half out of the ankle, the straight leg
keeps the direction from hip to ankle, and the foot its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import joint_index

from ..parameters import ParameterLayout

if TYPE_CHECKING:
    from jaxtyping import Float


def with_straight_knees(
    layout: ParameterLayout, x: Float[NumpyArray, "batch columns"], subject_count: int
) -> Float[NumpyArray, "more columns"]:
    """Follow the starts of each subject by as many with straight knees: (subjects × 2 starts, N)."""
    straight = x.copy()
    for side in ("left", "right"):
        hip, knee, ankle = (
            layout.joints([joint_index(f"{side}_{name}")]) for name in ("hip", "knee", "ankle")
        )
        flexion = x[:, knee[0]]
        straight[:, knee] = 0.0
        straight[:, hip[0]] += 0.5 * flexion
        straight[:, ankle[0]] += 0.5 * flexion
    both = [rows.reshape(subject_count, -1, layout.size) for rows in (x, straight)]
    return np.concatenate(both, axis=1).reshape(-1, layout.size)
