"""Tracks of a motion in, smoother ones out: without delay, and as far as each frame is trusted."""

from __future__ import annotations

import math

import numpy as np

from .rotations import Array

# The frequencies, Hz, that a smoothness just above 0 and one of 1 leave half of; between them they fall evenly by octaves.
FASTEST_HZ, SLOWEST_HZ = 16.0, 1.0


def cutoff_hz(smoothness: float) -> float:
    """Return the frequency of which a smoothness (0 … 1) leaves half."""
    return FASTEST_HZ * (SLOWEST_HZ / FASTEST_HZ) ** smoothness


def smoothed(values: Array, weights: Array, fps: float, smoothness: float) -> Array:
    """Return tracks (N, K) smoothed by Whittaker's method: those y with the least

        Σ_t w_t |y_t − v_t|² + λ Σ_t |y_(t−1) − 2 y_t + y_(t+1)|²,   λ = (fps / 2π f)⁴

    for the values v, weights (N,) above 0, and the frequency f of the smoothness: a sine of f keeps half its height where all
    weights are 1. Straight motion stays as it is, up to the ends. 0 changes nothing.
    """
    if smoothness <= 0 or len(values) < 3:
        return values
    stiffness = (fps / (2.0 * math.pi * cutoff_hz(smoothness))) ** 4
    count = len(values)
    diagonal, beside, next_but_one = weights.astype(np.float64), np.zeros(count - 1), np.zeros(count - 2)
    for place, share in enumerate((1.0, 4.0, 1.0)):
        diagonal[place : count - 2 + place] += stiffness * share
    beside[: count - 2] -= 2.0 * stiffness
    beside[1:] -= 2.0 * stiffness
    next_but_one += stiffness
    return _solved(diagonal, beside, next_but_one, weights[:, None] * values)


def _solved(diagonal: Array, beside: Array, next_but_one: Array, right: Array) -> Array:
    """Solve a symmetric system with five diagonals by its factors L D Lᵀ; `right` is (N, K)."""
    count = len(diagonal)
    pivots, first, second = diagonal.tolist(), beside.tolist(), next_but_one.tolist()
    solved = right.copy()
    for row in range(count):
        if row > 0:
            solved[row] -= first[row - 1] * solved[row - 1]
        if row > 1:
            solved[row] -= second[row - 2] * solved[row - 2]
        if row + 1 < count:
            along = first[row]
            first[row] = along / pivots[row]
            pivots[row + 1] -= first[row] * along
        if row + 2 < count:
            along_two = second[row]
            second[row] = along_two / pivots[row]
            first[row + 1] -= second[row] * along
            pivots[row + 2] -= second[row] * along_two
    solved /= np.array(pivots)[:, None]
    for row in range(count - 2, -1, -1):
        solved[row] -= first[row] * solved[row + 1]
        if row + 2 < count:
            solved[row] -= second[row] * solved[row + 2]
    return solved
