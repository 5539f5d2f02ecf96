# pyright: basic
"""Wire shapes of the controls: unit curves about a bone's head, drawn instead of its stick."""

from __future__ import annotations

import math
from typing import Any

import bpy

MARK = "smplify_shape"
_STEPS = 24

Points = list[tuple[float, float, float]]
Edges = list[tuple[int, int]]


def shape_object(shape: str) -> bpy.types.Object:
    """Return the object of one of SHAPES: the file's own if it has one. It is in no scene; the bones that show it keep it."""
    for thing in bpy.data.objects:
        if thing.get(MARK) == shape and thing.library is None and thing.type == "MESH":
            return thing
    points, edges = SHAPES[shape]()
    mesh = bpy.data.meshes.new(f"Control {shape}")
    mesh.from_pydata(points, edges, [])
    thing = bpy.data.objects.new(f"Control {shape}", mesh)
    made: Any = thing
    made[MARK] = shape
    return thing


def _ring(axis: int, about: float = 2.0 * math.pi, radius: float = 0.5) -> tuple[Points, Edges]:
    """Return a circle, or an arc of it, about one of the bone's axes."""
    whole = about > 6.28
    count = _STEPS if whole else _STEPS // 2
    points: Points = []
    for step in range(count if whole else count + 1):
        angle = about * (step / count - (0.0 if whole else 0.5))
        first, second = radius * math.cos(angle), radius * math.sin(angle)
        points.append([(0.0, first, second), (first, 0.0, second), (first, second, 0.0)][axis])
    edges = [(index, index + 1) for index in range(len(points) - 1)]
    return points, [*edges, (len(points) - 1, 0)] if whole else edges


def _circle() -> tuple[Points, Edges]:
    """A ring about the bone."""
    return _ring(1)


def _arc() -> tuple[Points, Edges]:
    """A quarter about the bone's X axis, which it turns about, with heads on both ends."""
    points, edges = _ring(0, math.pi)
    for end, inner in ((0, 1), (len(points) - 1, len(points) - 2)):
        (x, y, z), (_, before_y, before_z) = points[end], points[inner]
        back = (y - before_y, z - before_z)
        for sign in (-1.0, 1.0):
            points.append((x + sign * 0.08, y - back[0], z - back[1]))
            edges.append((end, len(points) - 1))
    return points, edges


def _ball() -> tuple[Points, Edges]:
    """Three rings."""
    points: Points = []
    edges: Edges = []
    for axis in range(3):
        ring, lines = _ring(axis)
        edges += [(len(points) + start, len(points) + end) for start, end in lines]
        points += ring
    return points, edges


def _box() -> tuple[Points, Edges]:
    """A box along the bone."""
    points = [(x, y, z) for x in (-0.35, 0.35) for y in (-0.1, 1.0) for z in (-0.3, 0.3)]
    edges = [
        (first, second)
        for first in range(8)
        for second in range(first + 1, 8)
        if sum(a != b for a, b in zip(points[first], points[second], strict=True)) == 1
    ]
    return points, edges


SHAPES = {"circle": _circle, "arc": _arc, "ball": _ball, "box": _box}
