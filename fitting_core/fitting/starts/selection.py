"""Choose the solutions of a stage that go on to the next: the best, or the best that are really different."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray

# Two solutions whose body points lie closer than this on average, pelvis on pelvis, are one to a viewer (m).
DIFFERENT_M = 0.03


def best_rows(costs: NumpyArray, keep: int) -> NumpyArray:
    """Return the columns (n, keep) of the lowest costs (n, starts), best first."""
    return np.argsort(np.where(np.isfinite(costs), costs, np.inf), axis=1, kind="stable")[:, :keep]


def different_rows(costs: NumpyArray, points: NumpyArray, keep: int) -> NumpyArray:
    """Return the columns (n, keep) of the lowest costs whose points (n, starts, P, 3) differ from those chosen before.

    Where a subject has fewer different solutions than `keep`, the best of the others fill the row.
    """
    order = best_rows(costs, costs.shape[1])
    chosen = np.empty((len(costs), min(keep, costs.shape[1])), dtype=np.int64)
    for subject, candidates in enumerate(order):
        chosen[subject] = _different(candidates, points[subject], chosen.shape[1])
    return chosen


def _different(candidates: NumpyArray, points: NumpyArray, keep: int) -> list[int]:
    found: list[int] = []
    spare: list[int] = []
    for candidate in (int(index) for index in candidates):
        if all(mean_distance(points[candidate], points[other]) > DIFFERENT_M for other in found):
            found.append(candidate)
        else:
            spare.append(candidate)
    return (found + spare)[:keep]


def mean_distance(first: NumpyArray, second: NumpyArray) -> float:
    """Mean distance (m) of corresponding points (P, 3) of two bodies already laid pelvis on pelvis."""
    return float(np.linalg.norm(first - second, axis=1).mean())
