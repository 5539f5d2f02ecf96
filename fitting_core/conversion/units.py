"""Units of a foreign pose, told by its own numbers: degrees, centimetres and millimetres become radians and metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector

from .foreign_pose import ForeignPose
from .pelvis import PELVIS_OF_KIND

# Rotation vectors of more than two turns are degrees where the limbs, too, turn by more than half a turn.
_MOST_RADIANS = 4 * np.pi
_HALF_TURN = np.pi
_MOST_DEGREES = 720.0
_LARGE_SHARE = 0.5
# A figure so many units from the origin is not in metres; see `_length_unit`.
_FAR, _VERY_FAR = 20.0, 500.0
_FARTHEST_STILL_M = 150.0
_PELVIS_HEIGHTS_CM = (50.0, 130.0)  # of somebody who sits on a chair or stands on the floor
_FASTEST_M_PER_FRAME = 0.6  # eighteen metres a second at thirty frames
_MILLIMETRE, _CENTIMETRE = 0.001, 0.01


def in_radians_and_metres(
    pose: ForeignPose, scaling: float | None = None
) -> tuple[ForeignPose, tuple[str, ...]]:
    """Return the pose in radians and metres, with a word for what was changed.

    `scaling` is the number by which a file's places are to be divided, where it says so (AIST++).
    """
    words: list[str] = []
    if _is_in_degrees(pose.rotations):
        words.append("Its rotations are in degrees and were turned to radians.")
        pose = replace(pose, rotations=np.deg2rad(pose.rotations))
    if pose.translation is None or pose.camera is not None:
        return pose, tuple(words)
    if scaling is not None:
        return replace(pose, translation=pose.translation / scaling), tuple(words)
    unit = _length_unit(pose.translation, pose.rotations[:, 0])
    if unit != 1.0:
        name = "millimetres" if unit == _MILLIMETRE else "centimetres"
        words.append(f"Its places are in {name} and were turned to metres.")
        pose = replace(pose, translation=pose.translation * unit)
    return pose, tuple(words)


def _is_in_degrees(rotations: NumpyArray) -> bool:
    """True if vectors (N, 55, 3) are too long for radians and not for degrees, of the limbs as well as of the root."""
    lengths: NumpyArray = np.linalg.norm(rotations, axis=-1)
    longest = float(lengths.max(initial=0.0))
    if not _MOST_RADIANS < longest <= _MOST_DEGREES:
        return False
    limbs: NumpyArray = lengths[:, 1:]
    turned: NumpyArray = limbs[limbs > 0]
    return turned.size == 0 or float((turned > _HALF_TURN).mean()) > _LARGE_SHARE


def _length_unit(translation: NumpyArray, roots: NumpyArray) -> float:
    """Return the length of the file's unit in metres: 1, 0.01 or 0.001.

    People of more than 500 units from the origin are in millimetres. Nearer than that they are in centimetres if they move by
    more than runners do, stand farther off than anyone is photographed, or are a pelvis's height in centimetres up.
    """
    distances: NumpyArray = np.abs(translation).max(axis=1)
    distance = float(np.median(distances))
    if distance <= _FAR:
        return 1.0
    if distance > _VERY_FAR:
        return _MILLIMETRE
    steps: NumpyArray = np.linalg.norm(np.diff(translation, axis=0), axis=1)
    moving: NumpyArray = steps[steps > 0]
    is_fast = moving.size > 0 and float(np.median(moving)) > _FASTEST_M_PER_FRAME
    low, high = _PELVIS_HEIGHTS_CM
    is_pelvis_high = low < float(np.median(translation @ _upward(roots))) < high
    return _CENTIMETRE if is_fast or is_pelvis_high or distance > _FARTHEST_STILL_M else 1.0


def _upward(roots: NumpyArray) -> NumpyArray:
    """Return the axis of the file's world that is nearest to the trunk's own in most frames."""
    trunk: NumpyArray = np.median(matrix_from_vector(roots)[:, :, 1], axis=0)
    axis = int(np.argmax(np.abs(trunk)))
    return np.eye(3)[axis] * np.sign(trunk[axis])


def about_the_pelvis(pose: ForeignPose) -> ForeignPose:
    """Return the pose of a program that turns the model about its origin, with the place that SMPL's own turn needs.

    A point x is at R x + t there, and at R (x − J) + J + t' here, so t' = t + R J − J with the pelvis J at rest.
    """
    if pose.translation is None:
        return pose
    pelvis = np.array(PELVIS_OF_KIND[pose.kind])
    turned = matrix_from_vector(pose.rotations[:, 0]) @ pelvis
    return replace(pose, translation=pose.translation + turned - pelvis)
