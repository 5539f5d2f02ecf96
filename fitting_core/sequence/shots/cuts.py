"""Finds the cuts of a clip: frames whose picture has nothing to do with those before it, nor has the next one."""

from __future__ import annotations

from collections import deque

import numpy as np

from .sketch import Sketch, unlikeness

AROUND = 6  # frames on each side that a cut is held against
_LEAST = 0.35  # unlikeness at a cut
_OVER_NEIGHBOURS = 4.0  # times that of the frames around: pictures of a fast pan are unlike in every frame
_USUAL = 0.02  # unlikeness of frames that follow each other in any clip


class CutFinder:
    """Hears the sketches of a clip in turn and tells which frames begin a shot."""

    def __init__(self) -> None:
        """Begin with no frame."""
        self._last: deque[Sketch] = deque(maxlen=2)
        self._to_last: list[float] = []
        self._to_last_but_one: list[float] = []

    def add(self, sketch: Sketch) -> None:
        """Compare the next frame with the two before it."""
        seen = list(self._last)
        self._to_last.append(unlikeness(seen[-1], sketch) if seen else 0.0)
        self._to_last_but_one.append(unlikeness(seen[0], sketch) if len(seen) == 2 else self._to_last[-1])
        self._last.append(sketch)

    def is_cut(self, frame: int) -> bool:
        """True if a frame begins a shot; final once `AROUND` more frames were heard, or the last.

        A flash is unlike both of its neighbours, which are like each other: no cut.
        """
        wide = self._to_last_but_one[frame : frame + 2]
        if frame == 0 or min(self._to_last[frame], *wide) < _LEAST:
            return False
        before, after = self._to_last[max(1, frame - AROUND) : frame], self._to_last[frame + 1 :][:AROUND]
        usual = max(float(np.median([*before, *after])) if before or after else 0.0, _USUAL)
        return self._to_last[frame] > _OVER_NEIGHBOURS * usual
