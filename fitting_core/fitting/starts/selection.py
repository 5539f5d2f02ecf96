"""Choose the solutions of a stage that go on to the next: the best, or the best that are really different."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace, device_of, to_numpy

# Two solutions whose body points lie closer than this on average, pelvis on pelvis, are one to a viewer (m).
DIFFERENT_M = 0.03


def best_rows(costs: NumpyArray, keep: int) -> NumpyArray:
    """Return the columns (n, keep) of the lowest costs (n, starts), best first."""
    return np.argsort(np.where(np.isfinite(costs), costs, np.inf), axis=1, kind="stable")[:, :keep]


def different_rows(costs: NumpyArray, points: Array, keep: int) -> NumpyArray:
    """Return the columns (n, keep) of the lowest costs whose points (n, starts, P, 3) differ from those chosen before.

    Where a subject has fewer different solutions than `keep`, the best of the others fill the row. The points may lie in any
    library, on any device.
    """
    xp = array_namespace(points)
    order = best_rows(costs, costs.shape[1])
    columns = xp.asarray(order, device=device_of(points))
    ordered = points[xp.arange(len(costs), device=device_of(points))[:, None], columns]
    different = np.ones(costs.shape, dtype=bool)
    for place in range(1, costs.shape[1]):
        between = ordered[:, :place] - ordered[:, place, None]
        x, y, z = (between[..., axis] for axis in range(3))
        apart = to_numpy(xp.mean(xp.sqrt(x * x + y * y + z * z), axis=-1))
        different[:, place] = ((apart > DIFFERENT_M) | ~different[:, :place]).all(axis=1)
    # The different ones first, both kinds in the order of their costs.
    places = np.argsort(~different, axis=1, kind="stable")[:, :keep]
    return np.take_along_axis(order, places, axis=1)


def mean_distance(first: NumpyArray, second: NumpyArray) -> float:
    """Mean distance (m) of corresponding points (P, 3) of two bodies already laid pelvis on pelvis."""
    return float(np.linalg.norm(first - second, axis=1).mean())
