"""The self-penetration of a posed mesh: the share of its vertices inside another body part, and the greatest depth.

The mesh is cut into parts by the joint that each vertex follows most, and the cuts are closed with fans. A vertex lies
inside a part if the solid angles of the part's triangles sum to more than half a sphere (the winding number: Jacobson et
al., SIGGRAPH 2013); its depth is its distance to the part's skin. Parts that share an edge of the mesh (forearm and upper
arm, thigh and torso, finger and palm) fold into each other in life and are not compared; nor do
vertices count that lie so at rest already (the closed cuts of two thighs overlap by millimetres).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.computed_once import computed_once

from ..body_model import BodyModel

if TYPE_CHECKING:
    from jaxtyping import Bool

# Joints whose vertices are one part; every other joint's part is named after its finger or itself.
_PART_OF_JOINT = (
    dict.fromkeys(("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar", "neck"), "torso")
    | dict.fromkeys(("head", "jaw", "left_eye", "right_eye"), "head")
    | {f"{side}_foot": f"{side}_ankle" for side in ("left", "right")}
)
_DIGITS = "123"
_NEAREST_TRIANGLES = 24  # of a part's, by centroid, whose exact distance is measured
_POINTS_AT_ONCE = 500


@dataclass(frozen=True)
class Penetration:
    """`share` of all vertices that lie inside another part, `depth_m` the greatest depth, `between` which two parts."""

    share: float
    depth_m: float
    between: tuple[str, str] | None


@dataclass(frozen=True, eq=False)
class _Part:
    """One part of the mesh: its vertices, its skin and the triangles that close its cuts."""

    name: str
    vertices: NumpyArray  # (n,) of the mesh
    skin: NumpyArray  # (f, 3) among the part's vertices
    loops: tuple[NumpyArray, ...]  # directed edges (e, 2) around each cut, as the missing neighbour has them
    neighbours: frozenset[str]


def penetration(model: BodyModel, vertices: NumpyArray) -> Penetration:
    """Measure the self-penetration of a posed mesh (V, 3), in metres."""
    deepest = np.zeros(len(vertices))
    greatest, between = 0.0, None
    for part, candidates in zip(_parts(model), _candidates(model), strict=True):
        depth = _depth_inside(part, vertices, candidates)
        if depth.max() > greatest:
            greatest = float(depth.max())
            between = (_part_of(model, int(candidates[depth.argmax()])), part.name)
        deepest[candidates] = np.maximum(deepest[candidates], depth)
    return Penetration(float(np.count_nonzero(deepest) / len(vertices)), greatest, between)


def greatest_depth(model: BodyModel, vertices: NumpyArray, chosen: Bool[NumpyArray, " vertices"]) -> float:
    """Measure how deep the chosen vertices of a posed mesh (V, 3) lie in other parts of the body, metres; 0 outside."""
    greatest = 0.0
    for part, candidates in zip(_parts(model), _candidates(model), strict=True):
        depth = _depth_inside(part, vertices, candidates[chosen[candidates]])
        greatest = max(greatest, float(depth.max(initial=0.0)))
    return greatest


def prepare_penetration(model: BodyModel) -> None:
    """Find a body's parts, which every measurement of it needs."""
    _candidates(model)


@computed_once(most=8)
def _candidates(model: BodyModel) -> tuple[NumpyArray, ...]:
    """For every part the vertices of other parts that have no business in it."""
    parts = _parts(model)
    candidates: list[NumpyArray] = []
    for part in parts:
        others = [p for p in parts if p.name != part.name and p.name not in part.neighbours]
        vertices = np.concatenate([p.vertices for p in others])
        candidates.append(vertices[_depth_inside(part, model.v_template, vertices) == 0])
    return tuple(candidates)


def _part_of(model: BodyModel, vertex: int) -> str:
    return next(part.name for part in _parts(model) if vertex in part.vertices)


@computed_once(most=8)
def _parts(model: BodyModel) -> tuple[_Part, ...]:
    names = np.array([_part_name(name) for name in model.joint_names])
    label = names[model.weights.argmax(axis=1)]
    corners = label[model.triangles]
    whole = (corners == corners[:, :1]).all(axis=1)
    mixed = corners[~whole]
    parts: list[_Part] = []
    for name in sorted(set(label)):
        triangles = model.triangles[whole & (corners[:, 0] == name)]
        used = np.unique(triangles)
        if len(used) < 4:
            continue
        meeting = mixed[(mixed == name).any(axis=1)]
        beside = frozenset(str(other) for other in np.unique(meeting)) - {str(name)}
        skin = np.searchsorted(used, triangles)
        parts.append(_Part(str(name), used, skin, _open_loops(skin), beside))
    return tuple(parts)


def _part_name(joint: str) -> str:
    return _PART_OF_JOINT.get(joint, joint.rstrip(_DIGITS))


