"""One person's keypoints while they are edited: an immutable value and its operations. Free of bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .names import COUNT, NAMES, PARTNERS, SWAP_ROWS, SwapGroup

Array = np.ndarray[Any, np.dtype[Any]]

# A point this far from where it came from was moved by hand (px); single precision in Blender's meshes is finer by far.
MOVED_PX = 0.05
# What a person has placed counts as certain.
PLACED_CONFIDENCE = 1.0


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
        """Which points came with the person and were taken away."""
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
        """Which points lie elsewhere than where they came from."""
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
        """The names of the pinned points, as the core's `--pin` takes them."""
        return tuple(NAMES[row] for row in _rows(self.pinned & self.present))

    def _is_moved(self) -> Array:
        return np.linalg.norm(self.points - self.origin, axis=1) > MOVED_PX


def edited_from_table(table: Array) -> EditedKeypoints:
    """A person as detected, (137, 3) x, y, confidence, nothing edited yet. Raises ValueError for another shape or NaN."""
    if table.shape != (COUNT, 3) or not np.isfinite(table).all():
        raise ValueError(f"not {COUNT} finite keypoints but {table.shape}")
    points = table[:, :2].astype(np.float64)
    confidence = np.clip(table[:, 2].astype(np.float64), 0.0, 1.0)
    return EditedKeypoints(points, points.copy(), confidence, confidence > 0, np.zeros(COUNT, dtype=bool))


def _rows(chosen: Array) -> tuple[int, ...]:
    return tuple(int(row) for row in np.flatnonzero(chosen))
