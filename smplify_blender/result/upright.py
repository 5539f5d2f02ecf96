"""Rigid transform that stands the fitted people before a camera on the floor.

A fit knows the world only through its camera. Which way is up is searched for among all directions, and the likeliest one in
the light of what knows of it is taken: the camera (photos are level to a few degrees, but look up or down freely), the trunk
(people carry it upright) and, of somebody on their feet, the feet: the body's weight lies over what touches the floor, and
feet that could lie on a floor do. One transform serves all people of a photo; camera and people move together, so the picture
stays as it is.

A search, because the answers hang on each other: which foot carries depends on what is down. Steps from one answer to the next
end in a tipped figure where the feet are far apart (benchmarks/upright.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from .result_folder import Body, Person, ResultFolder
from .rotations import Array
from .shaped_body import posed_joints, shaped_body

# Spread of the camera in degrees, (roll, pitch), by judgement: hand-held photos of people.
CAMERA_SPREAD = (6.0, 15.0)
# The rest is chosen on 300 poses of motion capture (the clips that are not held out) with the open body, before cameras as
# benchmarks/upright.py draws them: least root mean square error.
TRUNK_SPREAD = (10.0, 8.5)  # degrees, sideways and forward
TRUNK_LEAN_DEGREES = 6.0  # forward, the middle of those poses
CONTACT_HEIGHT = 0.1  # metres above the lowest point at which a point of the feet carries 1/e as much; 0.08 to 0.2 do as well
BALANCE_SPREAD = 0.07
CONTACT_TRUST = 2.0
# Legs that nobody saw stand as the fit's prior has them: they say less.
UNSEEN_LEGS_TRUST = 0.5
# Estimates this many spreads off begin to count less: people also lie and fall (degrees of freedom of Student's t).
HEAVY_TAIL = 4.0
# Knees bent more than this on the leg that carries: sitting or kneeling, the feet do not carry the centre of
# mass.
MAX_STANDING_FLEXION_DEGREES = 60.0
# The same for unseen legs and the hips: such legs were fitted as those of somebody on a chair.
MAX_UNSEEN_HIP_FLEXION_DEGREES = 45.0
FOOT_POINTS = 150  # of each foot that are asked

# Directions are (roll, pitch) in degrees: half the width that is searched, and the steps, coarse to fine.
SEARCH_DEGREES = (60.0, 76.0)
SEARCH_STEPS = (4.0, 1.0, 0.25)
MIN_LEVEL_PART = 0.1  # of the view direction; below, the camera looks at its feet or the sky

SIDES = ("left", "right")
CAMERA_UP: Array = np.array([0.0, -1.0, 0.0])
CAMERA_FORWARD: Array = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class UprightFrame:
    """Upright placement of a photo. `world_from_camera` (4, 4) maps the camera frame (x right, y down, z forward) to
    Blender's world (z up, floor at
    z = 0).

    The camera looks along +Y as seen from above; the first person's pelvis stands above the origin.
    `up_in_camera` (3,) is the estimated upward direction.
    """

    world_from_camera: Array
    up_in_camera: Array


@dataclass(frozen=True)
class _Figure:
    """One person's share in the search, in the camera frame. Feet and hips left, right."""

    trunk: Array  # (3,) unit, pelvis to neck
    to_the_left: Array  # (3,) unit, right hip to left hip
    feet: tuple[Array, Array]  # (P, 3) points of the skin, metres from the centre of mass
    knee_flexion: Array  # (2,) degrees, 0 = straight
    hip_flexion: Array  # (2,) degrees, between the thigh and the trunk's line
    legs_seen: bool


@dataclass(frozen=True)
class _Directions:
    """Candidates for up: `angles` (C, 2) degrees of roll and pitch, and the unit vectors `up` (C, 3)."""

    angles: Array
    up: Array


