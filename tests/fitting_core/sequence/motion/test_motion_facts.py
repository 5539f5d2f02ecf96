"""What is read off a motion: contacts, the way up, the path through hypotheses, bridges over gaps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.pipeline.setups import fit_setup
from fitting_core.sequence.motion.bridges import bridged
from fitting_core.sequence.motion.contacts import standing
from fitting_core.sequence.motion.hypotheses import _transition, likeliest_path
from fitting_core.sequence.motion.moving_points import CONTACT_POINTS
from fitting_core.sequence.motion.world import StandingPoints, rough_upward, upward, world_from_camera

RATE = 30.0
UP = np.array([0.0, -1.0, 0.0])
_MASSES = (
    "pelvis", "spine2", "spine3", "head", "neck", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_elbow", "right_elbow",
)  # fmt: skip


def walker(frames: int = 60) -> tuple[StandingPoints, np.ndarray]:
    """Somebody whose feet stand by turns for ten frames, and which of the four points truly stand."""
    time = np.arange(frames)
    left_swings = (time // 10) % 2 == 1
    feet = np.zeros((frames, 4, 3))
    for place, swings in enumerate((left_swings, left_swings, ~left_swings, ~left_swings)):
        feet[:, place, 0] = np.cumsum(np.where(swings, 0.12, 0.0))
        feet[:, place, 1] = np.where(swings, -0.1 * np.sin(np.pi * ((time % 10) + 0.5) / 10), 0.0)
        feet[:, place, 2] = 4.0
    true = np.stack([~left_swings, ~left_swings, left_swings, left_swings], axis=1)
    above = np.repeat(feet.mean(axis=1, keepdims=True), len(_MASSES), axis=1)
    above[..., 1] -= np.linspace(0.9, 1.0, len(_MASSES))
    above[:, _MASSES.index("neck"), 1] -= 0.5
    names = (*_MASSES, *CONTACT_POINTS)
    return StandingPoints(
        names, np.concatenate([above, feet], axis=1), np.zeros((frames, 4), dtype=bool)
    ), true


def test_feet_stand_by_turns() -> None:
    """All that is found stands truly, and most of what stands is found: the frames beside a swing are left out."""
    person, true = walker()
    found = standing(person, UP, RATE)
    assert not (found & ~true).any()
    assert found.sum() > 0.75 * true.sum()


def test_a_foot_held_up_does_not_stand() -> None:
    person, _ = walker()
    person.points[:] = person.points[:1]
    raised = person.names.index(CONTACT_POINTS[2])
    person.points[:, raised, 1] -= 0.4
    assert standing(person, UP, RATE).all(axis=0).tolist() == [True, True, False, True]


def test_hysteresis_bridges_a_flicker() -> None:
    """A standing foot that for one frame moves a little faster than where a contact may begin goes on standing."""
    person, _ = walker()
    person.points[:] = person.points[:1]
    person.points[20:, :, 0] += 0.02  # 0.3 m/s about frame 20
    assert standing(person, UP, RATE).all()


def test_single_frame() -> None:
    person, _ = walker(1)
    assert not standing(person, UP, RATE).any()


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), (0.3, 0.0, 0.0), (-0.2, 0.0, 0.1), (0.0, 0.0, -0.4)])
def test_up_is_told_by_balance(tilt: tuple[float, float, float]) -> None:
    """Somebody who stands upright before a camera that is tilted and rolled."""
    person, _ = walker(300)
    person.points[:] = person.points[:1]
    person.points[:, :, 0] = 0.0
    turn = matrix_from_vector(np.array(tilt))
    seen = StandingPoints(person.names, person.points @ turn.T, np.ones((300, 4), dtype=bool))
    for found in (upward([seen]), rough_upward(seen)):
        assert np.degrees(np.arccos(found @ (turn @ UP))) < 4.0


def test_nobody_stands_before_a_level_camera() -> None:
    person, _ = walker()
    np.testing.assert_allclose(upward([person]), UP)


@pytest.mark.parametrize("up", [(0.0, -1.0, 0.0), (0.3, -0.9, 0.1), (0.0, 0.0, -1.0), (0.0, 0.0, 1.0)])
def test_world_stands_on_its_floor(up: tuple[float, float, float]) -> None:
    direction = np.array(up) / np.linalg.norm(up)
    place = world_from_camera(direction, -1.5)
    np.testing.assert_allclose(place[:3, :3] @ place[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(place[:3, :3]) == pytest.approx(1.0)
    np.testing.assert_allclose(place[:3, :3] @ direction, [0, 0, 1], atol=1e-12)
    on_floor = -1.5 * direction  # a point whose height along `up` is the floor's
    assert (place[:3, :3] @ on_floor + place[:3, 3])[2] == pytest.approx(0.0)


def test_path_against_every_path() -> None:
    random = np.random.default_rng(0)
    losses = random.uniform(0, 5, (5, 3))
    points = random.normal(0, 0.1, (5, 3, 4, 3))
    seconds = np.array([0.1, 0.1, 0.3, 0.1])

    def cost(path: tuple[int, ...]) -> float:
        total = sum(losses[frame, place] for frame, place in enumerate(path))
        for frame in range(1, 5):
            apart = points[frame, path[frame]] - points[frame - 1, path[frame - 1]]
            total += float(_transition(apart[None, None], float(seconds[frame - 1]))[0, 0])
        return total

    found = likeliest_path(losses, points, seconds)
    assert tuple(found.tolist()) == min(product(range(3), repeat=5), key=cost)


def test_path_passes_by_a_flip() -> None:
    """The cheapest solution of frame 5 is the mirrored one; the path stays with those before and after."""
    points = np.zeros((11, 2, 4, 3))
    points[:, 1] = 0.4
    losses = np.tile([10.0, 14.0], (11, 1))
    losses[5] = [12.0, 10.0]
    assert likeliest_path(losses, points, np.full(10, 1 / RATE)).tolist() == [0] * 11


def test_bridges() -> None:
    """Halfway between two turns about one axis lies the middle turn; what is known stays, ends are repeated."""
    layout = fit_setup().layout
    x = np.zeros((2, layout.size))
    x[:, 0] = [1.0, 3.0]
    x[:, layout.root] = [[0.0, 0.2, 0.0], [0.0, 1.0, 0.0]]
    whole = bridged(layout, x, np.array([1, 3]), 5)
    np.testing.assert_array_equal(whole[[1, 3]], x)
    np.testing.assert_allclose(whole[2, 0], 2.0)
    np.testing.assert_allclose(whole[2, layout.root], [0.0, 0.6, 0.0], atol=1e-9)
    np.testing.assert_allclose(whole[[0, 4]], x, atol=1e-9)


def test_bridge_takes_the_short_way() -> None:
    """From 170° to −170° the middle is 180°, not 0°."""
    layout = fit_setup().layout
    x = np.zeros((2, layout.size))
    x[:, layout.root] = [[0.0, np.radians(170), 0.0], [0.0, np.radians(-170), 0.0]]
    middle = bridged(layout, x, np.array([0, 2]), 3)[1, layout.root]
    assert np.linalg.norm(middle) == pytest.approx(np.pi, abs=1e-6)
