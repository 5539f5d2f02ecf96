"""People who leave and come back: joined by their clothes where those tell, said where they may be the same."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.sequence.people.returning import Rejoined, rejoin
from fitting_core.sequence.people.tracking import by_prominence, track_people
from fitting_core.sequence.shots.clothes import REGIONS, clothes_of, typical_clothes
from fitting_core.sequence.shots.watching import Shot, WatchedClip
from tests.fitting_core.sequence.people.test_tracking import walker

RATE = 30.0
RED, BLUE, DARK_RED = (
    np.array([90.0, 120.0, 60.0]),
    np.array([80.0, -60.0, -90.0]),
    np.array([85.0, 100.0, 52.0]),
)
# What everybody wears, where they are (px) and when (frames, the last not counted in).
Wearer = tuple[np.ndarray, float, tuple[int, int]]


def rejoined(wearers: list[Wearer], cut: int | None = None, is_seen: bool = True) -> Rejoined:
    """Follow people of 160 frames and join who comes back; clothes vary a little from frame to frame."""
    random = np.random.default_rng(3)
    frames = [[one for one in wearers if one[2][0] <= time < one[2][1]] for time in range(160)]
    people = [[walker(x + time) for _, x, _ in present] for time, present in enumerate(frames)]
    clothes = tuple(
        tuple(
            np.tile(worn, (len(REGIONS), 1)) + random.normal(0, 3, (len(REGIONS), 3))
            for worn, _, _ in present
        )
        for present in frames
    )
    shots = (Shot(0, 159),) if cut is None else (Shot(0, cut - 1), Shot(cut, 159))
    tracks = track_people(people, RATE, [slice(shot.first_frame, shot.last_frame + 1) for shot in shots])
    found = rejoin(tracks, WatchedClip(shots, clothes if is_seen else ()))
    assert len(by_prominence(found.tracks, people)) == len(found.tracks)
    return found


GONE: dict[str, tuple[list[Wearer], int | None, int, int]] = {
    "gone for two seconds": ([(RED, 100.0, (0, 40)), (RED, 600.0, (100, 160))], None, 1, 0),
    "gone twice": (
        [(RED, 100.0, (0, 30)), (RED, 600.0, (70, 100)), (RED, 50.0, (135, 160))], None, 1, 0,
    ),
    "another shirt": ([(RED, 100.0, (0, 40)), (BLUE, 100.0, (100, 160))], None, 2, 0),
    "a shirt like it": ([(RED, 100.0, (0, 40)), (DARK_RED, 600.0, (100, 160))], None, 2, 1),
    "beside somebody else": (
        [(RED, 100.0, (0, 40)), (BLUE, 900.0, (0, 160)), (RED, 500.0, (100, 160))], None, 2, 0,
    ),
    "one of a team": ([(RED, 100.0, (0, 40)), (RED, 900.0, (0, 160)), (RED, 500.0, (100, 160))], None, 3, 1),
    "behind a cut": ([(RED, 100.0, (0, 40)), (RED, 600.0, (100, 160))], 70, 2, 0),
}  # fmt: skip


@pytest.mark.parametrize(("wearers", "cut", "people", "doubts"), GONE.values(), ids=GONE)
def test_who_is_back(wearers: list[Wearer], cut: int | None, people: int, doubts: int) -> None:
    found = rejoined(wearers, cut)
    assert len(found.tracks) == people and len(found.doubts) == doubts
    assert len(found.returns) == len(wearers) - people
    for track in found.tracks:
        assert track.frames == sorted(set(track.frames))
        assert len(track.frames) == len(track.indices) == len(track.exchanged)


def test_absences_are_told() -> None:
    found = rejoined(GONE["gone twice"][0])
    (track,) = found.tracks
    assert [(one, before, after) for one, before, after in found.returns] == [
        (track, 29, 70),
        (track, 99, 135),
    ]


def test_clothes_that_nobody_saw_join_nobody() -> None:
    assert len(rejoined(GONE["gone for two seconds"][0], is_seen=False).tracks) == 2


def figure(scale: float) -> Keypoints2D:
    body = np.zeros((25, 3))
    places = {2: (40, 40), 5: (80, 40), 9: (46, 100), 12: (74, 100), 10: (46, 150), 13: (74, 150)}
    for point, place in places.items():
        body[point] = [place[0] * scale, place[1] * scale, 0.9]
    hand = np.zeros((21, 3))
    return Keypoints2D(body, hand, hand, np.zeros((70, 3)))


def test_colours_of_clothes() -> None:
    """A red shirt over blue trousers, arms and shins unseen; the keypoints are those of a picture twice as large."""
    picture = np.full((200, 120, 3), 128, dtype=np.uint8)
    picture[35:102] = [200, 20, 20]
    picture[102:] = [20, 20, 200]
    found = clothes_of(picture, figure(2.0), 0.5)
    np.testing.assert_allclose(found[:2], [[80, 180, 90]] * 2, atol=1e-9)
    np.testing.assert_allclose(found[2], [80, 0, -180], atol=1e-9)
    assert np.isnan(found[3:]).all()


def test_typical_clothes_are_those_of_most_frames() -> None:
    worn = [np.tile(RED, (len(REGIONS), 1)) for _ in range(9)]
    worn[4] = np.tile(BLUE, (len(REGIONS), 1))
    worn[5][1:] = np.nan
    colours, spread = typical_clothes(worn)
    np.testing.assert_allclose(colours, np.tile(RED, (len(REGIONS), 1)))
    np.testing.assert_allclose(spread, 0.0)
