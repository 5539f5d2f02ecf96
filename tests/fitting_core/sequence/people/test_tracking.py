"""Tracks of stick figures that walk: who is who, across gaps, crossings, exchanged sides and ghosts."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, MIRROR
from fitting_core.sequence.people.sides import with_own_sides
from fitting_core.sequence.people.track_facts import track_facts
from fitting_core.sequence.people.tracking import track_people

RATE = 30.0
HEIGHT_PX = 300.0
FIGURE = np.random.default_rng(5).uniform(-0.15, 0.15, (25, 2)) + np.linspace(0.0, 1.0, 25)[:, None] * [0, 1]


def walker(x: float, y: float = 100.0, sides: bool = False, confidence: float = 0.9) -> Keypoints2D:
    """A figure at a place, with its sides exchanged if wanted."""
    body = np.column_stack([FIGURE * HEIGHT_PX + [x, y], np.full(25, confidence)])
    nothing = np.zeros((21, 3))
    person = Keypoints2D(body, nothing, nothing.copy(), np.zeros((70, 3)))
    return with_own_sides(person, np.array([sides, sides]))


def test_crossing_people_keep_their_names() -> None:
    """Two walk through each other; the detector lists the one on the left first, so that their order changes midway."""
    frames = []
    for time in range(40):
        first, second = walker(100.0 + 10.0 * time, 100.0), walker(500.0 - 10.0 * time, 130.0)
        frames.append(sorted((first, second), key=lambda person: float(person.body[0, 0])))
    tracks = track_people(frames, RATE)
    assert [len(track.frames) for track in tracks] == [40, 40]
    for track in tracks:
        xs = [
            float(frames[frame][index].body[0, 0])
            for frame, index in zip(track.frames, track.indices, strict=True)
        ]
        assert set(np.sign(np.diff(xs))) in ({1.0}, {-1.0})


@pytest.mark.parametrize(("missing", "tracks"), [(1, 1), (10, 1), (29, 1), (40, 2)])
def test_gaps(missing: int, tracks: int) -> None:
    gone = range(15, 15 + missing)
    frames = [[] if time in gone else [walker(100.0 + 2.0 * time)] for time in range(80)]
    found = track_people(frames, RATE)
    assert len(found) == tracks
    assert sum(len(track.frames) for track in found) == 80 - missing


def test_ghosts_are_dropped() -> None:
    frames = [[walker(100.0)] for _ in range(30)]
    frames[7].append(walker(900.0))
    frames[20].append(walker(50.0, confidence=0.1))
    (track,) = track_people(frames, RATE)
    assert track.indices == [0] * 30


def test_a_jump_is_somebody_else() -> None:
    frames = [[walker(100.0 if time < 15 else 900.0)] for time in range(30)]
    assert [len(track.frames) for track in track_people(frames, RATE)] == [15, 15]


@pytest.mark.parametrize(
    ("wrong", "told"), [((7,), (7,)), ((0, 9, 10), (0, 9, 10)), (range(3, 30), (0, 1, 2))]
)
def test_exchanged_sides(wrong: range, told: tuple[int, ...]) -> None:
    """Frames whose sides differ from those of most are told; of a majority that is wrong nobody can know."""
    frames = [[walker(100.0 + time, sides=time in wrong)] for time in range(30)]
    (track,) = track_people(frames, RATE)
    assert np.flatnonzero(track.exchanged.all(axis=1)).tolist() == list(told)
    assert np.flatnonzero(track.exchanged.any(axis=1)).tolist() == list(told)


def test_exchanged_sides_change_all_points_and_both_hands() -> None:
    person = walker(100.0)
    person.left_hand[:] = 1.0
    other = with_own_sides(person, np.array([True, True]))
    np.testing.assert_array_equal(other.body, person.body[list(MIRROR[: BODY_25.count])])
    assert other.right_hand.all() and not other.left_hand.any()


def test_the_most_prominent_comes_first() -> None:
    small = [
        Keypoints2D(*(part * [0.3, 0.3, 1.0] for part in (one.body, one.left_hand, one.right_hand, one.face)))
        for one in [walker(2000.0)]
    ]
    frames = [[small[0], walker(100.0)] for _ in range(10)]
    assert [track.indices[0] for track in track_people(frames, RATE)] == [1, 0]


def test_nobody() -> None:
    assert track_people([[] for _ in range(10)], RATE) == []


def test_legs_alone_are_exchanged() -> None:
    """Between frames that are wrong whole the detector is wrong about the legs only: all of it is put right."""
    wrong = {10: (False, True), 11: (True, True), 12: (True, False)}
    frames = [
        [with_own_sides(walker(100.0), np.array(wrong.get(time, (False, False))))] for time in range(30)
    ]
    (track,) = track_people(frames, RATE)
    assert {time: tuple(row.tolist()) for time, row in enumerate(track.exchanged) if row.any()} == wrong
    for time, (person,) in enumerate(frames):
        np.testing.assert_array_equal(with_own_sides(person, track.exchanged[time]).body, walker(100.0).body)


def test_facts_of_a_track_name_the_frame_in_which_the_person_is_seen_best() -> None:
    frames = [[walker(100.0 + 2.0 * time, confidence=0.5 + 0.1 * (time == 8))] for time in range(12)]
    frames[3] = []
    (track,) = track_people(frames, RATE)
    facts = track_facts(track, 4, frames, np.arange(20, 44, 2))
    assert {key: facts[key] for key in facts if key != "box"} == {
        "number": 4,
        "first_frame": 20,
        "last_frame": 42,
        "frames_seen": 11,
        "best_frame": 36,
    }
    points = frames[8][0].body[:, :2]
    np.testing.assert_allclose(facts["box"], [*points.min(axis=0), *points.max(axis=0)], atol=0.06)
