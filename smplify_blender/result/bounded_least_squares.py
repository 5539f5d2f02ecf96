"""Least squares whose unknowns have bounds: many small problems with one matrix, solved side by side."""

from __future__ import annotations

import numpy as np

from .result_folder import Array

MOST_SWEEPS = 2000
SETTLED = 1e-6  # of the largest change of an unknown in a sweep, as a share of the widest bounds


def bounded_least_squares(gram: Array, products: Array, low: Array, high: Array) -> Array:
    """Return the x (N, K), low ≤ x ≤ high, that make |A x − b|² least.

    `gram` (K, K) is Aᵀ A, `products` (N, K) hold Aᵀ b of each of N problems; `low` and `high` are (K,). An unknown whose column
    of A is zero stays as near to 0 as its bounds let it. Coordinate descent: the objective is convex and the bounds are a box,
    so that the least in one unknown after another leads to the least of all.
    """
    x: Array = np.clip(np.zeros_like(products), low, high)
    strengths = np.diagonal(gram)
    used = np.flatnonzero(strengths > 0)
    for _ in range(MOST_SWEEPS):
        change = 0.0
        for k in used:
            before = x[:, k].copy()
            x[:, k] = np.clip(before + (products[:, k] - x @ gram[:, k]) / strengths[k], low[k], high[k])
            change = max(change, float(np.abs(x[:, k] - before).max(initial=0.0)))
        if change <= SETTLED * float((high - low).max(initial=0.0)):
            break
    return x
