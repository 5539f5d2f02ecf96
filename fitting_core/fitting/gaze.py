"""The rotations of the eyes from the pupils in the picture, after the body has been fitted.

The eyeball is a sphere about the eye's joint, the pupil its foremost point (z of the body at rest). A pupil in the picture is a
ray from the camera; where the ray meets the sphere is where the eye looks, which gives yaw and pitch in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, hypot
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, joint_transforms, rest_joints
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.keypoints.layouts import FACE, FACE_NAMES

from .parameters import ParameterLayout
from .subject import Subject

if TYPE_CHECKING:
    from jaxtyping import Float

# How far eyes turn before the head does (degrees): people hardly go further, though they could.
LARGEST_YAW_DEG = 35.0
LARGEST_PITCH_DEG = 25.0
# Between the two lines of sight: that of somebody who looks at a thing a hand's breadth away; eyes never turn outwards.
LARGEST_CONVERGENCE_DEG = 15.0
# Detectors give plausible places with less than this for pupils that they did not see.
CONFIDENT = 0.3
# Vertices with more of their skin weight than this at the eye's joint are the eyeball's.
_EYEBALL_WEIGHT = 0.5
_SIDES = ("left", "right")
_PUPILS = tuple(FACE.start + FACE_NAMES.index(f"{side}_pupil") for side in _SIDES)
_LIDS = tuple([FACE.start + FACE_NAMES.index(f"{side}_eye_{n}") for n in range(6)] for side in _SIDES)


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye of a posed body: camera-frame centre (m), the axes of the head (columns) and the eyeball's radius (m)."""

    centre: Float[NumpyArray, "3"]
    head: Float[NumpyArray, "3 3"]
    radius_m: float

    def pupil(self, angles: Float[NumpyArray, "2"]) -> Float[NumpyArray, "3"]:
        """Camera-frame place of the pupil for yaw and pitch in radians."""
        return self.centre + self.radius_m * self.head @ direction(angles)

    def angles_towards(self, ray: Float[NumpyArray, "3"]) -> Float[NumpyArray, "2"]:
        """Yaw and pitch (radians) that put the pupil on a ray from the camera, or as near to it as the eyeball comes."""
        unit = ray / np.linalg.norm(ray)
        along = float(unit @ self.centre)
        nearest = along * unit - self.centre  # from the centre to the ray, square to it
        off = float(np.linalg.norm(nearest))
        depth = np.sqrt(max(self.radius_m**2 - off**2, 0.0))
        return angles_of(self.head.T @ (nearest - depth * unit))


def direction(angles: Float[NumpyArray, "2"]) -> Float[NumpyArray, "3"]:
    """Return the unit vector along which an eye of this yaw (to the body's left) and pitch (up), radians, looks.

    It is in the head's axes: x left, y up, z forward.
    """
    yaw, pitch = angles
    return np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])


def angles_of(towards: Float[NumpyArray, "3"]) -> Float[NumpyArray, "2"]:
    """Yaw and pitch in radians of a direction in the head's axes; the inverse of `direction`."""
    x, y, z = (float(value) for value in towards)
    return np.array([atan2(x, z), atan2(y, hypot(x, z))])


def with_gaze(
    model: BodyModel,
    layout: ParameterLayout,
    subject: Subject,
    x: Float[NumpyArray, " N"],
    points: Float[NumpyArray, "144 3"],
) -> Float[NumpyArray, " N"]:
    """Return a solution whose eyes rest, with its eyes turned to the subject's pupils; `points` are its own, in the camera frame.

    With both pupils each eye has its own yaw and they share the pitch; with one, both eyes look the same way. Without
    confident pupils, or on a body without eyes, they rest.
    """
    turned = at_rest(model, layout, x)
    eyes = posed_eyes(model, layout, turned)
    keypoints = subject.keypoints.stacked()
    seen = [side for side in range(2) if keypoints[_PUPILS[side], 2] >= CONFIDENT]
    if not eyes or not seen or model.groups.eyes is None:
        return turned
    found = np.zeros((2, 2))
    for side in seen:
        pixel = pupil_between_own_lids(model, subject, points, side)
        ray = np.append((pixel - subject.principal_point) / subject.focal_px, 1.0)
        found[side] = eyes[side].angles_towards(ray)
    weights = keypoints[list(_PUPILS), 2]
    angles = plausible(found, weights) if len(seen) == 2 else np.tile(limited(found[seen[0]]), (2, 1))
    turned[layout.joints(model.groups.eyes)] = np.concatenate([rotation_vector(pair) for pair in angles])
    return turned


