"""Fitted people before a camera → one rigid transform that stands them on the floor. Free of bpy.

A fit knows the world only through its camera. Which way is up is estimated from two things that know it, each
as two angles with a spread: the camera (photos are level to a few degrees, but look up or down freely) and
the people (somebody on their feet keeps the centre of mass above them; from somebody sitting, only the trunk
is asked). One transform serves all people of a photo; camera and people move together, so the picture stays
as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .result_folder import Body, Person, ResultFolder
from .rotations import Array, matrix_from_rotation_vector
from .shaped_body import posed_joints, shaped_body

# Spread of the estimates in degrees, (roll, pitch). The camera's by judgement: hand-held photos of people. The
# people's from 499 motion-capture poses skinned with the open body: with the weight on a leg bent less than 60°
# the centre of mass stands over the soles within 5.5° sideways and 5.3° forward (standard deviations; the middle
# half within 2°, bias under 0.5°); the trunk leans by 7.9° and 11.2°, and 6° forward in the middle. Pitch is
# widened as one photo shows depth badly. Legs that nobody saw hang below the trunk as the fit's prior has them: they
# say less, but a figure whose weight is not over them looks as if it fell.
CAMERA_SPREAD = (6.0, 15.0)
STANDING_SPREAD = (4.5, 7.0)
UNSEEN_LEGS_SPREAD = (8.0, 8.0)
TRUNK_SPREAD = (8.0, 18.0)
TRUNK_LEAN_DEGREES = 6.0

# An estimate this far (degrees) from the rest counts a quarter, one further off soon nothing: people also lie
# and fall.
OUTLIER_DEGREES = 30.0
# Knees bent more than this on the leg that carries: sitting or kneeling, the feet do not carry the centre of
# mass.
MAX_STANDING_FLEXION_DEGREES = 60.0
# The same for unseen legs and the hips: such legs were fitted as those of somebody on a chair.
MAX_UNSEEN_HIP_FLEXION_DEGREES = 45.0
# Height difference of the feet (metres) at which the lower one carries e times the other's share. Of 0.03, 0.1 and
# 0.3, this one kept the centre of mass closest over the soles in those poses.
FOOT_HEIGHT_SCALE = 0.1
ROUNDS = 20  # of the fixed point; settled to well under 0.01° after about ten
MIN_LEVEL_PART = 0.1  # of the view direction; below, the camera looks at its feet or the sky

SIDES = ("left", "right")
CAMERA_UP: Array = np.array([0.0, -1.0, 0.0])
CAMERA_FORWARD: Array = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class UprightFrame:
    """`world_from_camera` (4, 4): camera frame (x right, y down, z forward) → Blender's world (z up, floor at
    z = 0).

    The camera looks along +Y as seen from above; the first person's pelvis stands above the origin.
    `up_in_camera` (3,) is the estimated upward direction.
    """

    world_from_camera: Array
    up_in_camera: Array


@dataclass(frozen=True)
class _Figure:
    """What one person contributes, in the camera frame. Feet and hips left, right."""

    trunk: Array  # (3,) unit, pelvis to neck, the usual lean taken out
    centre_of_mass: Array  # (3,)
    feet: Array  # (2, 3)
    knee_flexion: Array  # (2,) radians, 0 = straight
    hip_flexion: Array  # (2,) radians, between the thigh and the trunk's line
    legs_seen: bool


@dataclass(frozen=True)
class _Estimate:
    up: Array
    spread: tuple[float, float]


def upright_frame(result: ResultFolder) -> UprightFrame:
    """The one transform of a photo, from all its people."""
    joints = [posed_joints(result.body, person, shaped_body(result.body, person)) for person in result.people]
    triangles = result.body.faces.triangles
    figures = [
        _figure(result.body, person, positions, triangles)
        for person, positions in zip(result.people, joints, strict=True)
        if _has_landmarks(result.body)
    ]
    up = CAMERA_UP
    for _ in range(ROUNDS):
        up = _fused_up([_estimate(figure, up) for figure in figures], up)
    rotation = _world_axes(up)
    lowest = min(float((person.vertices @ rotation[2]).min()) for person in result.people)
    pelvis = rotation @ joints[0][0]
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = rotation
    world_from_camera[:3, 3] = (-pelvis[0], -pelvis[1], -lowest)
    return UprightFrame(world_from_camera, up)


def _has_landmarks(body: Body) -> bool:
    legs = [f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle")]
    return {"pelvis", "neck", *legs} <= set(body.joint_names)


def _figure(body: Body, person: Person, joints: Array, triangles: Any) -> _Figure:
    index = {name: joint for joint, name in enumerate(body.joint_names)}
    vertices = person.vertices.astype(np.float64)
    trunk = joints[index["neck"]] - joints[index["pelvis"]]
    feet: list[Array] = []
    knee_flexion: list[float] = []
    hip_flexion: list[float] = []
    for side in SIDES:
        hip, knee, ankle = (joints[index[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        skin = body.weights[:, index[f"{side}_ankle"]].astype(np.float64)
        if f"{side}_foot" in index:
            skin = skin + body.weights[:, index[f"{side}_foot"]]
        feet.append(skin @ vertices / skin.sum() if skin.sum() > 0 else ankle)
        knee_flexion.append(_angle(knee - hip, ankle - knee))
        hip_flexion.append(_angle(knee - hip, -trunk))
    return _Figure(
        trunk=_upright_trunk(trunk, joints[index["left_hip"]] - joints[index["right_hip"]]),
        centre_of_mass=_centre_of_mass(vertices, triangles),
        feet=np.stack(feet),
        knee_flexion=np.array(knee_flexion),
        hip_flexion=np.array(hip_flexion),
        legs_seen=person.legs_seen,
    )


def _upright_trunk(trunk: Array, to_the_left: Array) -> Array:
    """Up, for somebody whose pelvis-to-neck line is `trunk`: people carry it leaning forward a little."""
    back = matrix_from_rotation_vector(-math.radians(TRUNK_LEAN_DEGREES) * _unit(to_the_left))
    return _unit(back @ trunk)


def _centre_of_mass(vertices: Array, triangles: Any) -> Array:
    """Of a closed surface filled evenly: tetrahedra from the mean point, weighted by signed volume."""
    middle = vertices.mean(axis=0)
    a, b, c = (vertices[triangles[:, corner]] - middle for corner in range(3))
    volumes: Array = (a * np.cross(b, c)).sum(axis=1) / 6.0
    total = float(volumes.sum())
    box = float(np.ptp(vertices, axis=0).prod())
    if abs(total) < 1e-3 * box:  # an open or inside-out mixture of surfaces says nothing
        return middle
    centre: Array = middle + volumes @ (a + b + c) / 4.0 / total
    return centre


def _estimate(figure: _Figure, up: Array) -> _Estimate:
    """What `figure` says about up, given the present idea of it (which foot is the lower one depends on
    that).
    """
    heights = figure.feet @ up
    shares = np.exp(-(heights - heights.min()) / FOOT_HEIGHT_SCALE)
    shares /= shares.sum()
    knees = math.degrees(float(shares @ figure.knee_flexion))
    hips = math.degrees(float(shares @ figure.hip_flexion))
    on_a_chair = not figure.legs_seen and hips > MAX_UNSEEN_HIP_FLEXION_DEGREES
    if knees > MAX_STANDING_FLEXION_DEGREES or on_a_chair:
        return _Estimate(figure.trunk, TRUNK_SPREAD)
    spread = STANDING_SPREAD if figure.legs_seen else UNSEEN_LEGS_SPREAD
    return _Estimate(_unit(figure.centre_of_mass - shares @ figure.feet), spread)


def _fused_up(estimates: Sequence[_Estimate], up: Array) -> Array:
    """Mean of roll and pitch, each weighted by 1 / spread²; people far from the present idea count less."""
    sums = [
        1.0 / spread**2 * np.array([angle, 1.0])
        for angle, spread in zip((0.0, 0.0), CAMERA_SPREAD, strict=True)
    ]
    for estimate in estimates:
        distance = math.degrees(_angle(estimate.up, up))
        trust = (1.0 + (distance / OUTLIER_DEGREES) ** 2) ** -2
        for axis, angle in enumerate(_roll_and_pitch(estimate.up)):
            sums[axis] = sums[axis] + trust / estimate.spread[axis] ** 2 * np.array([angle, 1.0])
    roll, pitch = (float(total[0] / total[1]) for total in sums)
    return np.array([math.sin(roll) * math.cos(pitch), -math.cos(roll) * math.cos(pitch), -math.sin(pitch)])


def _roll_and_pitch(up: Array) -> tuple[float, float]:
    """Radians: roll turns about the view direction, pitch is positive where the camera looks down."""
    return math.atan2(up[0], -up[1]), math.asin(float(np.clip(-up[2], -1.0, 1.0)))


def _world_axes(up: Array) -> Array:
    """Rotation camera frame → world: Z is up, Y the level part of the view direction (the picture's up if
    there is none).
    """
    for direction in (CAMERA_FORWARD, CAMERA_UP):
        level = direction - np.dot(direction, up) * up
        if np.linalg.norm(level) > MIN_LEVEL_PART:
            forward = _unit(level)
            return np.stack([np.cross(forward, up), forward, up])
    raise AssertionError("the view direction and the picture's up cannot both be vertical")


def _angle(a: Array, b: Array) -> float:
    return math.atan2(float(np.linalg.norm(np.cross(a, b))), float(np.dot(a, b)))


def _unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else CAMERA_UP
