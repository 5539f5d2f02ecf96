"""The focal length that a file of poses names is told by `inspect`, wherever in the file it stands."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.conversion.doctor import explanation
from fitting_core.conversion.foreign_file import read_foreign_file

_FRAMES = 4
_POSE = {
    "global_orient": np.zeros((_FRAMES, 3)),
    "body_pose": np.zeros((_FRAMES, 63)),
    "transl": np.zeros((_FRAMES, 3)),
}
_K = np.tile(np.array([[1469.0, 0, 640], [0, 1469, 360], [0, 0, 1]]), (_FRAMES, 1, 1))
_PEOPLE = {1: {"smplx_world": {"pose": np.zeros((_FRAMES, 165)), "trans": np.zeros((_FRAMES, 3))}}}

_FILES: dict[str, tuple[Any, float | None]] = {
    "GVHMR": ({"smpl_params_global": _POSE, "K_fullimg": _K}, 1469.0),
    "PromptHMR": ({"camera": {"img_focal": np.float32(1200.0)}, "people": _PEOPLE}, 1200.0),
    "4D-Humans": ({"pred_smpl_params": _POSE, "focal_length": np.full((_FRAMES, 2), 5000.0)}, 5000.0),
    "none": ({"smpl_params_global": _POSE}, None),
    "no focal length in pixels": ({**_POSE, "focal_length": 0.035}, None),
    "not finite": ({**_POSE, "focal_length": np.nan}, None),
    "empty": ({**_POSE, "focal_length": np.zeros(0)}, None),
    "true": ({**_POSE, "focal_length": True}, None),
}


@pytest.mark.parametrize("name", _FILES)
def test_a_focal_length_is_found_and_told(tmp_path: Path, name: str) -> None:
    value, focal_px = _FILES[name]
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(value))
    assert read_foreign_file(path).focal_px == focal_px
    told = [line for line in explanation(path) if "--focal-px" in line]
    assert len(told) == (focal_px is not None) and all(f"--focal-px {focal_px:.0f}." in line for line in told)


def test_an_archive_s_entry(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        pose=np.zeros((_FRAMES, 72)),
        global_t=np.zeros((_FRAMES, 3)),
        focal_l=np.full(_FRAMES, 900.0),
    )
    assert read_foreign_file(tmp_path / "a.npz").focal_px == 900.0
