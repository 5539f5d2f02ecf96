"""The vector that the optimiser moves: translation, joint rotations, shape and expression. Free of bpy.

One row of x holds translation (3, metres, camera frame), the rotation vectors of all J joints (3 each, the root
first) and the S = betas + expression coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace

_TRANSLATION = 3


@dataclass(frozen=True)
class ParameterLayout:
    """Where what lies in x, for a model of `joint_count` joints, `beta_count` betas and `expression_count` more."""

    joint_count: int
    beta_count: int
    expression_count: int

    @property
    def size(self) -> int:
        """Length N of one row of x."""
        return _TRANSLATION + 3 * self.joint_count + self.beta_count + self.expression_count

    @property
    def first_shape(self) -> int:
        """Where betas begin."""
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

    def translation(self, x: Array) -> Array:
        """(B, 3) of x (B, N)."""
        return x[:, :_TRANSLATION]

    def rotations(self, x: Array) -> Array:
        """(B, J, 3) of x (B, N)."""
        xp = array_namespace(x)
        return xp.reshape(x[:, _TRANSLATION : self.first_shape], (x.shape[0], self.joint_count, 3))

    def shape(self, x: Array) -> Array:
        """(B, S) of x (B, N)."""
        return x[:, self.first_shape :]


@dataclass(frozen=True, eq=False)
class FreeParameters:
    """Which columns of x a stage moves, and how they lie in its steps.

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
    def _place(self) -> NumpyArray:
        place = np.full(self.layout.size, -1)
        place[self.columns] = np.arange(len(self.columns))
        return place

    def step_index(self, columns: NumpyArray) -> NumpyArray:
        """Where some columns of x lie in a step; −1 for columns that are held."""
        return self._place[columns]

    @cached_property
    def joint_steps(self) -> NumpyArray:
        """(J, 3) where each joint's rotation lies in a step; −1 for joints that are held."""
        every = self.layout.joints(range(self.layout.joint_count))
        return self.step_index(every).reshape(-1, 3)

    @property
    def shape_count(self) -> int:
        """How many shape coefficients move; they are the last of a step."""
        return len(range(*self.shape.indices(self.layout.size - self.layout.first_shape)))


def with_short_root(layout: ParameterLayout, x: NumpyArray) -> NumpyArray:
    """x (B, N) with the same root rotations by vectors of at most π: steps stay far from the singular length 2π."""
    root = x[:, layout.root]
    angle = np.linalg.norm(root, axis=1, keepdims=True)
    turns = np.floor(angle / (2 * np.pi) + 0.5)
    found = x.copy()
    found[:, layout.root] = root * (1.0 - 2 * np.pi * turns / np.maximum(angle, 1.0))
    return found
