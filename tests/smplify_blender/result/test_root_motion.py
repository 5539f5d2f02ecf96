"""A root's motion taken apart and put together again, and the heading of somebody who leans, rolls and stands on his head."""

from __future__ import annotations

import math

import numpy as np
import pytest

from smplify_blender.result.motion_tracks import product
from smplify_blender.result.root_motion import RestBone, RigidMotions, floor_motions, headings
from smplify_blender.result.rotations import matrix_from_rotation_vector

X, Y, Z = np.eye(3)


def turn(axis: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Quaternions (N, 4) about an axis."""
    return np.concatenate([np.cos(angles / 2)[:, None], np.sin(angles / 2)[:, None] * axis], axis=1)


def random_motions(count: int = 50, seed: int = 0) -> RigidMotions:
    random = np.random.default_rng(seed)
    turns = random.normal(size=(count, 4))
    return RigidMotions(turns / np.linalg.norm(turns, axis=1, keepdims=True), random.normal(size=(count, 3)))


def test_what_is_undone_is_nothing() -> None:
    motions = random_motions()
    nothing = motions.inverse().after(motions)
    np.testing.assert_allclose(nothing.turns, np.tile([1.0, 0, 0, 0], (50, 1)), atol=1e-12)
    np.testing.assert_allclose(nothing.places, 0.0, atol=1e-12)


def test_a_bone_at_rest_and_back_to_its_channels() -> None:
    rest = RestBone(matrix_from_rotation_vector([0.3, -1.2, 0.8]), np.array([0.1, 0.2, 1.0]))
    still = rest.motions(np.array([[1.0, 0, 0, 0]]), np.zeros((1, 3)))
    np.testing.assert_allclose(still.turns, [[1.0, 0, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(still.places, [rest.head], atol=1e-12)
    motions = random_motions(seed=1)
    turns, locations = rest.channels(motions)
    again = rest.motions(turns, locations)
    np.testing.assert_allclose(again.turns, motions.turns, atol=1e-12)
    np.testing.assert_allclose(again.places, motions.places, atol=1e-12)


def test_the_floor_part_and_the_rest_are_the_whole() -> None:
    root = random_motions(seed=2)
    floor = floor_motions(root)
    kept = floor.inverse().after(root)
    np.testing.assert_allclose(kept.places[:, :2], 0.0, atol=1e-12)
    np.testing.assert_allclose(kept.places[:, 2], root.places[:, 2], atol=1e-12)
    np.testing.assert_allclose(floor.after(kept).places, root.places, atol=1e-12)


STEPS = np.linspace(0.0, 1.0, 41)
HEADINGS: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "three times round": (turn(Z, 6 * math.pi * STEPS), 6 * math.pi * STEPS),
    "leaning while turning": (
        product(turn(Z, 2 * STEPS), turn(X, 0.8 * np.sin(9 * STEPS))), 2 * STEPS
    ),
    "a somersault": (product(turn(Z, 0.5 + 0 * STEPS), turn(X, 2 * math.pi * STEPS)), 0.5 + 0 * STEPS),
    "a cartwheel": (product(turn(Z, 0.5 + 0 * STEPS), turn(Y, 2 * math.pi * STEPS)), 0.5 + 0 * STEPS),
    "always head down": (turn(X, math.pi + 0 * STEPS), 0 * STEPS),
}  # fmt: skip


@pytest.mark.parametrize(("turns", "expected"), HEADINGS.values(), ids=HEADINGS)
def test_heading(turns: np.ndarray, expected: np.ndarray) -> None:
    found = headings(turns)
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-9)
    np.testing.assert_allclose(np.exp(1j * found), np.exp(1j * expected), atol=1e-9)


def test_a_trembling_handstand_does_not_spin() -> None:
    """Upside down, a hundredth of a radian turns the twist about z anywhere: the heading goes straight over it."""
    random = np.random.default_rng(3)
    tilt = np.interp(STEPS, [0.0, 0.3, 0.7, 1.0], [0.0, math.pi, math.pi, 0.0])
    shaken = product(turn(Y, random.normal(0.0, 0.01, len(STEPS))), turn(X, tilt))
    heading = headings(product(turn(Z, random.normal(0.0, 0.01, len(STEPS))), shaken))
    assert np.abs(np.diff(heading)).max() < 0.1
