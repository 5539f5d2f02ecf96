"""The scenes of the rendered photos: which person stands how before which camera, in which colours; all drawn from seeds.

Studio frame: metres, y up, the floor at y = 0, the camera on the side of positive z. Camera frame: x right, y down, z forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.bones import drawn_bones, with_bones
from benchmarks.rendered import poses
from benchmarks.rendered.bodies import OtherBody
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import BodyModel, Pose, rest_joints, vertices
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

SEED = 2026
CASE_COUNT = 300
# Every twelve photos show each plain kind once and three poses of the clips.
KINDS = (*poses.RULES, poses.MOCAP, poses.MOCAP, poses.MOCAP)
LENSES_MM = (24.0, 28.0, 35.0, 50.0, 85.0)  # 35-mm equivalents
FULL_FRAME_LONG_SIDE_MM = 36.0
LONG_SIDE_PX, SHORT_SIDE_PX = 512, 384
EYE_HEIGHT_M = (1.45, 1.65)
STEEPEST_AT_EYE_HEIGHT = 0.5  # rise over distance: nearer to somebody small a photographer stoops
FROM_ABOVE_SHARE = 0.3
FROM_ABOVE_DEGREES = (18.0, 45.0)
CAMERA_ROLL_DEGREES = 2.0  # deviation
FILLED_SHARE = (0.62, 0.86)  # of the picture, by the figure
FARTHEST_M, NEAREST_M = 7.5, 0.9
ALL_AROUND_SHARE = 0.3  # of people seen from any side; the others face the camera within this many degrees
FACING_DEGREES = 60.0
_PLACING_ROUNDS = 20
_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A camera in the studio: rows right, down and forward, position (m), lens and picture (px)."""

    camera_from_studio: NumpyArray  # (3, 3)
    position: NumpyArray  # (3,)
    lens_mm: float
    size: tuple[int, int]

    @property
    def focal_px(self) -> float:
        return self.lens_mm * max(self.size) / FULL_FRAME_LONG_SIDE_MM

    @property
    def principal_point(self) -> NumpyArray:
        return np.array(self.size) / 2.0

    def pixels(self, points: NumpyArray) -> NumpyArray:
        """Pixels (N, 2) of points (N, 3) in the studio."""
        seen = (points - self.position) @ self.camera_from_studio.T
        return self.focal_px * seen[:, :2] / seen[:, 2:] + self.principal_point


@dataclass(frozen=True, eq=False)
class Scene:
    """A person in the studio before a camera, and everything else that the picture shows."""

    kind: str  # of pose
    person: str  # man, woman or child
    model: BodyModel
    pose: Pose  # in the studio
    mesh: NumpyArray  # (V, 3) in the studio
    view: Viewpoint
    from_above: bool
    seat_m: float | None  # height of what the person sits on
    heading: float  # radians to the left that the person is turned from the camera
    seed: tuple[int, ...]  # of colours and light

    def camera_pose(self) -> Pose:
        """Return the pose in the camera frame."""
        turn = self.view.camera_from_studio
        rotations = self.pose.rotations.copy()
        rotations[joint_table.PELVIS] = vector_from_matrix(
            turn @ matrix_from_vector(rotations[joint_table.PELVIS])
        )
        pelvis = rest_joints(self.model, self.pose.shape)[joint_table.PELVIS]
        return Pose(
            rotations, self.pose.shape, turn @ (pelvis + self.pose.translation - self.view.position) - pelvis
        )


def person_number(number: int, people: int, seed: int = SEED) -> int:
    """Return which of so many people a scene shows."""
    return int(np.random.default_rng((seed, number)).integers(people))


