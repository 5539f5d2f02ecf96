"""Legs of a motion in, legs whose feet stand still where they are in contact out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .bone_chain import BoneChain, PosedBones
from .rotations import Array, quaternions_from_matrices

RAMP_SECONDS = 0.12  # before and after a contact, in which a foot comes to its place and leaves it
LONGEST_LEG = 0.9999  # of its bones' length: a knee that is straighter turns by chance
STRAIGHT = 1e-3  # sine of a bend below which the hinge of the knee says how it bends


@dataclass(frozen=True)
class Leg:
    """Rows of a chain: thigh, shin, foot and toe."""

    thigh: int
    shin: int
    foot: int
    toe: int


def locked_leg(
    chain: BoneChain, posed: PosedBones, leg: Leg, standing: np.ndarray, strength: float, fps: float
) -> dict[int, Array]:
    """Return new quaternions (N, 4) of thigh, shin and foot by row, in the bones' own axes.

    `standing` (N, 2): heel and toe in contact. In a contact the foot is moved to where it is on average then, by `strength`
    (0 … 1) of the way, and keeps its turn in space; hip and trunk stay. A foot beyond reach is moved as far as the leg reaches.
    """
    places = np.stack([posed.heads[:, leg.foot], posed.heads[:, leg.toe]], axis=1)
    moves = strength * contact_moves(places, standing, max(1, round(RAMP_SECONDS * fps)))
    hip, knee, ankle = (posed.heads[:, row] for row in (leg.thigh, leg.shin, leg.foot))
    bend, axis = _bends(hip, knee, ankle, posed.axes[:, leg.shin, :, 0])
    lengths = (np.linalg.norm(knee - hip, axis=1), np.linalg.norm(ankle - knee, axis=1))
    distance = np.linalg.norm(ankle + moves - hip, axis=1)
    turn = _turns_about(axis, _bend_at(*lengths, distance) - bend)
    bent = knee + np.einsum("nij,nj->ni", turn, ankle - knee)
    swing = _shortest_turns(bent - hip, ankle + moves - hip)
    thigh = swing @ posed.axes[:, leg.thigh]
    shin = swing @ turn @ posed.axes[:, leg.shin]
    above = posed.axes[:, chain.parents[leg.thigh]]
    own = {
        leg.thigh: _own_turn(chain, leg.thigh, above, thigh),
        leg.shin: _own_turn(chain, leg.shin, thigh, shin),
        leg.foot: _own_turn(chain, leg.foot, shin, posed.axes[:, leg.foot]),
    }
    return {row: quaternions_from_matrices(turns) for row, turns in own.items()}


def contact_moves(places: Array, standing: np.ndarray, ramp: int) -> Array:
    """Return how far (N, 3) a foot is to be moved so that its points (N, P, 3) stand still in their contacts (N, P).

    A move grows and fades over `ramp` frames beside each contact; where points stand together, their mean counts.
    """
    count = len(places)
    total, weights = np.zeros((count, 3)), np.zeros(count)
    for point in range(places.shape[1]):
        for start, stop in _spans(standing[:, point]):
            around = np.arange(max(0, start - ramp), min(count, stop + ramp))
            inside = np.clip(around, start, stop - 1)
            weight = 0.5 + 0.5 * np.cos(np.pi * np.minimum(np.abs(around - inside) / (ramp + 1), 1.0))
            moves = places[start:stop, point].mean(axis=0) - places[inside, point]
            total[around] += weight[:, None] * moves
            weights[around] += weight
    return total / np.maximum(weights, 1.0)[:, None]


def _spans(standing: np.ndarray) -> Iterator[tuple[int, int]]:
    """Iterate over the runs of True: first row, and the row after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], standing, [False]]).astype(np.int8)))
    return ((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def _bends(hip: Array, knee: Array, ankle: Array, hinge: Array) -> tuple[Array, Array]:
    """Return the angles (N,) by which knees bend, and the axes (N, 3) about which they bend further."""
    upper, lower = _unit(knee - hip), _unit(ankle - knee)
    across = np.cross(upper, lower)
    sine = np.linalg.norm(across, axis=1)
    axis = np.where(sine[:, None] > STRAIGHT, across / np.maximum(sine, 1e-12)[:, None], hinge)
    return np.arctan2(sine, np.einsum("ni,ni->n", upper, lower)), axis


def _bend_at(upper: Array, lower: Array, distance: Array) -> Array:
    """Return the angles (N,) by which knees bend where hip and ankle are so far apart (law of cosines)."""
    reach = np.clip(distance, np.abs(upper - lower) + 1e-6, LONGEST_LEG * (upper + lower))
    cosine = (upper**2 + lower**2 - reach**2) / (2.0 * upper * lower)
    return np.pi - np.arccos(np.clip(cosine, -1.0, 1.0))


def _turns_about(axes: Array, angles: Array) -> Array:
    """Return rotation matrices (N, 3, 3) about unit axes (N, 3), by Rodrigues' formula."""
    cross = np.zeros((len(axes), 3, 3))
    x, y, z = axes.T
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross -= np.transpose(cross, (0, 2, 1))
    sine, cosine = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    return np.eye(3) + sine * cross + (1.0 - cosine) * (cross @ cross)


def _shortest_turns(before: Array, after: Array) -> Array:
    """Return the rotations (N, 3, 3) that turn one direction (N, 3) into another the shortest way."""
    start, end = _unit(before), _unit(after)
    across = np.cross(start, end)
    sine = np.linalg.norm(across, axis=1)
    axes = across / np.maximum(sine, 1e-12)[:, None]
    return _turns_about(axes, np.arctan2(sine, np.einsum("ni,ni->n", start, end)))


def _own_turn(chain: BoneChain, row: int, above: Array, axes: Array) -> Array:
    """Return a bone's turn in its own axes, of its axes and its parent's in space."""
    rest = chain.rest[chain.parents[row]][:3, :3].T @ chain.rest[row][:3, :3]
    return np.transpose(above @ rest, (0, 2, 1)) @ axes


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
