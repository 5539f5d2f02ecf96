"""A pose of another program as the start of a fit: its limbs, turned before the photo's camera and placed on the keypoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.arguments.request import ConvertRequest, FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import ConversionError, RequestError
from fitting_core.files.npz_reader import read_headers
from fitting_core.files.regular_file import begins_with
from fitting_core.files.zip_archive import ZIP_MAGIC
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.starts.initial_guess import headings_before_camera, placed_rows
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

from .dialects import read_pose
from .foreign_file import read_foreign_file
from .foreign_pose import ForeignPose
from .motion import WORLD_FROM_FILE
from .pose_on_body import BodyPose, pose_on_body
from .up_axis import noticed_up

_HEADINGS = 8  # of a pose in a world, of which nobody knows where the camera stood
_Y_UP_FROM_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def is_own_result(path: Path) -> bool:
    """Return True if a file says which body it was fitted with, as this program's results do."""
    try:
        is_archive = begins_with(path, ZIP_MAGIC)
    except Exception as problem:
        raise RequestError(f"--start {path} cannot be read: {problem}. Choose another file.") from problem
    return is_archive and "model_sha256" in read_headers(
        path, ("model_sha256",), RequestError, "earlier result"
    )


def foreign_start(
    request: FitRequest, setup: FitSetup, subject: Subject
) -> tuple[NumpyArray, tuple[str, ...]]:
    """Return rows of parameters (starts, N) from the pose of another program's file, and warnings.

    A pose before a camera gives one start; one in a world of its own is tried from eight sides. Size and place are those that
    the keypoints say. Raises RequestError naming the file, what is wrong and the next step.
    """
    assert request.start is not None, "the caller has a file"
    try:
        pose = read_pose(read_foreign_file(request.start))
        body = pose_on_body(pose, _conversion(request, request.start))
    except ConversionError as problem:
        raise RequestError(f"--start {problem}") from problem
    frame, words = _frame(request, pose)
    row = np.zeros(setup.layout.size)
    vectors = body.model_rotations(frame)
    row[3 : setup.layout.first_shape] = vectors.reshape(-1)
    if body.has_own_shape and body.model.sha256 == setup.points.model.sha256:
        betas = body.shape[: body.model.beta_count][: setup.layout.beta_count]
        row[setup.layout.betas()[: len(betas)]] = betas
    roots = _roots(pose, body, vectors[0], subject)
    rows = np.tile(row, (len(roots), 1))
    rows[:, setup.layout.root] = vector_from_matrix(roots)
    return placed_rows(setup.points, setup.layout, subject, rows), words


def _conversion(request: FitRequest, file: Path) -> ConvertRequest:
    prior = request.objective.pose_prior
    vposer = None if prior in ("open", "none", "l2") else Path(prior)
    gender = None if request.gender == "automatic" else request.gender
    return ConvertRequest(file, request.folder, request.model, gender, vposer)


def _frame(request: FitRequest, pose: ForeignPose) -> tuple[int, tuple[str, ...]]:
    assert request.start is not None
    count, chosen = pose.frame_count, request.start_frame
    if chosen is not None and chosen >= count:
        raise RequestError(f"--start-frame {chosen}: {request.start} holds {count} poses, numbered from 0.")
    if chosen is None and count > 1:
        words = (
            f"{request.start.name} holds {count} poses; the first was the start (another: --start-frame N)."
        )
        return 0, (words,)
    return chosen or 0, ()


def _roots(pose: ForeignPose, body: BodyPose, root: NumpyArray, subject: Subject) -> NumpyArray:
    """Return turns of the body before the photo's camera, (starts, 3, 3)."""
    turn = matrix_from_vector(root)
    if pose.camera is not None:
        return (pose.camera.rotation @ turn)[None]
    up, _ = noticed_up(pose, body)
    if up == "camera":
        return turn[None]
    in_y_up = _Y_UP_FROM_Z_UP @ WORLD_FROM_FILE[up] @ turn
    return headings_before_camera(subject.roll, _HEADINGS) @ in_y_up
