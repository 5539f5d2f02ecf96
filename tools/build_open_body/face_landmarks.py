"""Places the 51 face landmarks (iBUG points 17–67) on named vertices of the MakeHuman base mesh.

Every point of the left half was picked by eye on the mean face: a vertex, or a place on an edge between two vertices. The
right half is its mirror image.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# (vertex, vertex, share of the way) on edges of the base mesh; the same vertex twice where the landmark is a vertex.
_Place = tuple[int, int, float]


def _at(vertex: int) -> _Place:
    return (vertex, vertex, 0.0)


# Left half and middle, by iBUG number.
LEFT_PLACES: dict[int, _Place] = {
    # brow, inner end to outer end, along the crest above the orbit
    22: (6984, 6957, 0.5), 23: _at(6956), 24: (6953, 6952, 0.5), 25: (6954, 6981, 0.5), 26: (6982, 6955, 0.5),
    # bridge of the nose from the root to the tip, then the lower rim from the septum to the wing
    27: _at(132), 28: _at(131), 29: _at(201), 30: _at(5054), 33: _at(317), 34: _at(7093), 35: _at(7080),
    # eye: inner corner, upper lid, outer corner, lower lid
    42: _at(6850), 43: _at(6838), 44: _at(6784), 45: _at(6805), 46: _at(6825), 47: (6834, 6831, 0.5),
    # lips, outer line: bow, corner, lower border
    51: _at(455), 52: _at(7210), 53: _at(11956), 54: _at(7182),
    55: (7239, 7235, 0.35), 56: (7245, 7241, 0.4), 57: (496, 492, 0.4),
    # lips, inner line
    62: _at(474), 63: _at(7226), 64: _at(7249), 65: _at(7236), 66: _at(493),
}  # fmt: skip
# By iBUG number on the right: its counterpart on the left.
LEFT_OF_RIGHT = {
    17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 31: 35, 32: 34, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46,
    48: 54, 49: 53, 50: 52, 58: 56, 59: 55, 60: 64, 61: 63, 67: 65,
}  # fmt: skip
FIRST_IBUG, LAST_IBUG = 17, 67


def place_landmarks(base_ids: Integers, triangles: Integers, mirror: Integers) -> tuple[Integers, Floats]:
    """Triangle index (51,) and barycentric coordinates (51, 3) of iBUG points 17…67."""
    vertex_of_base = {int(base): vertex for vertex, base in enumerate(base_ids)}
    faces = np.zeros(LAST_IBUG - FIRST_IBUG + 1, dtype=np.int64)
    shares = np.zeros((len(faces), 3))
    for row, number in enumerate(range(FIRST_IBUG, LAST_IBUG + 1)):
        first, second, share = LEFT_PLACES[LEFT_OF_RIGHT.get(number, number)]
        ends = [vertex_of_base[first], vertex_of_base[second]]
        if number in LEFT_OF_RIGHT:
            ends = [int(mirror[vertex]) for vertex in ends]
        faces[row], shares[row] = _on_edge(triangles, (ends[0], ends[1]), share)
    return faces, shares


def _on_edge(triangles: Integers, ends: tuple[int, int], share: float) -> tuple[int, Floats]:
    holding = np.flatnonzero((triangles == ends[0]).any(axis=1) & (triangles == ends[1]).any(axis=1))
    if len(holding) == 0:
        raise ValueError(f"vertices {ends} share no triangle")
    corners = triangles[holding[0]]
    return int(holding[0]), (1.0 - share) * (corners == ends[0]) + share * (corners == ends[1])
