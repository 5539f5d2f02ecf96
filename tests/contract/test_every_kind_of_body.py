"""SMPL-X, SMPL-H and SMPL files through the real command line and into the add-on's reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.joints import SKELETONS, ModelKind
from fitting_core.cli import main
from smplify_blender.result.read_result import read_result
from tests import cut_bodies
from tests.photos import synthetic_case, write_photo


@pytest.mark.parametrize("kind", ["smplh", "smpl"])
def test_fit_and_read(kind: ModelKind, tmp_path: Path) -> None:
    case = synthetic_case(1)
    photo, keypoints = write_photo(tmp_path, [case.subject.keypoints])
    body = cut_bodies.write(tmp_path / "body.npz", kind)
    out = tmp_path / "out"
    focal = str(case.subject.focal_px)
    arguments = [
        "fit",
        str(photo),
        str(keypoints),
        "--out",
        str(out),
        "--model",
        str(body),
        "--focal-px",
        focal,
    ]
    assert main(arguments) == 0
    with np.load(out / "person_00.npz", allow_pickle=False) as person:
        found, truth = person["joints"][:22], case.points[:22]
        error = np.linalg.norm((found - found[0]) - (truth - truth[0]), axis=1).mean()
        assert error < 0.12  # a body that is read wrongly is off by decimetres
        assert np.isnan(person["joints"][76:]).all()  # no face
        assert person["body_pose"].shape == (63,)
        assert not person["jaw_pose"].any()
        assert bool(person["left_hand_pose"].any()) == (kind == "smplh")
    result = read_result(out)
    assert result.body_of(result.people[0]).joint_names == SKELETONS[kind].joint_names
    again = [*arguments[:4], str(tmp_path / "again"), *arguments[5:], "--start", str(out / "person_00.npz")]
    assert main(again) == 0
