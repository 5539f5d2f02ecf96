"""Poses for the frames between those that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.geometry.rotations import matrix_from_vector, nearest_rotation, vector_from_matrix

if TYPE_CHECKING:
    from jaxtyping import Float, Int


def bridged(
    layout: ParameterLayout,
    x: Float[NumpyArray, "known columns"],
    frames: Int[NumpyArray, " known"],
    count: int,
) -> Float[NumpyArray, "frames columns"]:
    """Return all `count` frames: those of `frames` as they are, the others on straight lines between their neighbours.

    Rotations are mixed as matrices and made rotations again, so that no joint turns the long way round.
    """
    whole = np.empty((count, x.shape[1]))
    whole[frames] = x
    missing = np.setdiff1d(np.arange(count), frames)
    if not len(missing):
        return whole
    after = np.clip(np.searchsorted(frames, missing), 1, len(frames) - 1) if len(frames) > 1 else None
    if after is None:
        whole[missing] = x[0]
        return whole
    before = after - 1
    share = np.clip((missing - frames[before]) / (frames[after] - frames[before]), 0.0, 1.0)[:, None]
    whole[missing] = (1.0 - share) * x[before] + share * x[after]
    first, second = (matrix_from_vector(layout.rotations(x[places])) for places in (before, after))
    mixed = (1.0 - share[..., None, None]) * first + share[..., None, None] * second
    turns = vector_from_matrix(nearest_rotation(mixed))
    whole[np.ix_(missing, np.arange(3, layout.first_shape))] = turns.reshape(len(missing), -1)
    return whole
