"""A mesh as a Wavefront OBJ file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float, Integer


def obj_bytes(vertices: Float[NumpyArray, "V 3"], faces: Integer[NumpyArray, "F corners"]) -> bytes:
    """Return the file of vertices (metres, in any frame) and triangles (F, 3) or quads (F, 4), counted from 0.

    A quad whose last two entries are equal is written as a triangle.
    """
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.tolist()]
    for corners in (faces + 1).tolist():
        distinct = corners[:-1] if corners[-1] == corners[-2] else corners
        lines.append("f " + " ".join(map(str, distinct)))
    return ("\n".join(lines) + "\n").encode("ascii")
