"""Mirrored limbs look the same from a distant camera, keep their bone lengths and, mirrored twice, come back."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.body_model import joint_transforms, rest_joints
from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.model_file import load_body_model
from fitting_core.engine import choose_engine
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.starts.depth_flips import FLIP_COUNT, depth_flips
from fitting_core.geometry.rotations import matrix_from_vector

_LAYOUT = ParameterLayout(55, 10, 10)
_MIRRORED = ((True, True), (True, False), (False, True))
_CHAINS = [("left_hip", "left_knee", "left_ankle"), ("left_shoulder", "left_elbow", "left_wrist")]


def _joints(path: Path, x: np.ndarray) -> np.ndarray:
    model = load_body_model(str(path))
    rest = rest_joints(model, _LAYOUT.shape_coefficients(x[None])[0])
    return joint_transforms(model, _LAYOUT.rotations(x[None])[0], rest)[1] + x[:3]


def test_flips_mirror_the_bones_they_say(synthetic_bodies: dict[str, Path]) -> None:
    path = synthetic_bodies["plain"]
    x = np.random.default_rng(4).normal(0, 0.5, (2, _LAYOUT.size))
    x[:, :3] = [0.0, 0.0, 1e4]  # so far away that every ray is the z axis
    flipped = depth_flips(load_body_model(str(path)), _LAYOUT, x)
    assert flipped.shape == (2, FLIP_COUNT, _LAYOUT.size)
    for element, (limb, chain), (choice, mirrored) in product(
        range(2), enumerate(_CHAINS), enumerate(_MIRRORED)
    ):
        before = _bones(path, x[element], chain)
        after = _bones(path, flipped[element, 3 * limb + choice], chain)
        expected = before * np.array([[1, 1, -1 if flip else 1] for flip in mirrored])
        np.testing.assert_allclose(after, expected, atol=1e-3)


def _bones(path: Path, x: np.ndarray, chain: tuple[str, ...]) -> np.ndarray:
    """(2, 3): from the first joint to the second, from the second to the third."""
    return np.diff(_joints(path, x)[[joint_index(name) for name in chain]], axis=0)


def test_both_bones_mirrored_keep_the_hinge(synthetic_bodies: dict[str, Path]) -> None:
    x = np.random.default_rng(4).normal(0, 0.5, (1, _LAYOUT.size))
    x[:, :3] = [0.3, 0.1, 4.0]
    flipped = depth_flips(load_body_model(str(synthetic_bodies["plain"])), _LAYOUT, x)
    knee = _LAYOUT.joints([joint_index("left_knee")])
    np.testing.assert_allclose(flipped[0, 0, knee], x[0, knee], atol=1e-6)


@pytest.mark.parametrize("straight", [False, True], ids=["bent", "straight limbs"])
def test_flips_on_torch_are_those_of_numpy(synthetic_bodies: dict[str, Path], straight: bool) -> None:
    pytest.importorskip("torch")
    x = np.random.default_rng(4).normal(0, 0.5, (9, _LAYOUT.size))
    if straight:
        x[:, _LAYOUT.joints(slice(0, 55))] = 0.0
    x[:, :3] = [0.3, 0.1, 4.0]
    model = load_body_model(str(synthetic_bodies["plain"]))
    torch_engine = choose_engine("torch", "cpu")
    expected, found = depth_flips(model, _LAYOUT, x), depth_flips(model, _LAYOUT, x, torch_engine.make)
    vectors = [rows[..., _LAYOUT.joints(slice(0, 55))].reshape(-1, 3) for rows in (expected, found)]
    apart = matrix_from_vector(vectors[0]) - matrix_from_vector(vectors[1])
    assert np.abs(apart).max() < 1e-4
