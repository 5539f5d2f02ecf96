"""One person's keypoints while they are edited: an immutable value and its operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .names import BODY_COUNT, COUNT, NAMES, PARTNERS, SWAP_ROWS, SwapGroup

Array = np.ndarray[Any, np.dtype[Any]]

# A point this far from where it came from was moved by hand (px); single precision in Blender's meshes is finer by far.
MOVED_PX = 0.05
# What a person has placed counts as certain.
PLACED_CONFIDENCE = 1.0
# What nobody has detected or placed, but was put where it is likely, counts a little, and is drawn pale: less than half,
# more than the core's threshold of 0.2.
GUESSED_CONFIDENCE = 0.3
# A figure that is dragged, turned or scaled whole: so many body points at least, this close to one such motion (px).
FEWEST_AS_ONE = 8
AS_ONE_PX = 0.5


@dataclass(frozen=True, eq=False)
class EditedKeypoints:
    """137 points of one person, in pixels of the upright photo (origin top left, y down).

    `points` (137, 2) is where they are now, `origin` (137, 2) where they came from and `confidence` (137,) how sure that was,
    0–1; `present` (137,) says which there are at all, `pinned` (137,) which the fit has to meet. Rows that are not present
    keep their origin and confidence, so that they can be brought back.
    """

    points: Array
    origin: Array
    confidence: Array
    present: Array
    pinned: Array

    def moved(self, rows: Sequence[int], points: Array) -> EditedKeypoints:
        """Points (n, 2) put somewhere else; those that were not there are there now."""
        placed, present = self.points.copy(), self.present.copy()
        placed[list(rows)] = points
        present[list(rows)] = True
        return replace(self, points=placed, present=present)

    def deleted(self, rows: Sequence[int]) -> EditedKeypoints:
        """Points taken away: confidence 0 for the fit. They are no longer pinned."""
        present, pinned = self.present.copy(), self.pinned.copy()
        present[list(rows)] = pinned[list(rows)] = False
        return replace(self, present=present, pinned=pinned)

    def deleted_rows(self) -> tuple[int, ...]:
        """Return the rows of points that came with the person and were taken away."""
        return _rows(~self.present & (self.confidence > 0))

    def restored(self, rows: Sequence[int]) -> EditedKeypoints:
        """Deleted points brought back to where they came from; those that never were there stay away."""
        wanted = [row for row in rows if row in self.deleted_rows()]
        points, present = self.points.copy(), self.present.copy()
        points[wanted] = self.origin[wanted]
        present[wanted] = True
        return replace(self, points=points, present=present)

    def added(self, rows: Sequence[int], points: Array, confidence: float) -> EditedKeypoints:
        """Points (n, 2) that nobody has detected, with a confidence that holds until they are moved."""
        chosen = list(rows)
        given = self.moved(rows, points)
        origin, sure = self.origin.copy(), self.confidence.copy()
        origin[chosen], sure[chosen] = points, confidence
        return replace(given, origin=origin, confidence=sure)

    def with_pins(self, rows: Sequence[int], pinned: bool) -> EditedKeypoints:
        """Points that the fit has to meet, or no longer; only such as are there."""
        pins = self.pinned.copy()
        pins[list(rows)] = pinned
        return replace(self, pinned=pins & self.present)

    def swapped(self, group: SwapGroup) -> EditedKeypoints:
        """Left and right exchanged: each point of the group takes everything over from its partner."""
        rows = np.arange(COUNT)
        chosen = list(SWAP_ROWS[group])
        rows[chosen] = np.array(PARTNERS)[chosen]
        return EditedKeypoints(
            self.points[rows],
            self.origin[rows],
            self.confidence[rows],
            self.present[rows],
            self.pinned[rows],
        )

    def moved_rows(self) -> tuple[int, ...]:
        """Return the rows of points that lie elsewhere than where they came from."""
        return _rows(self.present & self._is_moved())

    def effective_confidence(self) -> Array:
        """(137,) what the fit is told: 0 for what is not there, 1 for what was placed by hand, else as it came."""
        sure = np.where(self._is_moved() | (self.confidence <= 0), PLACED_CONFIDENCE, self.confidence)
        return np.where(self.present, sure, 0.0)

    def table(self) -> Array:
        """(137, 3) x, y, confidence as files hold them: all zero for what is not there."""
        confidence = self.effective_confidence()
        seen = confidence[:, None] > 0
        return np.column_stack([np.where(seen, self.points, 0.0), confidence])

    def pinned_names(self) -> tuple[str, ...]:
        """Return the names of the pinned points, as the core's `--pin` takes them."""
        return tuple(NAMES[row] for row in _rows(self.pinned & self.present))

    def _is_moved(self) -> Array:
        """(137,) which were placed by hand. Guessed body points that went along with their whole figure are guesses still."""
        moved = np.linalg.norm(self.points - self.origin, axis=1) > MOVED_PX
        guessed = self.present & (self.confidence > 0) & (self.confidence <= GUESSED_CONFIDENCE)
        rows = np.flatnonzero(guessed[:BODY_COUNT])
        moved[rows[moved_as_one(self.origin[rows], self.points[rows])]] = False
        return moved


def moved_as_one(origin: Array, points: Array) -> Array:
    """(n,) which points the largest group has that one shift, turn and scale moves; none if it has fewer than FEWEST_AS_ONE.

    Every pair of points gives such a motion, p' = a p + b in complex numbers; the one that most others follow is taken.
    """
    if len(points) < FEWEST_AS_ONE:
        return np.zeros(len(points), dtype=bool)
    before, after = (place[:, 0] + 1j * place[:, 1] for place in (origin, points))
    first, second = np.triu_indices(len(points), 1)
    apart = before[second] - before[first]
    usable = np.abs(apart) > MOVED_PX
    first, second, apart = first[usable], second[usable], apart[usable]
    factor = (after[second] - after[first]) / apart
    shift = after[first] - factor * before[first]
    follows = np.abs(factor[:, None] * before + shift[:, None] - after) < AS_ONE_PX
    best: Array = follows[int(follows.sum(axis=1).argmax())] if len(follows) else np.zeros(len(points), bool)
    return best if int(best.sum()) >= FEWEST_AS_ONE else np.zeros(len(points), dtype=bool)


def edited_from_table(table: Array) -> EditedKeypoints:
    """Return a person as detected, (137, 3) x, y, confidence, nothing edited yet. Raises ValueError for another shape or NaN."""
    if table.shape != (COUNT, 3) or not np.isfinite(table).all():
        raise ValueError(f"not {COUNT} finite keypoints but {table.shape}")
    points = table[:, :2].astype(np.float64)
    confidence = np.clip(table[:, 2].astype(np.float64), 0.0, 1.0)
    return EditedKeypoints(points, points.copy(), confidence, confidence > 0, np.zeros(COUNT, dtype=bool))


def _rows(chosen: Array) -> tuple[int, ...]:
    return tuple(int(row) for row in np.flatnonzero(chosen))
