"""A track with a value at every frame in, the few frames out between which cubic curves stay within a bound of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np

from .rotations import Array

Rows = np.ndarray[Any, np.dtype[np.intp]]
# Errors (R,) of approximations (R, n) of the values (R, n), in the unit of the bound.
Deviation = Callable[[Array, Array], Array]
# A span is never split nearer to its ends than this share of its length: the number of splits then grows with the
# logarithm of the length, whatever the values are.
LEAST_SHARE = 0.125


@dataclass(frozen=True)
class Track:
    """Values (T, n) at frames (T,) that grow, with their slopes (T, n) a frame."""

    frames: Array
    values: Array
    slopes: Array


def smooth_track(frames: Array, values: Array, cycles: bool = False) -> Track:
    """Return the track with slopes by differences to both neighbours; of a cyclic one, the ends are neighbours, too."""
    if len(frames) < 2:
        return Track(frames, values, np.zeros_like(values))
    if not cycles:
        return Track(frames, values, cast("Array", np.gradient(values, frames, axis=0)))
    before = frames[0] - (frames[-1] - frames[-2])
    after = frames[-1] + (frames[1] - frames[0])
    travel = values[-1] - values[0]
    longer = np.concatenate([values[-2:-1] - travel, values, values[1:2] + travel])
    slopes = np.gradient(longer, np.concatenate([[before], frames, [after]]), axis=0)
    return Track(frames, values, slopes[1:-1])


def kept_rows(track: Track, deviation: Deviation, bound: float) -> Rows:
    """Return the rows of the keys between which the cubics of `curve_between` stay within `bound` at every row.

    A span whose curve errs too much is split where it errs most; then keys are dropped that turn out not to be needed.
    """
    last = len(track.frames) - 1
    kept = {0, last}
    spans = [(0, last)]
    while spans:
        first, end = spans.pop()
        errors = _errors(track, first, end, deviation)
        if not len(errors) or errors.max() <= bound:
            continue
        margin = int(LEAST_SHARE * (end - first))
        middle = min(max(first + 1 + int(np.argmax(errors)), first + 1 + margin), end - 1 - margin)
        kept.add(middle)
        spans += [(first, middle), (middle, end)]
    return _without_needless(track, sorted(kept), deviation, bound)


def _without_needless(track: Track, kept: list[int], deviation: Deviation, bound: float) -> Rows:
    left = [kept[0]]
    for row, after in pairwise(kept[1:]):
        if _errors(track, left[-1], after, deviation).max() > bound:
            left.append(row)
    return np.array([*left, kept[-1]] if len(kept) > 1 else kept, dtype=np.intp)


def _errors(track: Track, first: int, end: int, deviation: Deviation) -> Array:
    return deviation(track.values[first + 1 : end], curve_between(track, first, end))


def curve_between(track: Track, first: int, end: int) -> Array:
    """Return the values (R, n), at the rows between two, of the cubic that has the track's value and slope at both.

    Hermite's form, with s from 0 to 1 along the span of length d: (1 + 2s)(1 − s)² v₀ + s²(3 − 2s) v₁ + d s(1 − s)² m₀ +
    d s²(s − 1) m₁. It is the Bézier curve whose handles reach a third of the span along the slopes.
    """
    length = track.frames[end] - track.frames[first]
    s = ((track.frames[first + 1 : end] - track.frames[first]) / length)[:, None]
    values, slopes = track.values, track.slopes * length
    placed: Array = (1 + 2 * s) * (1 - s) ** 2 * values[first] + s**2 * (3 - 2 * s) * values[end]
    bent: Array = s * (1 - s) ** 2 * slopes[first] + s**2 * (s - 1) * slopes[end]
    return placed + bent


def location_error(values: Array, others: Array) -> Array:
    """Return the distances (R,) between places (R, 3)."""
    return cast("Array", np.linalg.norm(values - others, axis=1))


def rotation_error(mode: str) -> Deviation:
    """Return the angle, radians, between rotations as a bone's channel holds them in its rotation mode.

    Exact for quaternions; for Euler angles and axis with angle, an upper bound of it.
    """
    if mode == "QUATERNION":
        return _between_quaternions
    return _between_axis_angles if mode == "AXIS_ANGLE" else _between_eulers


def _between_quaternions(values: Array, others: Array) -> Array:
    # the chord of two unit quaternions at the angle θ is 2 sin(θ/4)
    chord = np.linalg.norm(_units(values) - _units(others), axis=1)
    angles: Array = 4 * np.arcsin(np.minimum(chord / 2, 1.0))
    return angles


def _units(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _between_eulers(values: Array, others: Array) -> Array:
    return cast("Array", np.abs(values - others).sum(axis=1))


def _between_axis_angles(values: Array, others: Array) -> Array:
    turned = 2 * np.linalg.norm(_units(values[:, 1:]) - _units(others[:, 1:]), axis=1)
    return cast("Array", np.abs(values[:, 0] - others[:, 0]) + turned)
