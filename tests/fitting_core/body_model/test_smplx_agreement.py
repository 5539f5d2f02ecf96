"""Our evaluation against the `smplx` package, which is only called, on every layout that tests can make.

With SMPLX_MODEL_DIR set to a folder that holds smplx/SMPLX_NEUTRAL.npz, the user's licensed file is compared too.
"""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import BodyModel, Pose, points, vertices
from fitting_core.body_model.landmarks import contour_row
from fitting_core.body_model.model_file import load_body_model
from fitting_core.geometry.rotations import matrix_from_vector

_TOLERANCE_M = 1e-5
_DATA = Path(__file__).parents[3] / "fitting_core" / "data" / "open_body"
_SOURCES = ("open neutral", "open female", "open male", "open child", "correctives", "plain", "licensed")


def _file(source: str, synthetic_bodies: dict[str, Path]) -> Path:
    if source == "licensed":
        folder = os.environ.get("SMPLX_MODEL_DIR")
        if not folder:
            pytest.skip("SMPLX_MODEL_DIR is not set: no licensed SMPL-X file to compare with")
        return Path(folder) / "smplx" / "SMPLX_NEUTRAL.npz"
    if source.startswith("open"):
        return _DATA / f"open_body_{source.split()[1]}.npz"
    return synthetic_bodies[source]


@pytest.fixture(scope="module", params=_SOURCES)
def pair(
    request: pytest.FixtureRequest,
    synthetic_bodies: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[BodyModel, Any]:
    """Our model and smplx's, of the same file."""
    path = _file(request.param, synthetic_bodies)
    folder = tmp_path_factory.mktemp("smplx") / "smplx"
    folder.mkdir()
    shutil.copy(path, folder / "SMPLX_NEUTRAL.npz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import smplx

        theirs = smplx.create(
            str(folder.parent),
            model_type="smplx",
            gender="neutral",
            ext="npz",
            use_pca=False,
            flat_hand_mean=True,
            use_face_contour=True,
            num_betas=10,
            num_expression_coeffs=10,
        )
    gender = request.param.split()[1] if request.param.startswith("open") else "neutral"
    return load_body_model("open" if request.param.startswith("open") else str(path), gender), theirs


def _their_contour_row(pose: Pose) -> int:
    """The row that smplx takes: yaw of the chain neck … root, whole degrees."""
    turned = np.eye(3)
    for joint in (12, 9, 6, 3, 0):
        turned = matrix_from_vector(pose.rotations[joint]) @ turned
    yaw = np.degrees(np.arctan2(-turned[2, 0], np.hypot(turned[0, 0], turned[1, 0])))
    return int(contour_row(np.array([-yaw]))[0])


def _theirs(theirs: Any, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    import torch

    def part(values: np.ndarray) -> Any:
        return torch.tensor(values.reshape(1, -1), dtype=torch.float32)

    rotations = pose.rotations
    found = theirs(
        betas=part(pose.shape[:10]),
        expression=part(pose.shape[-10:]),
        global_orient=part(rotations[0]),
        body_pose=part(rotations[joint_table.BODY_POSE]),
        jaw_pose=part(rotations[joint_table.JAW]),
        leye_pose=part(rotations[joint_table.LEFT_EYE]),
        reye_pose=part(rotations[joint_table.RIGHT_EYE]),
        left_hand_pose=part(rotations[joint_table.LEFT_HAND]),
        right_hand_pose=part(rotations[joint_table.RIGHT_HAND]),
        transl=part(pose.translation),
    )
    return found.vertices[0].detach().numpy(), found.joints[0].detach().numpy()


@pytest.mark.parametrize("seed", range(6))
def test_vertices_points_and_contour_agree(pair: tuple[BodyModel, Any], seed: int) -> None:
    ours, theirs = pair
    random = np.random.default_rng(seed)
    rotations = random.normal(0, 0.3, (55, 3))
    rotations[0, 1] = np.radians((-60, -20, -3, 0, 15, 50)[seed])
    shape = random.normal(0, 1, ours.beta_count + 10)
    shape[10 : ours.beta_count] = (
        0.0  # smplx reads ten betas; the open body's others stand behind the expression
    )
    pose = Pose(rotations, shape, random.normal(0, 0.5, 3))
    mesh, joints = _theirs(theirs, pose)
    assert np.abs(vertices(ours, pose) - mesh).max() < _TOLERANCE_M
    assert np.abs(points(ours, pose, _their_contour_row(pose)) - joints).max() < _TOLERANCE_M
