"""The yaw of a head relative to the camera, which decides the part of the face that is its outline."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import HEAD
from fitting_core.geometry.rotations import matrix_from_vector


def head_yaw(parents: tuple[int, ...], rotations: NumpyArray) -> NumpyArray:
    """Yaw (B,) in radians of the head relative to the camera for rotation vectors (B, J, 3); 0 = facing it.

    Positive when the nose points to the camera's right (+x). The body's own sense of turning left, seen from the
    front, as a positive rotation about y: it is what SMPL-X calls yaw along the chain of joints.
    """
    chain = [HEAD]
    while parents[chain[-1]] >= 0:
        chain.append(parents[chain[-1]])
    matrices = matrix_from_vector(rotations[:, chain])
    world = matrices[:, 0]
    for place in range(1, len(chain)):
        world = matrices[:, place] @ world
    forward = world[:, :, 2]
    return np.arctan2(forward[:, 0], -forward[:, 2])
