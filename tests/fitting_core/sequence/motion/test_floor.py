"""The floor that everybody shares: found under feet that stand, not tilted by those on a step, told apart by its key."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.sequence.motion.floor import Floor, shared_floor
from fitting_core.sequence.motion.moving_points import CONTACT_POINTS
from fitting_core.sequence.motion.world import StandingPoints
from tests.fitting_core.sequence.motion.test_motion_facts import walker

FLOOR_Y = 1.3  # of the camera's frame, y down


def standing_person(place: tuple[float, float], raised_m: float = 0.0, frames: int = 60) -> StandingPoints:
    """Somebody who stands upright at x and z, on something so high above the floor."""
    person, _ = walker(frames)
    points = np.repeat(person.points[:1], frames, axis=0)
    feet = [person.names.index(name) for name in CONTACT_POINTS]
    points -= points[:1, feet].mean(axis=(0, 1))
    points += [place[0], FLOOR_Y - raised_m, place[1]]
    return StandingPoints(person.names, points, np.ones((frames, 4), dtype=bool))


@pytest.mark.parametrize("degrees", [0.0, 2.0, 20.0])
def test_floor_under_two_people_and_one_on_a_step(degrees: float) -> None:
    """The camera looks down by so much: the floor is found within two centimetres, and the step is not on it."""
    turn = matrix_from_vector(np.radians([-degrees, 0.0, 0.0]))
    people = [standing_person((-1.0, 4.0)), standing_person((1.0, 6.0)), standing_person((0.0, 5.0), 0.4, 20)]
    seen = [StandingPoints(one.names, one.points @ turn.T, one.contacts) for one in people]
    floor = shared_floor(seen)
    assert floor is not None
    np.testing.assert_allclose(floor.up, turn @ [0.0, -1.0, 0.0], atol=0.01)
    for person, raised in zip(seen, (0.0, 0.0, 0.4), strict=True):
        heights = person.feet @ floor.up - floor.height
        np.testing.assert_allclose(heights, raised, atol=0.02)
    bound = [floor.bound(person) for person in seen]
    assert min(bound[0].min(), bound[1].min()) > 0.7 and bound[2].max() < 0.05


def test_feet_that_stand_on_nothing_are_not_bound() -> None:
    person = standing_person((0.0, 4.0))
    person.contacts[10:20] = False
    floor = shared_floor([person])
    assert floor is not None
    bound = floor.bound(person)
    assert not bound[10:20].any() and bound[:10].min() > 0.9


def test_nobody_stands() -> None:
    person = standing_person((0.0, 4.0))
    person.contacts[:] = False
    assert shared_floor([person]) is None


def test_floors_have_keys() -> None:
    up = np.array([0.0, -1.0, 0.0])
    assert Floor(up, 1.0).key == Floor(up.copy(), 1.0).key != Floor(up, 1.001).key
