"""Legs that walk on the spot with sliding feet: a foot in contact stands still, keeps its turn, and nothing jumps."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.bone_chain import BoneChain, PosedBones, posed_bones
from smplify_blender.result.foot_lock import Leg, contact_moves, locked_leg

FPS = 30.0
COUNT = 60
LEG = Leg(1, 2, 3, 4)
STANDS = slice(20, 40)


def chain() -> BoneChain:
    """Hips, thigh, shin, foot and toe of a leg of 0.8 m that points down; the bones' y axes run along them."""
    down = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    ahead = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]) @ np.diag([1.0, 1, 1])
    rest = np.tile(np.eye(4), (5, 1, 1))
    for row, (turn, place) in enumerate(
        [
            (np.eye(3), (0, 0, 0.9)),
            (down, (0.1, 0, 0.9)),
            (down, (0.1, 0, 0.5)),
            (ahead, (0.1, 0, 0.1)),
            (ahead, (0.1, -0.1, 0.0)),
        ]
    ):
        rest[row, :3, :3], rest[row, :3, 3] = turn, place
    return BoneChain(
        ("hips", "thigh", "shin", "foot", "toe"), (-1, 0, 1, 2, 3), rest, np.array([0.1, 0.4, 0.4, 0.1, 0.05])
    )


def walk() -> tuple[np.ndarray, np.ndarray]:
    """Quaternions (N, 5, 4) of swinging, bent legs, and places (N, 5, 3) of hips that go ahead."""
    time = np.arange(COUNT) / FPS
    rotations = np.zeros((COUNT, 5, 4))
    rotations[..., 0] = 1.0
    for row, angle in (
        (1, 0.2 * np.sin(4 * time)),
        (2, 0.5 + 0.1 * np.cos(4 * time)),
        (3, 0.2 * np.sin(5 * time)),
    ):
        rotations[:, row, 0], rotations[:, row, 1] = np.cos(angle / 2), np.sin(angle / 2)
    places = np.zeros((COUNT, 5, 3))
    places[:, 0, 1] = -0.1 * time
    return rotations, places


def locked(strength: float) -> tuple[PosedBones, PosedBones]:
    bones, (rotations, places) = chain(), walk()
    standing = np.zeros((COUNT, 2), dtype=bool)
    standing[STANDS] = True
    before = posed_bones(bones, rotations, places)
    changed = rotations.copy()
    for row, turns in locked_leg(bones, before, LEG, standing, strength, FPS).items():
        changed[:, row] = turns
    return before, posed_bones(bones, changed, places)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_foot_in_contact_stands_still(strength: float) -> None:
    before, after = locked(strength)
    for row in (LEG.foot, LEG.toe):
        slides = [float(np.ptp(posed.heads[STANDS, row], axis=0).max()) for posed in (before, after)]
        assert slides[0] > 0.05
        if strength == 1.0:
            assert slides[1] < 0.35 * slides[0]  # the foot turns about its middle
        else:
            assert slides[1] == pytest.approx((1 - 0.7 * strength) * slides[0], rel=0.35)
    middle = [posed.heads[STANDS][:, [LEG.foot, LEG.toe]].mean(axis=1) for posed in (before, after)]
    left = np.ptp(middle[1], axis=0).max() / np.ptp(middle[0], axis=0).max()
    assert left == pytest.approx(1.0 - strength, abs=1e-6)
    np.testing.assert_allclose(after.axes[:, LEG.foot], before.axes[:, LEG.foot], atol=1e-7)
    np.testing.assert_allclose(after.heads[:, 0], before.heads[:, 0], atol=1e-12)


def test_far_from_contacts_nothing_changes_and_nothing_jumps() -> None:
    before, after = locked(1.0)
    np.testing.assert_allclose(after.heads[:15], before.heads[:15], atol=1e-6)
    np.testing.assert_allclose(after.heads[45:], before.heads[45:], atol=1e-6)
    moved = np.linalg.norm(after.heads[:, LEG.foot] - before.heads[:, LEG.foot], axis=1).max()
    steps, own = (
        np.linalg.norm(np.diff(posed.heads[:, LEG.foot], axis=0), axis=1).max() for posed in (after, before)
    )
    assert steps < own + 0.5 * moved  # of a ramp of four frames, whose steepest step is 0.31


def test_moves_of_two_contacts_after_another_are_steady() -> None:
    """Heel first, then both, then the toe: the foot is at rest in each, and between them moves by ramps."""
    places = np.zeros((60, 2, 3))
    places[:, :, 0] = np.linspace(0.0, 0.6, 60)[:, None]
    standing = np.zeros((60, 2), dtype=bool)
    standing[10:30, 0] = standing[20:45, 1] = True
    moves = contact_moves(places, standing, 4)
    assert not moves[:6].any() and not moves[49:].any()
    assert np.abs(np.diff(moves[:, 0])).max() < 0.1
    assert np.ptp(places[10:16, 0, 0] + moves[10:16, 0]) < 1e-12


def test_a_leg_does_not_reach_further_than_it_is_long() -> None:
    bones = chain()
    rotations, places = walk()
    rotations[:, 1:3] = [1.0, 0, 0, 0]
    places[:, 0, 2] = np.linspace(0.0, 0.3, COUNT)  # the hips rise while the foot should stand
    before = posed_bones(bones, rotations, places)
    found = locked_leg(bones, before, LEG, np.ones((COUNT, 2), dtype=bool), 1.0, FPS)
    assert all(np.isfinite(turns).all() for turns in found.values())
    for row, turns in found.items():
        rotations[:, row] = turns
    after = posed_bones(bones, rotations, places)
    assert np.linalg.norm(after.heads[:, 3] - after.heads[:, 1], axis=1).max() <= 0.8 + 1e-9
