"""Skin points of a body and the things of a scene as arrays of one library, for the terms that keep them apart or together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, numpy_double, to_numpy
from fitting_core.body_model.articulation import articulate, joint_tree
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.point_model import PointModel, ReducedBody, reduced_body, vertex_points
from fitting_core.body_model.posed_points import PosedPoints, pose_points
from fitting_core.body_model.skin_points import skin_points

from ..parameters import FreeParameters, ParameterLayout
from ..scene.distance_grid import GridArrays

if TYPE_CHECKING:
    from jaxtyping import Float


@lru_cache(maxsize=8)
def _skin_model(model: BodyModel) -> PointModel:
    return vertex_points(model, skin_points(model).vertices)


def skin_body(model: BodyModel, chosen: NumpyArray, moving: NumpyArray, make: ArrayMaker) -> ReducedBody:
    """Return the `chosen` skin points, ready to be posed with the derivatives of the joints `moving` (J,) bool."""
    return reduced_body(_skin_model(model), chosen, np.zeros(1, dtype=np.int64), make, moving)


def posed_skin(body: ReducedBody, free: FreeParameters, x: Float[Array, "batch columns"]) -> PosedPoints:
    """Pose skin points at x, in the camera's frame."""
    layout = free.layout
    return pose_points(
        body, layout.rotations(x), layout.shape_coefficients(x), layout.translation(x), free.shape
    )


def skin_at(model: BodyModel, layout: ParameterLayout, x: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """Return all skin points (B, P, 3) and their unit normals of bodies x, in the camera's frame."""
    none = FreeParameters(layout, np.zeros(model.joint_count, dtype=bool), slice(0))
    skin = skin_points(model)
    make = numpy_double()
    body = skin_body(model, np.arange(len(skin.vertices)), none.moving_joints, make)
    places = posed_skin(body, none, x).points
    tree = joint_tree(model, np.ones(model.joint_count, dtype=bool), make)
    world = articulate(tree, layout.rotations(x), layout.shape_coefficients(x), slice(0)).world
    turned = np.einsum("bpxy,py->bpx", to_numpy(world)[:, tree.where[skin.joint]], skin.normals)
    return to_numpy(places), turned


def nearest_surface(
    grids: Sequence[GridArrays], points: Float[Array, "batch points 3"]
) -> tuple[Float[Array, "batch points"], Float[Array, "batch points 3"]]:
    """Return the least distance of points to any of the things, and its derivative by the points."""
    distance, slope = grids[0].sample(points)
    xp = array_namespace(points)
    for grid in grids[1:]:
        other, other_slope = grid.sample(points)
        nearer = other < distance
        distance = xp.where(nearer, other, distance)
        slope = xp.where(nearer[..., None], other_slope, slope)
    return distance, slope
