"""Joins the tracks of somebody who leaves and comes back within a shot, where clothes tell for sure that it is one person.

Colours of clothes are compared region by region (`shots/clothes.py`), in deviations of what they vary by within a track. They are
believed only where everybody else looks different: players of one team are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

from ..shots.clothes import REGIONS, Clothes, typical_clothes
from ..shots.watching import WatchedClip
from .tracking import Track

if TYPE_CHECKING:
    from jaxtyping import Float

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
    """Join the tracks of people who were gone for a while, the shortest absence first."""
    alone = list(tracks)
    returns: list[tuple[Track, int, int]] = []
    while watched.clothes:
        pairs = _Pairs(alone, watched)
        best = min(pairs.sure(), key=pairs.absence, default=None)
        if best is None:
            doubts = tuple((alone[first], alone[second]) for first, second in pairs.doubtful())
            return Rejoined(tuple(alone), tuple(sorted(returns, key=_frame_before)), doubts)
        earlier, later = alone[best[0]], alone[best[1]]
        joined = earlier.joined(later)
        returns = [
            (joined if old in (earlier, later) else old, before, after) for old, before, after in returns
        ]
        returns.append((joined, earlier.frames[-1], later.frames[0]))
        alone = [joined if track is earlier else track for track in alone if track is not later]
    return Rejoined(tuple(alone), (), ())


def _frame_before(absence: tuple[Track, int, int]) -> int:
    return absence[1]


class _Pairs:
    """Every two tracks: how unlike their clothes are, and whether they can be one person or must be two."""

    def __init__(self, tracks: Sequence[Track], watched: WatchedClip) -> None:
        self.unlike = _unlikeness([typical_clothes(_clothes_of(track, watched)) for track in tracks])
        first, last = (np.array([track.frames[place] for track in tracks]) for place in (0, -1))
        shots = np.searchsorted([shot.last_frame for shot in watched.shots], first)
        self._absences = first[None] - last[:, None]  # frames
        self._possible = (self._absences > 0) & (shots[:, None] == shots[None])
        present = np.zeros((len(tracks), len(watched.clothes)), dtype=np.float32)
        for number, track in enumerate(tracks):
            present[number, track.frames] = 1.0
        self._are_two = present @ present.T > 0.0

    def absence(self, pair: tuple[int, int]) -> int:
        """Return how many frames lie between a pair's tracks."""
        return int(self._absences[pair])

    def sure(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs (earlier, later) that are alike, while whoever is there beside one of them looks like neither."""
        for pair in self._alike(_ALIKE):
            limit = max(_OTHERS * self.unlike[pair], _ALIKE)
            others = self._are_two[list(pair)].any(axis=0)
            others[list(pair)] = False
            if (self.unlike[list(pair)][:, others] > limit).all():
                yield pair

    def doubtful(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs that may be one person."""
        yield from self._alike(_MAYBE)

    def _alike(self, limit: float) -> list[tuple[int, int]]:
        rows, columns = np.nonzero(self._possible & (self.unlike < limit))
        return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _clothes_of(track: Track, watched: WatchedClip) -> list[Clothes]:
    return [watched.clothes[frame][index] for frame, index in zip(track.frames, track.indices, strict=True)]


def _unlikeness(worn: Sequence[tuple[NumpyArray, NumpyArray]]) -> Float[NumpyArray, "tracks tracks"]:
    """Return the mean difference of the regions that both of a pair show, in deviations; infinite where they show too little."""
    colours, spreads = (np.stack(values) for values in zip(*worn, strict=True))
    apart = np.linalg.norm((colours[:, None] - colours[None]) * _CHANNELS, axis=-1)
    variances = spreads**2
    deviations = np.sqrt(variances[:, None] + variances[None] + _VARIATION**2)
    both = np.isfinite(apart)
    mean = np.where(both, apart / deviations, 0.0).sum(axis=-1) / np.maximum(both.sum(axis=-1), 1)
    telling = (both.sum(axis=-1) >= _LEAST_REGIONS) & both[..., list(_TRUNK)].any(axis=-1)
    return np.where(telling, mean, np.inf)
