"""Hairs turn about the eye with the lid that they stand on."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.scene.looks.lash_turns import turned_with_lids

EYES = np.array([[0.03, 0.0, 0.0], [-0.03, 0.0, 0.0]])
RADIUS = 0.014


def _lid(side: float, degrees: float) -> np.ndarray:
    """A place on the ball of an eye, so far above the middle of its front, which is towards +z."""
    angle = np.radians(degrees)
    return np.array([0.03 * side, RADIUS * np.sin(angle), RADIUS * np.cos(angle)])


def _hair(root: np.ndarray, out: np.ndarray) -> np.ndarray:
    across = np.array([0.0002, 0.0, 0.0])
    return np.stack([root - across, root + across, root + 0.008 * out - across, root + 0.008 * out + across])


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["left", "right"])
def test_a_lid_that_closes_lowers_its_lashes(side: float) -> None:
    """From 35° above to 5° below: a hair that stood 50° up then points 10° up."""
    before, after = _lid(side, 35.0), _lid(side, -5.0)
    up = np.radians(50.0)
    hair = _hair(before, np.array([0.0, np.sin(up), np.cos(up)]))
    moved = hair + turned_with_lids(hair[None], (after - before)[None], EYES)[0]
    np.testing.assert_allclose(moved[:2].mean(axis=0), after, atol=1e-12)
    along = moved[2:].mean(axis=0) - after
    np.testing.assert_allclose(np.linalg.norm(along), 0.008)
    assert np.degrees(np.arctan2(along[1], along[2])) == pytest.approx(10.0)


def test_what_does_not_move_does_not_turn() -> None:
    hair = _hair(_lid(1.0, 20.0), np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(turned_with_lids(hair[None], np.zeros((1, 3)), EYES), 0.0, atol=1e-15)