def _open_loops(triangles: NumpyArray) -> tuple[NumpyArray, ...]:
    """Return the edges without a neighbour, reversed, gathered into connected loops."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    count = int(edges.max()) + 1
    there, back = edges @ [count, 1], edges @ [1, count]
    open_edges = [(int(b), int(a)) for a, b in edges[~np.isin(there, back)]]
    group = {vertex: vertex for edge in open_edges for vertex in edge}

    def root(vertex: int) -> int:
        while group[vertex] != vertex:
            vertex = group[vertex]
        return vertex

    for a, b in open_edges:
        group[root(a)] = root(b)
    roots = np.array([root(a) for a, _ in open_edges])
    table = np.array(open_edges).reshape(-1, 2)
    return tuple(table[roots == which] for which in np.unique(roots))


def _depth_inside(part: _Part, vertices: NumpyArray, candidates: NumpyArray) -> NumpyArray:
    """Return the depth in metres of the candidate vertices inside a part (n,); 0 outside."""
    depth = np.zeros(len(candidates))
    corners, triangles = _closed(part, vertices[part.vertices])
    points = vertices[candidates]
    near = np.nonzero(_in_box(points, corners))[0]
    for first in range(0, len(near), _POINTS_AT_ONCE):
        chunk = near[first : first + _POINTS_AT_ONCE]
        inside = chunk[_winding(points[chunk], corners, triangles) > 0.5]
        if len(inside):
            depth[inside] = _skin_distance(points[inside], corners, part.skin)
    return depth


def _closed(part: _Part, corners: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """Return the part's vertices with a centre for every cut, and all triangles, those of the cuts last."""
    centres = [corners[loop[:, 0]].mean(axis=0) for loop in part.loops]
    fans = [
        np.concatenate([loop, np.full((len(loop), 1), len(corners) + number)], axis=1)
        for number, loop in enumerate(part.loops)
    ]
    return np.concatenate([corners, *(centre[None] for centre in centres)]), np.concatenate(
        [part.skin, *fans]
    )


def _in_box(points: NumpyArray, corners: NumpyArray) -> NumpyArray:
    """Return True for each point in the box along the principal axes of `corners`."""
    centre = corners.mean(axis=0)
    axes = np.linalg.eigh((corners - centre).T @ (corners - centre))[1]
    inner, outer = (points - centre) @ axes, (corners - centre) @ axes
    return ((inner > outer.min(axis=0)) & (inner < outer.max(axis=0))).all(axis=1)


def _winding(points: NumpyArray, corners: NumpyArray, triangles: NumpyArray) -> NumpyArray:
    """Count how often a closed surface goes around each point (n,). Solid angles: van Oosterom & Strackee, 1983."""
    far = corners[None] - points[:, None]
    length = np.sqrt(np.einsum("nvx,nvx->nv", far, far))
    a, b, c = (corners[triangles[:, corner]] for corner in range(3))
    la, lb, lc = (length[:, triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    volume = np.einsum("fx,fx->f", across, a) - points @ across.T
    ab, bc, ca = (np.square(u - v).sum(axis=1) for u, v in ((a, b), (b, c), (c, a)))
    dots = (
        0.5 * (la * la + lb * lb - ab) * lc
        + 0.5 * (lb * lb + lc * lc - bc) * la
        + 0.5 * (lc * lc + la * la - ca) * lb
    )
    return np.arctan2(volume, la * lb * lc + dots).sum(axis=1) / (2 * np.pi)


def _skin_distance(points: NumpyArray, corners: NumpyArray, skin: NumpyArray) -> NumpyArray:
    """Return the distance (n,) of points to the nearest of the triangles whose centroids are nearest."""
    centroid = corners[skin].mean(axis=1)
    squared = (
        np.square(points).sum(axis=1)[:, None] + np.square(centroid).sum(axis=1) - 2 * points @ centroid.T
    )
    count = min(_NEAREST_TRIANGLES, len(skin))
    nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
    return _triangle_distance(points[:, None], corners[skin[nearest]]).min(axis=1)


def _triangle_distance(points: NumpyArray, triangle: NumpyArray) -> NumpyArray:
    """Distance of points (…, 3) to triangles (…, 3, 3): to the plane where the foot lies inside, else to the edges."""
    a, b, c = (triangle[..., corner, :] for corner in range(3))
    across = np.cross(b - a, c - a)
    edges = ((a, b), (b, c), (c, a))
    inside = np.ones(np.broadcast_shapes(points.shape, a.shape)[:-1], dtype=bool)
    apart = np.full(inside.shape, np.inf)
    for u, v in edges:
        edge = v - u
        inside &= (np.cross(edge, points - u) * across).sum(axis=-1) >= 0
        t = ((points - u) * edge).sum(axis=-1) / np.maximum((edge * edge).sum(axis=-1), 1e-20)
        foot = u + np.clip(t, 0.0, 1.0)[..., None] * edge
        apart = np.minimum(apart, np.linalg.norm(points - foot, axis=-1))
    height = np.abs(((points - a) * across).sum(axis=-1)) / np.maximum(np.linalg.norm(across, axis=-1), 1e-20)
    return np.where(inside, height, apart)
