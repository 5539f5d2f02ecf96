"""The vector that the optimiser moves: translation, joint rotations, shape and expression.

One row of x holds translation (3, metres, camera frame), the rotation vectors of all J joints (3 each, the root
first) and the S = betas + expression coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace

from .stages import LARGEST_COEFFICIENT

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_TRANSLATION = 3


@dataclass(frozen=True)
class ParameterLayout:
    """Column layout of x, for a model of `joint_count` joints, `beta_count` betas and `expression_count` more."""

    joint_count: int
    beta_count: int
    expression_count: int

    @property
    def size(self) -> int:
        """Length N of one row of x."""
        return _TRANSLATION + 3 * self.joint_count + self.beta_count + self.expression_count

    @property
    def first_shape(self) -> int:
        """First column of the betas."""
        return _TRANSLATION + 3 * self.joint_count

    @property
    def root(self) -> slice:
        """The rotation of the root."""
        return slice(_TRANSLATION, _TRANSLATION + 3)

    def joints(self, joints: Sequence[int] | slice) -> NumpyArray:
        """Columns of some joints' rotation vectors."""
        indices = range(*joints.indices(self.joint_count)) if isinstance(joints, slice) else joints
        return np.array(
            [_TRANSLATION + 3 * joint + axis for joint in indices for axis in range(3)], dtype=np.int64
        )

    def betas(self) -> NumpyArray:
        """Columns of the shape coefficients."""
        return np.arange(self.first_shape, self.first_shape + self.beta_count)

    def expression(self) -> NumpyArray:
        """Columns of the expression coefficients."""
        return np.arange(self.first_shape + self.beta_count, self.size)

    def translation(self, x: Float[Array, "batch columns"]) -> Float[Array, "batch 3"]:
        """Translation in metres."""
        return x[:, :_TRANSLATION]

    def rotations(self, x: Float[Array, "batch columns"]) -> Float[Array, "batch joints 3"]:
        """Rotation vectors of all joints, radians."""
        xp = array_namespace(x)
        return xp.reshape(x[:, _TRANSLATION : self.first_shape], (x.shape[0], self.joint_count, 3))

    def shape_coefficients(self, x: Float[Array, "batch columns"]) -> Float[Array, "batch shape"]:
        """Betas and expression."""
        return x[:, self.first_shape :]


@dataclass(frozen=True, eq=False)
class FreeParameters:
    """The columns of x that a stage moves, and their order in its steps.

    A step holds translation (3), the free joints' rotations (the root first, if free), then a slice of the shape.
    """

    layout: ParameterLayout
    moving_joints: NumpyArray  # (J,) bool
    shape: slice  # of the S coefficients; empty when shape is held

    @cached_property
    def columns(self) -> NumpyArray:
        """(D,) columns of x, in the order of a step."""
        joints = self.layout.joints([int(joint) for joint in np.nonzero(self.moving_joints)[0]])
        shape = np.arange(self.layout.first_shape, self.layout.size)[self.shape]
        return np.concatenate([np.arange(_TRANSLATION), joints, shape])

    @cached_property
    def _step_of_column(self) -> NumpyArray:
        step_of_column = np.full(self.layout.size, -1)
        step_of_column[self.columns] = np.arange(len(self.columns))
        return step_of_column

    def step_index(self, columns: Int[NumpyArray, " some"]) -> Int[NumpyArray, " some"]:
        """Place of some columns of x in a step; −1 for columns that are held."""
        return self._step_of_column[columns]

    @property
    def shape_count(self) -> int:
        """Number of shape coefficients that move; they are the last of a step."""
        return self.shape_columns.stop - self.shape_columns.start

    @cached_property
    def shape_columns(self) -> slice:
        """Columns of x of the shape coefficients that move."""
        moving = range(self.layout.first_shape, self.layout.size)[self.shape]
        return slice(moving.start, moving.stop)


def ready_to_start(
    layout: ParameterLayout, x: Float[NumpyArray, "batch columns"]
) -> Float[NumpyArray, "batch columns"]:
    """Return starts x as an optimiser wants them.

    Root rotations are written as vectors of at most π, so that steps stay far from the singular length 2π, and the shape
    coefficients are brought within the limits that a fit keeps them in.
    """
    ready = x.copy()
    root = x[:, layout.root]
    angle = np.linalg.norm(root, axis=1, keepdims=True)
    turns = np.floor(angle / (2 * np.pi) + 0.5)
    ready[:, layout.root] = root * (1.0 - 2 * np.pi * turns / np.maximum(angle, 1.0))
    shape = ready[:, layout.first_shape :]
    np.clip(shape, -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT, out=shape)
    return ready
