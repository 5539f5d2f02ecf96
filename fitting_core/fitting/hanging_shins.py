"""Lets the shins of somebody hang whose legs are cut off at the knees: a straight knee would shoot a seated leg at the camera.

The knee's flexion is the angle that turns the shin from the thigh's direction towards the lower edge of the picture, about the
knee's own axis (x). A standing leg stays straight, and the legs of somebody who lies are left alone.
"""

from __future__ import annotations

from math import atan2, radians

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, joint_transforms, rest_joints
from fitting_core.body_model.joints import joint_index

from .parameters import ParameterLayout
from .priors.rest_pose import joint_precision
from .subject import Subject

LARGEST_FLEXION = radians(110.0)
# Cosine of the largest angle between trunk and the picture's upward direction at which somebody sits or stands.
_LEAST_UPRIGHT = 0.7
_DOWN = np.array([0.0, 1.0, 0.0])  # of the picture, camera frame
_SIDES = ("left", "right")


def with_hanging_shins(
    model: BodyModel, layout: ParameterLayout, subject: Subject, x: NumpyArray
) -> NumpyArray:
    """Return a row of parameters (N,) whose knees beyond which nothing was seen, under seen thighs, let the shins hang."""
    precision = joint_precision(subject.keypoints)
    sides = [
        side
        for side in _SIDES
        if precision[joint_index(f"{side}_knee")] > 0 and precision[joint_index(f"{side}_hip")] == 0
    ]
    if not sides:
        return x
    rotations = layout.rotations(x[None])[0]
    world, places = joint_transforms(
        model, rotations, rest_joints(model, layout.shape_coefficients(x[None])[0])
    )
    trunk = places[joint_index("neck")] - places[joint_index("pelvis")]
    if -trunk @ _DOWN < _LEAST_UPRIGHT * float(np.linalg.norm(trunk)):
        return x
    hanging = x.copy()
    for side in sides:
        down = (
            world[joint_index(f"{side}_hip")].T @ _DOWN
        )  # in the thigh's frame, where the shin is at rest along −y
        flexion = float(np.clip(atan2(-down[2], -down[1]), 0.0, LARGEST_FLEXION))
        hanging[layout.joints([joint_index(f"{side}_knee")])] = [flexion, 0.0, 0.0]
    return hanging