def upright_frame(result: ResultFolder) -> UprightFrame:
    """Find the one transform of a photo from all its people."""
    bodies = [result.body_of(person) for person in result.people]
    joints = [
        posed_joints(body, person, shaped_body(body, person))
        for body, person in zip(bodies, result.people, strict=True)
    ]
    triangles = {body.body_sha256: body.faces.triangles for body in bodies}
    figures = [
        _figure(body, person, positions, triangles[body.body_sha256])
        for body, person, positions in zip(bodies, result.people, joints, strict=True)
        if _has_landmarks(body)
    ]
    up = _likeliest_up(figures, ())
    up = _likeliest_up(figures, [_stands(figure, up) for figure in figures])
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
    centre_of_mass = _centre_of_mass(vertices, triangles)
    trunk = joints[index["neck"]] - joints[index["pelvis"]]
    feet: list[Array] = []
    knee_flexion: list[float] = []
    hip_flexion: list[float] = []
    for side in SIDES:
        hip, knee, ankle = (joints[index[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        skin = body.weights[:, [index[name] for name in (f"{side}_ankle", f"{side}_foot") if name in index]]
        points = vertices[skin.sum(axis=1) > 0.5]
        points = points[:: max(1, len(points) // FOOT_POINTS)] if len(points) else ankle[np.newaxis]
        feet.append(points - centre_of_mass)
        knee_flexion.append(_angle(knee - hip, ankle - knee))
        hip_flexion.append(_angle(knee - hip, -trunk))
    return _Figure(
        trunk=_unit(trunk),
        to_the_left=_unit(joints[index["left_hip"]] - joints[index["right_hip"]]),
        feet=(feet[0], feet[1]),
        knee_flexion=np.degrees(knee_flexion),
        hip_flexion=np.degrees(hip_flexion),
        legs_seen=person.legs_seen,
    )


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


def _stands(figure: _Figure, up: Array) -> bool:
    """True if the figure is on its feet, judged by the leg that reaches lower."""
    heights = np.array([(foot @ up).min() for foot in figure.feet])
    shares = np.exp(-(heights - heights.min()) / CONTACT_HEIGHT)
    shares /= shares.sum()
    on_a_chair = not figure.legs_seen and shares @ figure.hip_flexion > MAX_UNSEEN_HIP_FLEXION_DEGREES
    return not on_a_chair and bool(shares @ figure.knee_flexion <= MAX_STANDING_FLEXION_DEGREES)


def _likeliest_up(figures: Sequence[_Figure], standing: Sequence[bool]) -> Array:
    """The best of all directions, coarse to fine; the feet are asked of those who stand."""
    centre, reach = np.zeros(2), np.array(SEARCH_DEGREES)
    up = CAMERA_UP
    for step in SEARCH_STEPS:
        directions = _directions(centre, reach, step)
        scores = _camera_score(directions)
        for number, figure in enumerate(figures):
            scores = scores + _trunk_score(figure, directions)
            if standing and standing[number]:
                scores = scores + _feet_score(figure, directions)
        best = int(scores.argmax())
        centre, up = directions.angles[best], directions.up[best]
        reach = np.full(2, step)
    return up


def _directions(centre: Array, reach: Array, step: float) -> _Directions:
    """A grid about `centre`. Roll turns about the view direction, pitch is positive where the camera looks down."""
    axes = [
        middle + np.arange(-half, half + step / 2, step) for middle, half in zip(centre, reach, strict=True)
    ]
    angles = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    roll, pitch = np.radians(angles).T
    up = np.stack([np.sin(roll) * np.cos(pitch), -np.cos(roll) * np.cos(pitch), -np.sin(pitch)], axis=1)
    return _Directions(angles, up)


def _camera_score(directions: _Directions) -> Array:
    scores: Array = -0.5 * ((directions.angles / CAMERA_SPREAD) ** 2).sum(axis=1)
    return scores


def _trunk_score(figure: _Figure, directions: _Directions) -> Array:
    """Score the trunk's lean, sideways and forward, by how usual it is."""
    left, forward = _level_axes(figure, directions)
    along = directions.up @ figure.trunk
    sideways = np.degrees(np.arctan2(left @ figure.trunk, along))
    forwards = np.degrees(np.arctan2(forward @ figure.trunk, along)) - TRUNK_LEAN_DEGREES
    return _heavy_tailed((sideways / TRUNK_SPREAD[0]) ** 2 + (forwards / TRUNK_SPREAD[1]) ** 2)


def _feet_score(figure: _Figure, directions: _Directions) -> Array:
    """Score the centre of mass over the points of the feet that carry, and their number.

    Each point carries by its height above the lowest one; the carrying points' mean and covariance in the level plane stand
    for the area of support.
    """
    points = np.concatenate(figure.feet)
    heights = points @ directions.up.T  # (P, C)
    carries = np.exp(-(heights - heights.min(axis=0)) / CONTACT_HEIGHT)
    count = carries.sum(axis=0)
    plane = np.stack(_level_axes(figure, directions), axis=1)  # (C, 2, 3)
    mean = carries.T @ points / count[:, np.newaxis]
    products = (points[:, :, np.newaxis] * points[:, np.newaxis]).reshape(-1, 9)
    spread = (carries.T @ products / count[:, np.newaxis]).reshape(-1, 3, 3)
    spread = spread - mean[:, :, np.newaxis] * mean[:, np.newaxis]
    covariance = plane @ spread @ plane.transpose(0, 2, 1) + BALANCE_SPREAD**2 * np.eye(2)
    offset = plane @ mean[:, :, np.newaxis]  # from the centre of mass, (C, 2, 1)
    solved = cast("Array", np.linalg.solve(covariance, offset))
    distance: Array = (offset * solved).sum(axis=(1, 2))
    scores: Array = _heavy_tailed(distance) + CONTACT_TRUST * np.log(count)
    return scores if figure.legs_seen else UNSEEN_LEGS_TRUST * scores


def _level_axes(figure: _Figure, directions: _Directions) -> tuple[Array, Array]:
    """The figure's left and its front, (C, 3) each, made level for every direction that may be up."""
    up = directions.up
    left = figure.to_the_left - (up @ figure.to_the_left)[:, np.newaxis] * up
    left = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), MIN_LEVEL_PART)
    return left, cast("Array", np.cross(left, up))


def _heavy_tailed(squares: Array) -> Array:
    """Log-likelihood of Student's t but for a constant, from squared distances in spreads."""
    return -0.5 * HEAVY_TAIL * np.log1p(squares / HEAVY_TAIL)


def _world_axes(up: Array) -> Array:
    """Compute the rotation from the camera frame to the world.

    Z is up, Y the level part of the view direction (the picture's up if there is none).
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
