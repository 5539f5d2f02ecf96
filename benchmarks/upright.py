"""Measure the error of the add-on's upward direction: people of known uprightness before leaning cameras, one photo each.

    python -m benchmarks.upright --mocap DIR [--count 400] [--seed 2026]

Poses come from the held-out motion capture clips, which know where up is; the camera's pitch and roll are drawn at random. The
table tells the angle between the estimated upward direction and the true one, in degrees: from the true bodies, all together and
by how far the feet are apart, since a stride is what misleads; from bodies fitted to keypoints with a detector's errors; and
with nothing but a level camera. The frame is the add-on's own (smplify_blender/result/upright.py), which needs no Blender.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.cases import FOCAL_LENGTHS_PX, IMAGE_SIZE, SEED, Case, held_out_motion, photographed
from benchmarks.penetration import fitted
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, Pose, joint_transforms, rest_joints, vertices
from fitting_core.body_model.joints import joint_index
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.body_file import body_file
from smplify_blender.result.read_body import read_body
from smplify_blender.result.result_folder import Body, Person, PhotoCamera, ResultFolder
from smplify_blender.result.upright import CAMERA_UP, upright_frame

STRIDES_M = (0.0, 0.4, 0.7, 2.0)  # between the ankles, level
PITCH_DEGREES = (6.0, 9.0)  # mean and deviation of how far cameras look down
ROLL_DEGREES = 3.0  # deviation
HEIGHT_SHARE = 0.7  # of the picture that the person fills
ERROR_COLUMNS = (50, 90, 99, 100)  # percentiles
TIPPED_DEGREES = 15.0  # a figure that leans this far looks as if it fell
CHUNK = 50  # people that are fitted at once


@dataclass(frozen=True, eq=False)
class LeaningCase:
    """A photo, the true upward direction in its camera's frame, and the level distance of the ankles in metres."""

    case: Case
    up: NumpyArray
    stride_m: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upright")
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    random = np.random.default_rng(options.seed)
    poses = held_out_motion(options.mocap)
    chosen = poses[random.choice(len(poses), size=options.count, replace=len(poses) < options.count)]
    setup = fit_setup("open")
    model = setup.points.model
    body = _body(model)
    cases = [_case(model, pose, random) for pose in chosen]
    true = np.array([_error(body, one.case.truth, one.case.vertices, one.up) for one in cases])
    found = [
        person
        for first in range(0, len(cases), CHUNK)
        for person in fitted(setup, [one.case.subject for one in cases[first : first + CHUNK]])
    ]
    fits = np.array(
        [_error(body, person.pose, person.vertices, one.up) for person, one in zip(found, cases, strict=True)]
    )
    level = np.array([_degrees(CAMERA_UP, one.up) for one in cases])
    strides = np.array([one.stride_m for one in cases])
    columns = " | ".join("largest" if share == 100 else f"{share} %" for share in ERROR_COLUMNS)
    print(f"{options.count} photos, degrees between the estimated upward direction and the true one\n")
    print(f"| | photos | mean | {columns} | over {TIPPED_DEGREES:.0f}° |")
    print("|---|" + "---|" * (len(ERROR_COLUMNS) + 3))
    print(_row("true bodies", true))
    for low, high in pairwise(STRIDES_M):
        print(_row(f"… feet {low:g} to {high:g} m apart", true[(strides >= low) & (strides < high)]))
    print(_row("fitted bodies", fits))
    print(_row("a level camera assumed", level))


def _row(name: str, errors: NumpyArray) -> str:
    if not len(errors):
        return f"| {name} | 0 |" + " |" * (len(ERROR_COLUMNS) + 2)
    values = [errors.mean(), *(np.percentile(errors, share) for share in ERROR_COLUMNS)]
    cells = " | ".join(f"{value:.1f}" for value in values)
    return f"| {name} | {len(errors)} | {cells} | {100 * np.mean(errors > TIPPED_DEGREES):.1f} % |"


def _body(model: BodyModel) -> Body:
    """Return the model as the add-on reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.npz"
        path.write_bytes(body_file(model)[0])
        return read_body(path)


def _case(model: BodyModel, pose: NumpyArray, random: np.random.Generator) -> LeaningCase:
    pitch = math.radians(random.normal(*PITCH_DEGREES))
    roll = math.radians(random.normal(0, ROLL_DEGREES))
    heading = random.uniform(-np.pi, np.pi)
    leaning = matrix_from_vector(np.array([0, 0, roll])) @ matrix_from_vector(np.array([-pitch, 0, 0]))
    # from y up to y down, the person turned anyhow about the vertical
    camera_from_world = leaning @ np.diag([1.0, -1.0, -1.0]) @ matrix_from_vector(np.array([0, heading, 0]))
    rotations = np.zeros((model.joint_count, 3))
    rotations[: len(pose)] = pose
    rotations[0] = vector_from_matrix(camera_from_world @ matrix_from_vector(pose[0]))
    shape = np.concatenate([random.normal(0, 0.8, model.beta_count), np.zeros(model.expression_count)])
    centred = vertices(model, Pose(rotations, shape, np.zeros(3)))
    focal = float(random.choice(FOCAL_LENGTHS_PX))
    depth = focal * float(np.ptp(centred[:, 1])) / (HEIGHT_SHARE * IMAGE_SIZE[1])
    middle = 0.5 * (centred.max(axis=0) + centred.min(axis=0))
    placed = Pose(rotations, shape, np.array([0.0, 0.0, depth]) - middle)
    up = camera_from_world @ np.array([0.0, 1.0, 0.0])
    return LeaningCase(photographed(model, placed, focal, random), up, _stride(model, placed, up))


def _stride(model: BodyModel, pose: Pose, up: NumpyArray) -> float:
    _, places = joint_transforms(model, pose.rotations, rest_joints(model, pose.shape))
    apart = places[joint_index("left_ankle")] - places[joint_index("right_ankle")]
    return float(np.linalg.norm(apart - (apart @ up) * up))


def _error(body: Body, pose: Pose, mesh: NumpyArray, up: NumpyArray) -> float:
    """Degrees by which the add-on errs about `up` when shown that body alone."""
    beta_count = body.shape_directions.shape[2]
    person = Person(
        file_name="person_00.npz",
        betas=pose.shape[:beta_count],
        expression=pose.shape[beta_count:],
        rotations=dict(zip(body.joint_names, pose.rotations, strict=True)),
        transl=pose.translation,
        vertices=mesh,
        pose_offsets=None,
        legs_seen=True,
    )
    camera = PhotoCamera(FOCAL_LENGTHS_PX[0], (IMAGE_SIZE[0] / 2, IMAGE_SIZE[1] / 2), IMAGE_SIZE, 1)
    frame = upright_frame(ResultFolder(Path(), {person.file_name: body}, (person,), camera, None))
    return _degrees(frame.up_in_camera, up)


def _degrees(a: NumpyArray, b: NumpyArray) -> float:
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))


if __name__ == "__main__":
    main()
