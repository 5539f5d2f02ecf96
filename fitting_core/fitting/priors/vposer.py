"""VPoser's decoder of 32 latent values to the rotations of the 21 body joints, with derivatives, on any array library.

The published network (Pavlakos et al., CVPR 2019): two hidden layers of 512 with leaky rectifiers, then six numbers a
joint, made into a rotation by Gram–Schmidt (Zhou et al., CVPR 2019). The weights are a user's own file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fitting_core.arrays import Array, ArrayMaker, array_namespace
from fitting_core.geometry.rotations import right_jacobian, vector_from_matrix

LATENT_SIZE = 32
HIDDEN_SIZE = 512
JOINT_COUNT = 21
OUTPUT_SIZE = 6 * JOINT_COUNT
# A direction shorter than this counts as this long, so that nothing is divided by zero.
_SHORTEST = 1e-12


@dataclass(frozen=True, eq=False)
class VPoserDecoder:
    """The decoder's weights, per layer (out, in), and biases (out,), on one array library. B elements below."""

    weights: tuple[Array, Array, Array]
    biases: tuple[Array, Array, Array]
    negative_slope: float  # of the leaky rectifiers: 0.2 in version 1, 0.01 in version 2
    version: Literal[1, 2]

    def on(self, make: ArrayMaker) -> VPoserDecoder:
        """Return the same decoder on another library, precision and device; for one whose arrays are NumPy's."""
        first, second, third = (make.floats(weight) for weight in self.weights)
        bias1, bias2, bias3 = (make.floats(bias) for bias in self.biases)
        return VPoserDecoder((first, second, third), (bias1, bias2, bias3), self.negative_slope, self.version)

    def decode(self, latent: Array) -> Array:
        """Rotation matrices (B, 21, 3, 3) of the body joints for latent values (B, 32)."""
        xp = array_namespace(latent)
        frame = _gram_schmidt(self._layers(latent)[2])
        return xp.stack([frame.first, frame.second, frame.third], axis=-1)

    def pose(self, latent: Array) -> Array:
        """Rotation vectors (B, 63) in radians: `body_pose` as SMPL-X has it."""
        xp = array_namespace(latent)
        return xp.reshape(vector_from_matrix(self.decode(latent)), (latent.shape[0], 3 * JOINT_COUNT))

    def pose_and_jacobian(self, latent: Array) -> tuple[Array, Array]:
        """Return the pose (B, 63) and its derivative with respect to the latent values (B, 63, 32)."""
        xp = array_namespace(latent)
        rotation, turned = self.decode_and_turns(latent)
        theta = vector_from_matrix(rotation)
        jacobian = xp.linalg.solve(right_jacobian(theta), turned)
        batch = latent.shape[0]
        return xp.reshape(theta, (batch, -1)), xp.reshape(jacobian, (batch, -1, LATENT_SIZE))

    def decode_and_turns(self, latent: Array) -> tuple[Array, Array]:
        """Return `decode`'s R (B, 21, 3, 3), and δ of R exp(δ) per change of the latent values (B, 21, 3, 32)."""
        xp = array_namespace(latent)
        first, second, output = self._layers(latent)
        slopes = _leaky_slope(first, self.negative_slope), _leaky_slope(second, self.negative_slope)
        through = xp.matmul(self.weights[1], slopes[0][..., None] * self.weights[0])
        through = xp.matmul(self.weights[2], slopes[1][..., None] * through)  # (B, 126, 32)
        frame = _gram_schmidt(output)
        turned = xp.matmul(frame.turns(), xp.reshape(through, (-1, JOINT_COUNT, 6, LATENT_SIZE)))
        return xp.stack([frame.first, frame.second, frame.third], axis=-1), turned

    def _layers(self, latent: Array) -> tuple[Array, Array, Array]:
        """Return the inputs of both rectifiers and the output: (B, 512), (B, 512), (B, 126)."""
        first = _linear(latent, self.weights[0], self.biases[0])
        second = _linear(_leaky(first, self.negative_slope), self.weights[1], self.biases[1])
        return first, second, _linear(_leaky(second, self.negative_slope), self.weights[2], self.biases[2])


def _linear(values: Array, weight: Array, bias: Array) -> Array:
    xp = array_namespace(values)
    return xp.matmul(values, xp.matrix_transpose(weight)) + bias


def _leaky(values: Array, slope: float) -> Array:
    xp = array_namespace(values)
    return xp.where(values > 0, values, slope * values)


def _leaky_slope(values: Array, slope: float) -> Array:
    """Return the derivative of `_leaky`, in the precision of `values`."""
    xp = array_namespace(values)
    one = xp.ones_like(values)
    return xp.where(values > 0, one, slope * one)


@dataclass(frozen=True, eq=False)
class _Frames:
    """Orthonormal columns (B, 21, 3) made of two directions, and what their derivative needs."""

    first: Array
    second: Array
    third: Array
    first_length: Array  # (B, 21, 1) of the first direction
    along: Array  # (B, 21, 1) of the second direction, along the first column
    second_length: Array  # (B, 21, 1) of what is left of the second direction

    def turns(self) -> Array:
        """δ of R exp(δ) per change of the output: (B, 21, 3, 6), the six in the order (row, direction)."""
        xp = array_namespace(self.first)
        per_first = self.third / self.first_length
        zero = xp.zeros_like(per_first)
        about_x = xp.stack(
            [-self.along / self.second_length * per_first, self.third / self.second_length], axis=-1
        )
        about_y = xp.stack([-per_first, zero], axis=-1)
        about_z = xp.stack([self.second / self.first_length, zero], axis=-1)
        turns = xp.stack([about_x, about_y, about_z], axis=-3)  # (B, 21, 3, 3 rows, 2 directions)
        return xp.reshape(turns, (*turns.shape[:-2], 6))


def _gram_schmidt(output: Array) -> _Frames:
    """Make frames of the network's output (B, 126), viewed as (21, 3, 2): two directions a joint."""
    xp = array_namespace(output)
    pairs = xp.reshape(output, (output.shape[0], JOINT_COUNT, 3, 2))
    first_direction, second_direction = pairs[..., 0], pairs[..., 1]
    first_length = _length(first_direction)
    first = first_direction / first_length
    along = xp.sum(first * second_direction, axis=-1, keepdims=True)
    left = second_direction - along * first
    second_length = _length(left)
    second = left / second_length
    third = xp.linalg.cross(first, second, axis=-1)
    return _Frames(first, second, third, first_length, along, second_length)


def _length(vector: Array) -> Array:
    xp = array_namespace(vector)
    return xp.clip(xp.sqrt(xp.sum(vector * vector, axis=-1, keepdims=True)), _SHORTEST, None)
