"""Follows people from frame to frame: who in this frame is who in the last.

Each track predicts its keypoints from their last places and their speed; the people of a frame are assigned to the tracks so that
the sum of the distances from the predictions is least. Distances are shares of the person's size, so that the size in the
picture does not matter, whichever side of the person is called the left. The sides are settled at the end (`sides.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT, is_usable
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.optimisers.assignment import cheapest_pairs

from .sides import OTHER_SIDE, exchanged_frames

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

# A person is at most so far from the prediction, as a share of their size, and so much farther for every second without them.
_FARTHEST = 0.35
_FARTHER_PER_SECOND = 1.0
_LONGEST_GAP_S = 1.0  # then a track has ended, and who comes is somebody new
_LONGEST_GAP = 100  # frames, whatever the rate
# A ghost is seen in fewer frames than this, or for a shorter time, and in less than half of a very short clip.
_LEAST_FRAMES = 3
_LEAST_SECONDS = 0.2
_SPEED_MEMORY = 0.5  # of the last frame's speed in the prediction
_FORGOTTEN_S = 0.25  # after so long without the person the speed is no longer believed
_IMPOSSIBLE = 1e3


@dataclass(eq=False)
class Track:
    """One person: the frames in which they are seen, which of each frame's people they are, and what has exchanged sides there.

    `exchanged` is settled when the track has ended; see `exchanged_frames`.
    """

    frames: list[int]
    indices: list[int]
    _points: Float[NumpyArray, "25 2"]
    _known: NumpyArray
    _size: float
    _speed: Float[NumpyArray, "25 2"] = field(default_factory=lambda: np.zeros((25, 2)))
    exchanged: Bool[NumpyArray, "frames 2"] = field(default_factory=lambda: np.zeros((0, 2), dtype=bool))

    def distance(self, person: Keypoints2D, frame: int, rate: float) -> float:
        """Return the mean distance of a person from the prediction, as a share of their size, whichever side is left."""
        as_seen, exchanged = self._distances(person.body, frame, rate)
        return min(as_seen, exchanged)

    def _distances(self, body: NumpyArray, frame: int, rate: float) -> tuple[float, float]:
        believed = min(frame - self.frames[-1], _FORGOTTEN_S * rate)
        expected = self._points + believed * self._speed

        def mean_distance(points: NumpyArray) -> float:
            both = self._known & (points[:, 2] >= CONFIDENT)
            if not both.any():
                return _IMPOSSIBLE
            apart: NumpyArray = np.linalg.norm(points[both, :2] - expected[both], axis=1)
            return float(apart.mean()) / max(self._size, 1.0)

        return mean_distance(body), mean_distance(body[OTHER_SIDE])

    def take(self, person: Keypoints2D, index: int, frame: int, rate: float) -> None:
        """Add a person of a frame."""
        as_seen, exchanged = self._distances(person.body, frame, rate)
        body = person.body[OTHER_SIDE] if exchanged < as_seen else person.body
        seen = body[:, 2] >= CONFIDENT
        both = seen & self._known
        gap = frame - self.frames[-1]
        moved = (body[:, :2] - self._points) / gap
        self._speed[both] += _SPEED_MEMORY * (moved[both] - self._speed[both])
        self._speed[~self._known] = 0.0
        self._points[seen] = body[seen, :2]
        self._points[~seen] += gap * self._speed[~seen]
        self._known |= seen
        self._size = 0.8 * self._size + 0.2 * extent(person)
        self.frames.append(frame)
        self.indices.append(index)

    def joined(self, later: Track) -> Track:
        """Return one track of this and another that begins after its end."""
        exchanged = np.concatenate([self.exchanged, later.exchanged])
        frames, indices = [*self.frames, *later.frames], [*self.indices, *later.indices]
        return replace(later, frames=frames, indices=indices, exchanged=exchanged)

    def settle_sides(self, people: Sequence[Sequence[Keypoints2D]], rate: float) -> None:
        """Tell in which frames the sides are exchanged."""
        bodies = [people[frame][index].body for frame, index in zip(self.frames, self.indices, strict=True)]
        self.exchanged = exchanged_frames(bodies, self._size, rate)


def extent(person: Keypoints2D) -> float:
    """Return the diagonal of the confident body points, px."""
    points = person.body[person.body[:, 2] >= CONFIDENT, :2]
    return float(np.hypot(*np.ptp(points, axis=0))) if len(points) else 0.0


def track_people(
    people: Sequence[Sequence[Keypoints2D]], rate: float, shots: Sequence[slice] = (slice(None),)
) -> list[Track]:
    """Return the tracks of all people, the most prominent first; nobody is followed from one of the `shots` to the next.

    Ghosts and people with too few points are left out.
    """
    tracks = [track for shot in shots for track in _shot_tracks(people[shot], rate, shot.start or 0)]
    return by_prominence(tracks, people)


def by_prominence(tracks: Sequence[Track], people: Sequence[Sequence[Keypoints2D]]) -> list[Track]:
    """Return tracks with the most prominent first."""
    return sorted(tracks, key=lambda track: -_prominence(track, people))


def _shot_tracks(people: Sequence[Sequence[Keypoints2D]], rate: float, first_frame: int) -> list[Track]:
    """Return the tracks of the frames of one shot, whose first has this number."""
    active: list[Track] = []
    ended: list[Track] = []
    for frame, present in enumerate(people):
        longest = max(1, min(_LONGEST_GAP, round(_LONGEST_GAP_S * rate)))
        ended += [track for track in active if frame - track.frames[-1] > longest]
        active = [track for track in active if frame - track.frames[-1] <= longest]
        candidates = [index for index, person in enumerate(present) if is_usable(person)]
        taken = _assigned(active, present, candidates, frame, rate)
        active += [_new_track(present[index], index, frame) for index in candidates if index not in taken]
    least = min(max(_LEAST_FRAMES, round(_LEAST_SECONDS * rate)), (len(people) + 1) // 2)
    for track in (*ended, *active):
        track.settle_sides(people, rate)
    for track in (*ended, *active):
        track.frames = [frame + first_frame for frame in track.frames]
    return [track for track in (*ended, *active) if len(track.frames) >= least]


def _assigned(
    active: Sequence[Track],
    present: Sequence[Keypoints2D],
    candidates: Sequence[int],
    frame: int,
    rate: float,
) -> set[int]:
    """Give the tracks those of a frame's people who are theirs, and return these people's indices."""
    if not active or not candidates:
        return set()
    costs = np.array(
        [[track.distance(present[index], frame, rate) for index in candidates] for track in active]
    )
    gaps = np.array([(frame - track.frames[-1] - 1) / rate for track in active])
    limits = _FARTHEST + _FARTHER_PER_SECOND * gaps
    costs = np.where(costs <= limits[:, None], costs, _IMPOSSIBLE)
    taken: set[int] = set()
    for row, column in cheapest_pairs(costs):
        if costs[row, column] < _IMPOSSIBLE:
            index = candidates[int(column)]
            active[int(row)].take(present[index], index, frame, rate)
            taken.add(index)
    return taken


def _new_track(person: Keypoints2D, index: int, frame: int) -> Track:
    seen = person.body[:, 2] >= CONFIDENT
    return Track([frame], [index], person.body[:, :2].copy(), seen, extent(person))


def _prominence(track: Track, people: Sequence[Sequence[Keypoints2D]]) -> float:
    """Sum over its frames of the person's size times their mean confidence."""
    seen = (people[frame][index] for frame, index in zip(track.frames, track.indices, strict=True))
    return sum(extent(person) * float(person.body[:, 2].mean()) for person in seen)
