"""Points of the skin that stay out of things and touch them: some 300 vertices, evenly over the body and closer on its parts.

The parts are told on any body file by the joint that moves a vertex most and the direction of its normal at rest (T pose; y up,
z forward, palms down).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.scene_request import BODY_PARTS
from fitting_core.arrays import NumpyArray

from .body_model import BodyModel

if TYPE_CHECKING:
    from jaxtyping import Float, Int

POINT_COUNT = 300
# Points of a part, by its name without the side; the others are spread over all of the skin.
_POINTS_OF_PART = {"sole": 14, "buttocks": 26, "thigh": 12, "back": 22, "palm": 10, "forearm": 10}
_FACING = 0.5  # cosine between a vertex's normal and the part's own direction
_BELOW_HIPS, _ABOVE_HIPS = 0.10, 0.09  # of the stature: how far buttocks reach
_THIGH = (0.15, 0.85)  # of the bone


@dataclass(frozen=True, eq=False)
class SkinPoints:
    """The points as vertices of the mesh, with normals at rest and the joint that each follows most; the parts among them."""

    vertices: Int[NumpyArray, " points"]
    normals: Float[NumpyArray, "points 3"]
    joint: Int[NumpyArray, " points"]
    parts: dict[str, NumpyArray]  # of points, by the names of BODY_PARTS


@lru_cache(maxsize=8)
def skin_points(model: BodyModel) -> SkinPoints:
    """Choose the skin points of a body model; remembered as long as the model is in use."""
    rest = _Rest(model, vertex_normals(model.v_template, model.triangles))
    found: list[NumpyArray] = []
    parts: dict[str, NumpyArray] = {}
    count = 0
    for part in BODY_PARTS:
        side, _, bare = part.partition("_") if part.startswith(("left_", "right_")) else ("", "", part)
        candidates = np.flatnonzero(_PARTS[bare](rest, side))
        chosen = candidates[_spread(model.v_template[candidates], _POINTS_OF_PART[bare])]
        parts[part] = np.arange(count, count + len(chosen))
        count += len(chosen)
        found.append(chosen)
    taken = np.concatenate(found)
    found.append(_spread(model.v_template, POINT_COUNT, taken)[len(taken) :])
    vertices = np.concatenate(found)
    return SkinPoints(vertices, rest.normals[vertices], model.weights[vertices].argmax(axis=1), parts)


def vertex_normals(vertices: NumpyArray, triangles: NumpyArray) -> NumpyArray:
    """Return the unit normals (V, 3) of a mesh: those of the triangles around each vertex, weighted by area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    summed = np.stack(
        [
            np.bincount(triangles.reshape(-1), np.repeat(across[:, axis], 3), minlength=len(vertices))
            for axis in range(3)
        ],
        axis=1,
    )
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-20)


def _spread(points: NumpyArray, count: int, first: NumpyArray | None = None) -> NumpyArray:
    """Return `count` of the points (n, 3), after `first` always the one farthest from all before it; fewer if there are fewer."""
    chosen = [0] if first is None else [int(number) for number in first]
    nearest = np.min([np.square(points - points[number]).sum(axis=1) for number in chosen], axis=0)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.square(points - points[chosen[-1]]).sum(axis=1))
    return np.array(chosen, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Rest:
    """A body at rest: what tells its parts."""

    model: BodyModel
    normals: NumpyArray

    def owned(self, *joints: str) -> NumpyArray:
        """Return True for the vertices that follow one of these joints most."""
        names = self.model.joint_names
        return np.isin(
            self.model.weights.argmax(axis=1), [names.index(name) for name in joints if name in names]
        )

    def joint(self, name: str) -> NumpyArray:
        """Return a joint's position."""
        return self.model.joints_template[self.model.joint_names.index(name)]


def _sole(rest: _Rest, side: str) -> NumpyArray:
    return rest.owned(f"{side}_ankle", f"{side}_foot") & (rest.normals[:, 1] < -_FACING)


def _buttocks(rest: _Rest, side: str) -> NumpyArray:
    del side  # there is one
    height = rest.model.v_template[:, 1] - rest.joint("left_hip")[1]
    stature = float(np.ptp(rest.model.v_template[:, 1]))
    level = (height > -_BELOW_HIPS * stature) & (height < _ABOVE_HIPS * stature)
    return rest.owned("pelvis", "left_hip", "right_hip") & level & (rest.normals[:, 2] < -_FACING)


def _thigh(rest: _Rest, side: str) -> NumpyArray:
    hip, knee = rest.joint(f"{side}_hip"), rest.joint(f"{side}_knee")
    along = (rest.model.v_template - hip) @ (knee - hip) / np.square(knee - hip).sum()
    low, high = _THIGH
    return rest.owned(f"{side}_hip") & (along > low) & (along < high) & (rest.normals[:, 2] < -_FACING)


def _back(rest: _Rest, side: str) -> NumpyArray:
    del side
    return rest.owned("spine1", "spine2", "spine3", "left_collar", "right_collar") & (
        rest.normals[:, 2] < -_FACING
    )


def _palm(rest: _Rest, side: str) -> NumpyArray:
    fingers = [name for name in rest.model.joint_names if name.startswith(f"{side}_") and name[-1] in "123"]
    return rest.owned(f"{side}_wrist", f"{side}_hand", *fingers) & (rest.normals[:, 1] < -_FACING)


def _forearm(rest: _Rest, side: str) -> NumpyArray:
    return rest.owned(f"{side}_elbow")


_PARTS: dict[str, Callable[[_Rest, str], NumpyArray]] = {
    "sole": _sole,
    "buttocks": _buttocks,
    "thigh": _thigh,
    "back": _back,
    "palm": _palm,
    "forearm": _forearm,
}