def pupil_between_own_lids(
    model: BodyModel, subject: Subject, points: Float[NumpyArray, "144 3"], side: int
) -> Float[NumpyArray, "2"]:
    """Return the pupil (0 left, 1 right) in the picture, px, with the eye's lids moved from the keypoints to the fitted face.

    A face that is not the photographed one misses its lids by a few pixels, and as many are 20° of an eye: the pupil is taken
    relative to the lids, as a viewer sees it. Without confident lids it stays where it was seen.
    """
    keypoints = subject.keypoints.stacked()
    lids = np.array(_LIDS[side])
    lids = lids[(keypoints[lids, 2] >= CONFIDENT) & (model.points_of_keypoints[lids] >= 0)]
    pupil = keypoints[_PUPILS[side], :2]
    if not len(lids):
        return pupil
    fitted = points[model.points_of_keypoints[lids]]
    pixels = subject.focal_px * fitted[:, :2] / fitted[:, 2:] + subject.principal_point
    return pupil + (pixels - keypoints[lids, :2]).mean(axis=0)


def at_rest(model: BodyModel, layout: ParameterLayout, x: Float[NumpyArray, " N"]) -> Float[NumpyArray, " N"]:
    """Return a solution with its eyes straight ahead; a copy."""
    still = x.copy()
    if model.groups.eyes is not None:
        still[layout.joints(model.groups.eyes)] = 0.0
    return still


def posed_eyes(model: BodyModel, layout: ParameterLayout, x: Float[NumpyArray, " N"]) -> tuple[Eye, ...]:
    """Left and right eye of a solution; empty for a body that has no eye joints or no vertices that belong to them."""
    if model.groups.eyes is None:
        return ()
    shape = layout.shape_coefficients(x[None])[0]
    joints = rest_joints(model, shape)
    world, place = joint_transforms(model, layout.rotations(x[None])[0], joints)
    eyes: list[Eye] = []
    for joint in model.groups.eyes:
        ball = model.weights[:, joint] > _EYEBALL_WEIGHT
        if not ball.any():
            return ()
        rest = model.v_template[ball] + model.shape_directions[ball] @ shape
        distance: NumpyArray = np.linalg.norm(rest - joints[joint], axis=1)
        radius = float(np.median(distance))
        eyes.append(Eye(place[joint] + x[:3], world[model.parents[joint]], radius))
    return tuple(eyes)


def plausible(found: Float[NumpyArray, "2 2"], weights: Float[NumpyArray, "2"]) -> Float[NumpyArray, "2 2"]:
    """Yaw and pitch of the left and the right eye as eyes can turn, the nearest to what was found.

    Eyes rise and fall together and never look apart: on a face of a few pixels what two pupils disagree in is mostly noise.
    """
    share: NumpyArray = weights / float(weights.sum())
    middle = limited(share @ found)
    converging = np.clip(found[1, 0] - found[0, 0], 0.0, np.radians(LARGEST_CONVERGENCE_DEG))
    yaws = middle[0] + converging * np.array([-share[1], share[0]])
    return np.stack([limited(np.array([yaw, middle[1]])) for yaw in yaws])


def limited(angles: Float[NumpyArray, "2"]) -> Float[NumpyArray, "2"]:
    """Yaw and pitch within what eyes do."""
    most = np.radians([LARGEST_YAW_DEG, LARGEST_PITCH_DEG])
    return np.clip(angles, -most, most)


def rotation_vector(angles: Float[NumpyArray, "2"]) -> Float[NumpyArray, "3"]:
    """Rotation vector of an eye's joint: pitch about x, then yaw about y."""
    yaw = matrix_from_vector(np.array([0.0, angles[0], 0.0]))
    pitch = matrix_from_vector(np.array([-angles[1], 0.0, 0.0]))
    return vector_from_matrix(yaw @ pitch)
