"""Rotation vectors and rotation matrices, each from the other, and their derivatives, on any array namespace.

A rotation vector θ has the rotation axis as its direction and the angle in radians as its length. All
functions take arrays with any leading (batch) shape. Formulas: Solà, Deray, Atchuthan, "A micro Lie theory
for state estimation in robotics", 2018 (arXiv 1812.01537), appendix B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, device_of

if TYPE_CHECKING:
    from jaxtyping import Float

# Below this squared angle the closed forms lose digits; three Taylor terms are exact to 1e-9 there.
_SMALL_ANGLE_SQUARED = 0.01


def _coefficients(theta: Array) -> tuple[Array, Array, Array]:
    """Return sin φ/φ, (1 − cos φ)/φ² and (φ − sin φ)/φ³ for φ = ‖θ‖, each of shape (…, 1)."""
    xp = array_namespace(theta)
    squared = xp.sum(theta * theta, axis=-1, keepdims=True)
    small = squared < _SMALL_ANGLE_SQUARED
    safe = xp.where(small, xp.ones_like(squared), squared)
    angle = xp.sqrt(safe)
    sine = xp.sin(angle)
    first = xp.where(small, 1.0 - squared / 6.0 * (1.0 - squared / 20.0), sine / angle)
    half_sine = xp.sin(0.5 * angle)  # 1 − cos φ = 2 sin²(φ/2), without cancellation
    second = xp.where(
        small, 0.5 * (1.0 - squared / 12.0 * (1.0 - squared / 30.0)), 2.0 * half_sine * half_sine / safe
    )
    third = xp.where(
        small, (1.0 - squared / 20.0 * (1.0 - squared / 42.0)) / 6.0, (angle - sine) / (safe * angle)
    )
    return first, second, third


def skew(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """[v]ₓ of shape (…, 3, 3), so that [v]ₓ w = v × w."""
    xp = array_namespace(vector)
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    zero = xp.zeros_like(x)
    rows = xp.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    return xp.reshape(rows, (*vector.shape[:-1], 3, 3))


def _identity_plus(theta: Array, linear: Array, quadratic: Array) -> Array:
    """I + linear·[θ]ₓ + quadratic·[θ]ₓ², with [θ]ₓ² = θθᵀ − ‖θ‖² I."""
    xp = array_namespace(theta)
    outer = theta[..., :, None] * theta[..., None, :]
    squared = xp.sum(theta * theta, axis=-1, keepdims=True)
    identity = xp.eye(3, dtype=theta.dtype, device=device_of(theta))
    diagonal = (1.0 - quadratic * squared)[..., None] * identity
    return diagonal + linear[..., None] * skew(theta) + quadratic[..., None] * outer


def matrix_from_vector(theta: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Turn rotation vectors, radians, into rotation matrices: exp (Rodrigues)."""
    first, second, _ = _coefficients(theta)
    return _identity_plus(theta, first, second)


def right_jacobian(theta: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """J_r (…, 3, 3): exp(θ + dθ) = exp(θ) exp(J_r(θ) dθ) to first order."""
    _, second, third = _coefficients(theta)
    return _identity_plus(theta, -second, third)


def matrix_and_right_jacobian(
    theta: Float[Array, "*batch 3"],
) -> tuple[Float[Array, "*batch 3 3"], Float[Array, "*batch 3 3"]]:
    """Return `matrix_from_vector` and `right_jacobian` of the same vectors, for half the price of both."""
    xp = array_namespace(theta)
    first, second, third = _coefficients(theta)
    squared = xp.sum(theta * theta, axis=-1, keepdims=True)
    identity = xp.eye(3, dtype=theta.dtype, device=device_of(theta))
    outer, turn = theta[..., :, None] * theta[..., None, :], skew(theta)
    first, second, third, squared = first[..., None], second[..., None], third[..., None], squared[..., None]
    matrix = (1.0 - second * squared) * identity + first * turn + second * outer
    jacobian = (1.0 - third * squared) * identity - second * turn + third * outer
    return matrix, jacobian


def vector_from_matrix(rotation: Float[Array, "*batch 3 3"]) -> Float[Array, "*batch 3"]:
    """Turn rotation matrices into rotation vectors of length at most π: log.

    Goes through the unit quaternion with the largest component as pivot, which is exact near 0 and near π.
    """
    xp = array_namespace(rotation)
    m00, m11, m22 = rotation[..., 0, 0], rotation[..., 1, 1], rotation[..., 2, 2]
    trace = m00 + m11 + m22
    # The four columns of 4 q qᵀ, each proportional to (w, x, y, z).
    d_x = rotation[..., 2, 1] - rotation[..., 1, 2]
    d_y = rotation[..., 0, 2] - rotation[..., 2, 0]
    d_z = rotation[..., 1, 0] - rotation[..., 0, 1]
    s_xy = rotation[..., 0, 1] + rotation[..., 1, 0]
    s_xz = rotation[..., 0, 2] + rotation[..., 2, 0]
    s_yz = rotation[..., 1, 2] + rotation[..., 2, 1]
    columns = xp.stack(
        [
            xp.stack([1.0 + trace, d_x, d_y, d_z], axis=-1),
            xp.stack([d_x, 1.0 + m00 - m11 - m22, s_xy, s_xz], axis=-1),
            xp.stack([d_y, s_xy, 1.0 - m00 + m11 - m22, s_yz], axis=-1),
            xp.stack([d_z, s_xz, s_yz, 1.0 - m00 - m11 + m22], axis=-1),
        ],
        axis=-2,
    )
    norms = xp.sum(columns * columns, axis=-1)
    pivot = xp.argmax(norms, axis=-1)
    chosen = columns[..., 0, :]
    for index in (1, 2, 3):
        chosen = xp.where((pivot == index)[..., None], columns[..., index, :], chosen)
    quaternion = chosen / xp.sqrt(xp.sum(chosen * chosen, axis=-1, keepdims=True))
    quaternion = xp.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    imaginary = quaternion[..., 1:]
    sine = xp.sqrt(xp.sum(imaginary * imaginary, axis=-1, keepdims=True))
    small = sine < 1e-6
    safe = xp.where(small, xp.ones_like(sine), sine)
    scale = xp.where(small, 2.0 * xp.ones_like(sine), 2.0 * xp.atan2(sine, quaternion[..., :1]) / safe)
    return scale * imaginary


def nearest_rotation(matrix: Float[Array, "*batch 3 3"]) -> Float[Array, "*batch 3 3"]:
    """Return the rotation nearest to a matrix in the sum of squares: U diag(1, 1, ±1) Vᵀ of its singular vectors."""
    xp = array_namespace(matrix)
    left, _, right = xp.linalg.svd(matrix)
    sign = xp.sign(xp.linalg.det(xp.matmul(left, right)))
    ones = xp.ones_like(sign)
    return xp.matmul(left * xp.stack([ones, ones, sign], axis=-1)[..., None, :], right)


def compose_vectors(first: Float[Array, "... 3"], second: Float[Array, "... 3"]) -> Float[Array, "... 3"]:
    """Rotation vector of exp(first) exp(second); shapes (…, 3)."""
    xp = array_namespace(first)
    return vector_from_matrix(xp.matmul(matrix_from_vector(first), matrix_from_vector(second)))
