# pyright: basic
"""Dense keys of a figure in, a few keys out that show the same motion within a bound, measured on its joints and bones."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import bpy
import numpy as np

from ...result.bone_chain import ROWS_AT_ONCE, BoneChain, angles_between, posed_bones
from ...result.errors import ResultError
from ...result.key_reduction import kept_rows, location_error, rotation_error, smooth_track
from ...result.rotations import Array
from .keyed_take import (
    BoneTrack,
    KeyedTake,
    bone_chain,
    metres_per_unit,
    object_scale,
    read_take,
    shown_channels,
    write_track,
)
from .raw_take import keep_raw_take
from .root_motion import root_motion_of

ENDING = "reduced"
# Each bone begins with this share of the whole bound for its own curves. Where a joint or bone errs by more than the bound, it
# and all bones above it get so much less; below the last share they keep a key at every frame.
FIRST_SHARE, TIGHTER, LAST_SHARE = 0.7, 0.7, 0.02
MM = 1000.0

Channels = tuple[Array, Array]  # quaternions (N, B, 4) and locations (N, B, 3)


@dataclass(frozen=True)
class ErrorBound:
    """The most by which any joint may be elsewhere, and any bone be turned otherwise, at any frame."""

    mm: float = 3.0
    degrees: float = 1.0


@dataclass(frozen=True)
class KeyReduction:
    """Keys on all curves before and after, and the largest errors, measured on the new curves at every whole frame."""

    keys_before: int
    keys_after: int
    worst_mm: float
    worst_degrees: float

    @property
    def words(self) -> str:
        """The outcome in a sentence."""
        return (
            f"{self.keys_after} of {self.keys_before} keys are left. No joint is more than {self.worst_mm:.2g} mm and no bone "
            f"more than {self.worst_degrees:.2g}° from the raw take, which is in the NLA"
        )


def reduce_keys(armature: bpy.types.Object, scene: bpy.types.Scene, bound: ErrorBound) -> KeyReduction:
    """Thin out the keys of the armature's action as far as `bound` allows; the raw take stays in the NLA.

    Keys of an object that carries the walk are thinned out, too. Those that stay are on whole frames and joined by smooth curves.
    What does not move bones, and curves of some axes only, stay as they are. Raises `ResultError` for a bound that is none, and
    where there is nothing to reduce.
    """
    if not all(math.isfinite(value) and value > 0 for value in (bound.mm, bound.degrees)):
        raise ResultError(
            f"{bound.mm:g} mm and {bound.degrees:g}° are no bound of an error. Choose both above 0."
        )
    on_object = root_motion_of(armature) == "OBJECT"
    take = read_take(armature, with_object=on_object)
    if take is None:
        raise ResultError(
            f"The bones of “{armature.name}” are keyed at fewer than two frames: nothing moves."
        )
    chain = bone_chain(armature, with_object=on_object)
    frames: list[float] = take.frames.tolist()
    raw = shown_channels(armature, chain, frames)
    keep_raw_take(armature, ENDING)
    mm_per_unit = MM * metres_per_unit(armature, scene)
    shares = np.full(len(chain.names), FIRST_SHARE)
    stale = np.ones(len(chain.names), dtype=bool)
    while True:
        _write_tracks(armature, take, _limits(chain, bound, mm_per_unit, shares), stale)
        mm, degrees = _errors(raw, shown_channels(armature, chain, frames), chain, mm_per_unit)
        too_far = np.flatnonzero((mm > bound.mm) | (degrees > bound.degrees))
        stale = _carriers(chain, too_far.tolist()) & (shares > 0)
        if not stale.any():
            break
        shares[stale] *= TIGHTER
        shares[shares < LAST_SHARE] = 0.0
    after = cast("KeyedTake", read_take(armature, with_object=on_object)).key_count
    return KeyReduction(take.key_count, after, float(mm.max()), float(degrees.max()))


@dataclass(frozen=True)
class _Limits:
    """The errors that each bone's own curves may have: radians (B,) and units of the armature (B,)."""

    rows: dict[str, int]
    turns: Array
    moves: Array


def _limits(chain: BoneChain, bound: ErrorBound, mm_per_unit: float, shares: Array) -> _Limits:
    """Turn the bound at the farthest joint that a bone carries into a bound of the bone's own turn."""
    units = bound.mm / mm_per_unit
    reach = np.maximum(chain.reach(), 1e-9)
    turns = np.minimum(math.radians(bound.degrees), units / reach)
    return _Limits({name: row for row, name in enumerate(chain.names)}, shares * turns, shares * units)


def _write_tracks(armature: bpy.types.Object, take: KeyedTake, limits: _Limits, stale: np.ndarray) -> None:
    for track in take.tracks:
        row = limits.rows[track.bone]
        if stale[row] and not track.is_still:
            limit = (limits.turns if track.mode else limits.moves)[row]
            if not track.bone and not track.mode:
                limit *= abs(object_scale(armature))  # its places are in the units of its parent
            _write_reduced(armature, take, track, limit)


def _write_reduced(armature: bpy.types.Object, take: KeyedTake, track: BoneTrack, limit: float) -> None:
    smooth = smooth_track(take.frames[track.keyed], track.values[track.keyed], track.cycles)
    if limit > 0:
        rows = kept_rows(smooth, rotation_error(track.mode) if track.mode else location_error, limit)
    else:
        rows = np.arange(len(smooth.frames))
    write_track(
        armature, replace(track, values=smooth.values[rows]), smooth.frames[rows], smooth.slopes[rows]
    )


def _errors(raw: Channels, now: Channels, chain: BoneChain, mm_per_unit: float) -> tuple[Array, Array]:
    """Return each bone's largest error over all frames: (B,) mm of its head and tip, (B,) degrees of its axes."""
    mm, degrees = np.zeros(len(chain.names)), np.zeros(len(chain.names))
    for start in range(0, len(raw[0]), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        wanted = posed_bones(chain, raw[0][part], raw[1][part])
        found = posed_bones(chain, now[0][part], now[1][part])
        for ends, others in ((wanted.heads, found.heads), (wanted.tips, found.tips)):
            mm = np.maximum(mm, mm_per_unit * np.linalg.norm(ends - others, axis=2).max(axis=0))
        turned = np.degrees(angles_between(wanted.axes, found.axes))
        degrees = np.maximum(degrees, turned.max(axis=0))
    return mm, degrees


def _carriers(chain: BoneChain, bones: list[int]) -> np.ndarray:
    """Return True (B,) for these bones and all above them."""
    found = np.zeros(len(chain.names), dtype=bool)
    for bone in bones:
        found[[bone, *chain.ancestors(bone)]] = True
    return found
