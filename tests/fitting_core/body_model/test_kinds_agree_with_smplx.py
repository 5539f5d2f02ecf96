"""SMPL, SMPL-H and every SMPL-X layout against the `smplx` package, which is only called, on files that tests make.

With SMPLX_MODEL_DIR set, a user's licensed files of smplx, smplh and smpl in it are compared too.
"""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from fitting_core.body_model.body_model import BodyModel, Pose, points, vertices
from fitting_core.body_model.joints import ModelKind
from fitting_core.body_model.landmarks import FIRST_LANDMARK, FIRST_VERTEX_POINT
from fitting_core.body_model.model_file import load_body_model
from tests import synthetic_kinds

_TOLERANCE_M = 1e-5


class _Case(NamedTuple):
    kind: ModelKind
    suffix: str = "npz"
    components: int | None = None  # of the made file; None: as many as its oldest version
    betas: int = 10
    expressions: int = 10


_CASES = {
    "SMPL, official pickle": _Case("smpl", "pkl"),
    "SMPL, 300 betas": _Case("smpl", "pkl3", 300, 300),
    "SMPL-H, official pickle": _Case("smplh", "pkl"),
    "SMPL-H, npz of 16 betas, 10 taken": _Case("smplh", "npz", 16),
    "SMPL-X v1.0, pickle": _Case("smplx", "pkl"),
    "SMPL-X v1.1": _Case("smplx", "npz", 400),
    "SMPL-X v1.1, everything": _Case("smplx", "npz", 400, 300, 100),
}


def _made_file(case: _Case, folder: Path) -> Path:
    name = f"{case.kind.upper()}_NEUTRAL.{case.suffix[:3]}"
    if case.suffix == "npz":
        np.savez(folder / name, **synthetic_kinds.arrays(case.kind, case.components))
    elif case.suffix == "pkl":
        synthetic_kinds.official_pickle(case.kind, folder / name)
    else:
        (folder / name).write_bytes(pickle.dumps(synthetic_kinds.arrays(case.kind, case.components)))
    return folder / name


def _theirs(path: Path, case: _Case) -> Any:
    options: dict[str, Any] = {"num_betas": case.betas}
    if case.kind != "smpl":
        options |= {"use_pca": False, "flat_hand_mean": True, "ext": path.suffix[1:]}
    if case.kind == "smplx":
        options |= {"num_expression_coeffs": case.expressions, "use_face_contour": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import smplx

        return smplx.create(str(path), model_type=case.kind, gender="neutral", **options)


def _their_body(theirs: Any, model: BodyModel, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    import torch

    groups, rotations = model.groups, pose.rotations
    parts: dict[str, np.ndarray] = {
        "betas": pose.shape[: model.beta_count],
        "global_orient": rotations[groups.pelvis],
        "body_pose": rotations[1:] if groups.knuckles is not None else rotations[groups.body],
        "transl": pose.translation,
    }
    if groups.left_hand is not None and groups.right_hand is not None:
        parts |= {
            "left_hand_pose": rotations[groups.left_hand],
            "right_hand_pose": rotations[groups.right_hand],
        }
    if groups.jaw is not None and groups.eyes is not None:
        parts |= {
            "jaw_pose": rotations[groups.jaw],
            "leye_pose": rotations[groups.eyes[0]],
            "reye_pose": rotations[groups.eyes[1]],
            "expression": pose.shape[model.beta_count :],
        }
    tensors = {name: torch.tensor(value.reshape(1, -1), dtype=torch.float32) for name, value in parts.items()}
    found = theirs(**tensors)
    return found.vertices[0].detach().numpy(), found.joints[0].detach().numpy()


def _check(model: BodyModel, theirs: Any) -> None:
    for seed in range(3):
        random = np.random.default_rng(seed)
        rotations = random.normal(0, 0.3, (model.joint_count, 3))
        pose = Pose(
            rotations, random.normal(0, 0.5, model.shape_directions.shape[2]), random.normal(0, 0.5, 3)
        )
        mesh, joints = _their_body(theirs, model, pose)
        found = points(model, pose)
        assert np.abs(vertices(model, pose) - mesh).max() < _TOLERANCE_M
        own = model.point_ids.joints
        known = own >= 0
        assert np.abs(found[own[known]] - joints[: model.joint_count][known]).max() < _TOLERANCE_M
        extra = slice(model.joint_count, model.joint_count + FIRST_LANDMARK - FIRST_VERTEX_POINT)
        assert (
            np.abs(found[FIRST_VERTEX_POINT:FIRST_LANDMARK] - joints[extra]).max() < _TOLERANCE_M
        )  # vertices
        np.testing.assert_array_equal(np.isfinite(found).all(axis=1), model.present_points)


@pytest.mark.parametrize("name", _CASES)
def test_made_files(name: str, tmp_path: Path) -> None:
    case = _CASES[name]
    path = _made_file(case, tmp_path)
    model = load_body_model(str(path), "neutral", beta_count=case.betas, expression_count=case.expressions)
    assert model.kind == case.kind
    assert model.beta_count == case.betas
    assert model.expression_count == (case.expressions if case.kind == "smplx" else 0)
    _check(model, _theirs(path, case))


@pytest.mark.parametrize("gender", ["neutral", "female", "male"])
@pytest.mark.parametrize("kind", ["smplx", "smplh", "smpl"])
def test_licensed_files(kind: ModelKind, gender: str) -> None:
    folder = os.environ.get("SMPLX_MODEL_DIR")
    if not folder:
        pytest.skip("SMPLX_MODEL_DIR is not set: no licensed files to compare with")
    found = sorted(Path(folder, kind).glob(f"{kind.upper()}_{gender.upper()}.*"))
    if not found:
        pytest.skip(f"no {kind.upper()}_{gender.upper()} in {folder}/{kind}")
    model = load_body_model(str(found[0]), gender)
    assert model.kind == kind
    _check(model, _theirs(found[0], _Case(kind)))
