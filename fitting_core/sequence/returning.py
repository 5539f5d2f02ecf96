"""Somebody who leaves and comes back: tracks of one shot that are joined again where clothes tell for sure that they are one person.

Colours of clothes are compared region by region (`shots/clothes.py`), in deviations of what they vary by within a track. They are
believed only where everybody else looks different: players of one team are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray

from .shots.clothes import REGIONS, Clothes, typical_clothes
from .shots.watching import WatchedClip
from .tracking import Track

_VARIATION = 10.0  # grey levels: of light and cloth, beside those seen within a track
_CHANNELS = np.array([0.5, 1.0, 1.0])  # brightness changes with the place, colours less
_ALIKE = 1.0  # deviations: the same clothes
_MAYBE = 2.0  # below that they may be the same
_OTHERS = 2.0  # times as unlike as the pair everybody else must be
_TRUNK = (REGIONS.index("upper trunk"), REGIONS.index("lower trunk"))
_LEAST_REGIONS = 2


@dataclass(frozen=True, eq=False)
class Rejoined:
    """The tracks after joining; `returns` are (track, last frame before, first frame after), `doubts` are pairs that may be one
    person: the earlier and the later track.
    """

    tracks: tuple[Track, ...]
    returns: tuple[tuple[Track, int, int], ...]
    doubts: tuple[tuple[Track, Track], ...]


def rejoin(tracks: Sequence[Track], watched: WatchedClip) -> Rejoined:
    """Join the tracks of people who were gone for a while, the surest first."""
    alone = list(tracks)
    returns: list[tuple[Track, int, int]] = []
    while watched.clothes:
        pairs = _Pairs(alone, watched)
        best = min(pairs.sure(), key=lambda pair: pairs.unlike[pair], default=None)
        if best is None:
            doubts = tuple((alone[first], alone[second]) for first, second in pairs.doubtful())
            return Rejoined(tuple(alone), tuple(returns), doubts)
        earlier, later = alone[best[0]], alone[best[1]]
        joined = earlier.joined(later)
        returns = [(joined if old in (earlier, later) else old, *gap) for old, *gap in returns]
        returns.append((joined, earlier.frames[-1], later.frames[0]))
        alone = [joined if track is earlier else track for track in alone if track is not later]
    return Rejoined(tuple(alone), (), ())


class _Pairs:
    """Every two tracks: how unlike their clothes are, and whether they can be one person."""

    def __init__(self, tracks: Sequence[Track], watched: WatchedClip) -> None:
        worn = [typical_clothes(_clothes_of(track, watched)) for track in tracks]
        count = len(tracks)
        self.unlike = np.full((count, count), np.inf)
        self._possible = np.zeros((count, count), dtype=bool)
        shots = [_shot_of(track, watched) for track in tracks]
        for first in range(count):
            for second in range(count):
                if first != second:
                    self.unlike[first, second] = _unlikeness(worn[first], worn[second])
                    follows = tracks[first].frames[-1] < tracks[second].frames[0]
                    self._possible[first, second] = follows and shots[first] == shots[second]

    def sure(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs (earlier, later) that are alike while nobody else looks like either."""
        for first, second in self._alike(_ALIKE):
            limit = max(_OTHERS * self.unlike[first, second], _ALIKE)
            others = np.ones(len(self.unlike), dtype=bool)
            others[[first, second]] = False
            if (self.unlike[[first, second]][:, others] > limit).all():
                yield first, second

    def doubtful(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs that may be one person, and are not joined."""
        yield from self._alike(_MAYBE)

    def _alike(self, limit: float) -> list[tuple[int, int]]:
        rows, columns = np.nonzero(self._possible & (self.unlike < limit))
        return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _clothes_of(track: Track, watched: WatchedClip) -> list[Clothes]:
    return [watched.clothes[frame][index] for frame, index in zip(track.frames, track.indices, strict=True)]


def _shot_of(track: Track, watched: WatchedClip) -> int:
    return next(number for number, shot in enumerate(watched.shots) if track.frames[0] <= shot.last_frame)


def _unlikeness(one: tuple[NumpyArray, NumpyArray], other: tuple[NumpyArray, NumpyArray]) -> float:
    """Return the mean difference of the regions that both show, in deviations; infinite where they show too little."""
    apart = np.linalg.norm((one[0] - other[0]) * _CHANNELS, axis=1)
    both = np.isfinite(apart)
    if both.sum() < _LEAST_REGIONS or not both[list(_TRUNK)].any():
        return np.inf
    deviations = np.sqrt(one[1] ** 2 + other[1] ** 2 + _VARIATION**2)
    return float((apart[both] / deviations[both]).mean())
