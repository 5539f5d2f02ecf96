"""A body's surface in, the cut of a garment out: its faces, and its vertices as means of the body's.

Places are those of the body's mean shape at rest in SMPL-X's T-pose: y up, z forward, x to the body's left, metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ...result.result_folder import Array, Body

GarmentName = Literal["shirt", "shorts"]
GARMENTS: tuple[GarmentName, ...] = get_args(GarmentName)

SLEEVE_SHARE = 0.55  # of the upper arm
LEG_SHARE = 0.72  # of the thigh
HEM_ABOVE_HIPS, WAIST_ABOVE_PELVIS = 0.01, 0.06
NECKLINE_RADIUS = 0.105
NECKLINE_FROM_NECK = (0.0, 0.0, 0.025)
THICKNESS: Mapping[GarmentName, float] = {"shirt": 0.012, "shorts": 0.008}  # off the skin
SMOOTHING: Mapping[GarmentName, int] = {"shirt": 12, "shorts": 6}  # rounds
NEEDED_JOINTS = (
    "pelvis", "neck", "left_hip", "right_hip", "left_knee", "right_knee", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow",
)  # fmt: skip


@dataclass(frozen=True)
class GarmentCut:
    """The cut of a garment of N vertices on a body of V.

    Vertex `rows[k]` has the share `shares[k]` of the body's vertex `columns[k]`; the shares of a row sum to 1. `corners` and
    `sizes` are its faces, `edges` (E, 2) their sides.
    """

    rows: Array
    columns: Array
    shares: Array
    corners: Array
    sizes: Array
    edges: Array
    count: int
    thickness: float
    smoothing: int

    def mean(self, values: Array) -> Array:
        """Return what the body's `values` (V, K) come to at the garment's vertices (N, K)."""
        result: Array = np.zeros((self.count, values.shape[1]))
        np.add.at(result, self.rows, self.shares[:, None] * values[self.columns])
        return result

    def surface(self, points: Array, normals: Array) -> Array:
        """Return the garment's vertices (N, 3) over a body's vertices and unit normals (V, 3).

        The skin is drawn smooth as cloth is, and nowhere nearer to it than the garment's thickness.
        """
        skin, outward = self.mean(points), self.mean(normals)
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        cloth = skin
        for _ in range(self.smoothing):
            cloth = 0.5 * cloth + 0.5 * self._neighbours_mean(cloth)
        above = np.einsum("nx,nx->n", cloth - skin, outward)
        lifted: Array = cloth + np.maximum(self.thickness - above, 0.0)[:, None] * outward
        return lifted

    def _neighbours_mean(self, points: Array) -> Array:
        sums, counts = np.zeros_like(points), np.zeros(len(points))
        for first, second in (self.edges.T, self.edges.T[::-1]):
            np.add.at(sums, first, points[second])
            np.add.at(counts, first, 1.0)
        mean: Array = sums / np.maximum(counts, 1.0)[:, None]
        return mean


def can_wear(body: Body) -> bool:
    """Return True if a body has the joints by which garments are cut."""
    return set(NEEDED_JOINTS) <= set(body.joint_names)


def cut_garment(body: Body, name: GarmentName) -> GarmentCut | None:
    """Cut a garment out of a body's faces, straight along its hems; None where the body has no surface there."""
    field = _field(body, name)
    starts, sizes = body.faces.starts, body.faces.sizes
    kept = np.flatnonzero(np.maximum.reduceat(field[body.faces.corners], starts) > 0.0)
    if not len(kept):
        return None
    faces = [body.faces.corners[starts[face] : starts[face] + sizes[face]] for face in kept.tolist()]
    own, numbers = np.unique(np.concatenate(faces), return_inverse=True)
    sizes = body.faces.sizes[kept]
    edges = _edges(numbers, sizes)
    rows, columns, shares = _shares(own, edges, field)
    return GarmentCut(
        rows,
        columns,
        shares,
        numbers.astype(np.int32),
        sizes,
        edges,
        len(own),
        THICKNESS[name],
        SMOOTHING[name],
    )


def _field(body: Body, name: GarmentName) -> Array:
    """Return for each vertex how far it lies inside the garment, metres; negative outside."""
    joints = dict(zip(body.joint_names, body.joints_template.astype(np.float64), strict=True))
    rest = body.v_template.astype(np.float64)
    hips = (joints["left_hip"] + joints["right_hip"]) / 2
    if name == "shorts":
        knees = (joints["left_knee"] + joints["right_knee"]) / 2
        waist = joints["pelvis"][1] + WAIST_ABOVE_PELVIS
        return np.minimum(waist - rest[:, 1], rest[:, 1] - (hips[1] + LEG_SHARE * (knees[1] - hips[1])))
    shoulder, elbow = np.abs(joints["left_shoulder"][0]), np.abs(joints["left_elbow"][0])
    collar = joints["neck"] + NECKLINE_FROM_NECK
    neckline = np.linalg.norm(rest - collar, axis=1) - NECKLINE_RADIUS
    below_head = np.where(rest[:, 1] > collar[1], -1.0, 1.0)
    sleeve = shoulder + SLEEVE_SHARE * (elbow - shoulder) - np.abs(rest[:, 0])
    return np.minimum.reduce([rest[:, 1] - hips[1] - HEM_ABOVE_HIPS, sleeve, neckline, below_head])


def _edges(corners: Array, sizes: Array) -> Array:
    ends = np.cumsum(sizes)
    following = np.arange(1, len(corners) + 1)
    following[ends - 1] = ends - sizes
    return np.unique(np.sort(np.stack([corners, corners[following]], axis=1), axis=1), axis=0)


def _shares(own: Array, edges: Array, field: Array) -> tuple[Array, Array, Array]:
    """Return rows, columns and shares: what is inside stays, what is outside is drawn back along its edges to the hem."""
    inside = field[own] > 0.0
    rows, columns, shares = [np.flatnonzero(inside)], [own[inside]], [np.ones(int(inside.sum()))]
    ways = np.concatenate([edges, edges[:, ::-1]])
    crossing = ways[inside[ways[:, 0]] & ~inside[ways[:, 1]]]
    counts = np.bincount(crossing[:, 1], minlength=len(own))
    within, without = field[own[crossing[:, 0]]], field[own[crossing[:, 1]]]
    along = within / np.maximum(within - without, 1e-9)
    weight = 1.0 / counts[crossing[:, 1]]
    rows += [crossing[:, 1], crossing[:, 1]]
    columns += [own[crossing[:, 0]], own[crossing[:, 1]]]
    shares += [(1.0 - along) * weight, along * weight]
    alone = np.flatnonzero(
        ~inside & (counts == 0)
    )  # the far corner of a quad: stays on the body, at the hem's neighbour
    for vertex in alone.tolist():
        beside = ways[ways[:, 0] == vertex, 1]
        for other in beside[counts[beside] > 0].tolist() or [vertex]:
            picked = crossing[:, 1] == other
            weight = 1.0 / max(1, int((counts[beside] > 0).sum())) / max(1, int(counts[other]))
            rows += [np.full(2 * int(picked.sum()), vertex)]
            columns += [np.concatenate([own[crossing[picked, 0]], own[crossing[picked, 1]]])]
            shares += [weight * np.concatenate([1.0 - along[picked], along[picked]])]
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(shares)