def make_scene(number: int, people: Sequence[OtherBody], motion: NumpyArray, seed: int = SEED) -> Scene:
    """Return one scene, the same however many are asked for; `motion` (N, 22, 3) are poses of the held-out clips."""
    random = np.random.default_rng((seed, number))
    kind = KINDS[number % len(KINDS)]
    person = people[int(random.integers(len(people)))]  # as person_number
    body = with_bones(person.model, drawn_bones(random))
    if kind == poses.MOCAP:
        posed = poses.mocap_pose(body, motion[int(random.integers(len(motion)))], random)
    else:
        posed = poses.plain_pose(body, kind, random)
    heading = _heading(kind, random)
    rotations = poses.turned_about_vertical(posed.rotations, heading)
    shape = np.zeros(body.shape_directions.shape[2])
    hung = vertices(body, Pose(rotations, shape, np.zeros(3)))
    pelvis = rest_joints(body, shape)[joint_table.PELVIS]
    pose = Pose(rotations, shape, np.array([-pelvis[0], -hung[:, 1].min(), -pelvis[2]]))
    mesh = hung + pose.translation
    from_above = bool(random.uniform() < FROM_ABOVE_SHARE)
    return Scene(
        kind=kind,
        person=person.kind,
        model=body,
        pose=pose,
        mesh=mesh,
        view=viewpoint(mesh, from_above, random),
        from_above=from_above,
        seat_m=_seat(body, mesh) if posed.sits else None,
        heading=np.radians(heading),
        seed=(seed, number, 1),
    )


def _heading(kind: str, random: np.random.Generator) -> float:
    if random.uniform() < ALL_AROUND_SHARE:
        return float(random.uniform(-180.0, 180.0))
    facing = float(random.uniform(-FACING_DEGREES, FACING_DEGREES))
    return 180.0 + facing if kind == "looking back" else facing


def _seat(body: BodyModel, mesh: NumpyArray) -> float:
    thighs = body.weights[:, [1, 2]].sum(axis=1) > 0.5
    return float(mesh[thighs, 1].min())


def viewpoint(mesh: NumpyArray, from_above: bool, random: np.random.Generator) -> Viewpoint:
    """Return a camera that sees the whole figure, at a distance that its lens asks for."""
    lens = float(random.choice(LENSES_MM))
    height, pitch = float(random.uniform(*EYE_HEIGHT_M)), np.radians(random.uniform(*FROM_ABOVE_DEGREES))
    share, roll = float(random.uniform(*FILLED_SHARE)), np.radians(random.normal(0.0, CAMERA_ROLL_DEGREES))
    shift = random.normal(0.0, (0.03, 0.015))
    centre = 0.5 * (mesh.max(axis=0) + mesh.min(axis=0))
    distance, size = 3.0, (SHORT_SIDE_PX, LONG_SIDE_PX)
    view = None
    for _ in range(_PLACING_ROUNDS):
        rise = (
            distance * np.tan(pitch)
            if from_above
            else min(height - centre[1], STEEPEST_AT_EYE_HEIGHT * distance)
        )
        position = np.array([centre[0], centre[1] + rise, centre[2] + distance])
        aim = centre + distance * np.array([shift[0], shift[1], 0.0]) * SHORT_SIDE_PX / LONG_SIDE_PX
        view = Viewpoint(_looking(position, aim, roll), position, lens, size)
        extent = np.ptp(view.pixels(mesh), axis=0)
        size = (SHORT_SIDE_PX, LONG_SIDE_PX) if extent[1] >= extent[0] else (LONG_SIDE_PX, SHORT_SIDE_PX)
        filled = float((extent / view.size).max())
        distance = float(np.clip(distance * (filled / share) ** 0.8, NEAREST_M, FARTHEST_M))
    assert view is not None
    return view


def _looking(position: NumpyArray, aim: NumpyArray, roll: float) -> NumpyArray:
    forward = (aim - position) / np.linalg.norm(aim - position)
    right = np.cross(forward, _UP)
    right = right / np.linalg.norm(right)
    level = np.stack([right, np.cross(forward, right), forward])
    return matrix_from_vector(np.array([0.0, 0.0, roll])) @ level
