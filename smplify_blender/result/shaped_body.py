"""Rest surface, rest joints and posed joints of a body with a person's coefficients.

All in metres; rest positions in the body frame, posed joints in the camera frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .result_folder import Body, Person
from .rotations import Array, matrix_from_rotation_vector


@dataclass(frozen=True)
class ShapedBody:
    """The rest surface (V, 3) and the rest joints (J, 3) of one person's shape, body frame."""

    vertices: Array
    joints: Array


def shaped_body(body: Body, person: Person) -> ShapedBody:
    """Return the rest surface and the rest joints of `person`; pose correctives not included."""
    return body_of_shape(body, person.betas.astype(np.float64), person.expression.astype(np.float64))


def body_of_shape(body: Body, betas: Array, expression: Array) -> ShapedBody:
    """Return the rest surface x = v̄ + S β + E ψ and the rest joints J = J̄ + S_J β + E_J ψ."""
    return ShapedBody(
        vertices=body.v_template + body.shape_directions @ betas + body.expression_directions @ expression,
        joints=body.joints_template
        + body.joint_shape_directions @ betas
        + body.joint_expression_directions @ expression,
    )


def joint_rotations(body: Body, person: Person) -> Array:
    """Rotation matrices (J, 3, 3) of the joints in the order of `body.joint_names`; those without a pose stay
    at rest.
    """
    return np.stack(
        [
            matrix_from_rotation_vector(person.rotations[name]) if name in person.rotations else np.eye(3)
            for name in body.joint_names
        ]
    )


def posed_joints(body: Body, person: Person, shaped: ShapedBody) -> Array:
    """Joints (J, 3) in the camera frame: P_j = P_p + G_p (J_j − J_p), G_j = G_p R_j; the root stays at J_0 +
    transl.
    """
    rotations = joint_rotations(body, person)
    positions = np.zeros_like(shaped.joints)
    for joint, parent in enumerate(body.parents):
        if parent < 0:
            positions[joint] = shaped.joints[joint] + person.transl
            continue
        positions[joint] = positions[parent] + rotations[parent] @ (
            shaped.joints[joint] - shaped.joints[parent]
        )
        rotations[joint] = rotations[parent] @ rotations[joint]
    return positions


def posed_vertices(body: Body, person: Person, shaped: ShapedBody) -> Array:
    """Return the surface (V, 3) in the camera frame: linear blend skinning of the rest surface and the pose's offsets."""
    rest = shaped.vertices if person.pose_offsets is None else shaped.vertices + person.pose_offsets
    turns = joint_rotations(body, person)
    for joint, parent in enumerate(body.parents):
        if parent >= 0:
            turns[joint] = turns[parent] @ turns[joint]
    moves = posed_joints(body, person, shaped) - np.einsum("jab,jb->ja", turns, shaped.joints)
    blended = np.tensordot(body.weights.astype(np.float64), turns, axes=1)
    positions: Array = np.einsum("vab,vb->va", blended, rest) + body.weights @ moves
    return positions
