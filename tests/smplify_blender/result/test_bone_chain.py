"""Bones posed by numbers alone; tests/blender/test_reduce_keys.py holds them against Blender's own pose."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.bone_chain import BoneChain, angles_between, posed_bones, rotation_matrices
from smplify_blender.result.rotations import quaternion_from_matrix
from tests.blender.synthetic_result import rotation_matrix


def two_bones() -> BoneChain:
    """One bone of 2 up along y at (1, 0, 0), and one of 1 on its end."""
    rest = np.tile(np.eye(4), (2, 1, 1))
    rest[0, :3, 3], rest[1, :3, 3] = (1, 0, 0), (1, 2, 0)
    return BoneChain(("lower", "upper"), (-1, 0), rest, np.array([2.0, 1.0]))


def test_a_quarter_turn_about_z() -> None:
    turns = np.array([[quaternion_from_matrix(rotation_matrix(np.array([0, 0, np.pi / 2]))), [1, 0, 0, 0]]])
    posed = posed_bones(two_bones(), turns, np.array([[[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]]]))
    np.testing.assert_allclose(posed.heads[0], [[1, 0, 5], [-1, 0, 5]], atol=1e-12)
    np.testing.assert_allclose(posed.tips[0], [[-1, 0, 5], [-2, 0, 5]], atol=1e-12)
    assert np.degrees(angles_between(posed.axes[0, 1], np.eye(3))) == pytest.approx(90)


def test_reach_is_to_the_farthest_tip() -> None:
    assert two_bones().reach().tolist() == [3.0, 1.0]


def test_matrices_of_quaternions_of_any_length() -> None:
    turn = rotation_matrix(np.array([0.3, -1.2, 0.5]))
    found = rotation_matrices(np.array([[7.0 * quaternion_from_matrix(turn), -quaternion_from_matrix(turn)]]))
    np.testing.assert_allclose(found[0], [turn, turn], atol=1e-12)
