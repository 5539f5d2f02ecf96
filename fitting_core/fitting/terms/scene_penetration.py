"""The scene penetration term: a body that passes through the things of a scene, by its skin and its capsules.

½ Σ_i w² σ² e_i² / (σ² + e_i²) over skin points and points on the capsules' axes. e is how far a skin point lies inside a thing,
−d(X); of a capsule of radius r about an axis point c it is r − d(c) − a, with an allowance a for how much a capsule is off the
skin. The capsules find what is thinner than a limb; the cost of Geman and McClure lets go of what the picture contradicts.
A body is kept out by its place, pose and shape alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, array_namespace, is_on_cpu, product3
from fitting_core.body_model.articulation import cross, twists
from fitting_core.body_model.capsules.posed_capsules import (
    BodyCapsules,
    CapsuleArrays,
    capsule_arrays,
    posed_capsules,
)
from fitting_core.body_model.point_model import ReducedBody, descendants
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian
from fitting_core.body_model.skin_points import skin_points

from ..parameters import FreeParameters
from ..scene.distance_grid import GridArrays
from ..stages import CAPSULE_ALLOWANCE_M, SCENE_DEPTH_DEVIATION_M, SCENE_DEPTH_WIDTH_M
from .skin_arrays import nearest_surface, posed_skin, skin_body
from .term import Contribution, StageContext, normal_equations

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_ALONG = (0.0, 0.5, 1.0)  # points of a capsule's axis


@dataclass(frozen=True, eq=False)
class _AxisPoints:
    """Points on the capsules' axes; `moving` are a step's joints by their place in the tree, `turned` those that move a point."""

    capsules: CapsuleArrays
    moving: Array
    turned: Float[Array, "axis_points turns"]


@dataclass(frozen=True, eq=False)
class ScenePenetrationTerm:
    """The scene penetration term of a batch; a `Term`."""

    grids: tuple[GridArrays, ...]
    skin: ReducedBody
    axes: _AxisPoints | None
    free: FreeParameters
    weight: float
    name: str = "scene penetration"
    every_joint: bool = True

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`; the joints must be all those of the body."""
        xp = array_namespace(x)
        depth, jacobian = self._of_skin(x)
        if self.axes is not None:
            of_axes, jacobian_of_axes = self._of_capsules(self.axes, x, posed)
            depth = xp.concat([depth, of_axes], axis=1)
            jacobian = xp.concat([jacobian, jacobian_of_axes], axis=1)
        if is_on_cpu(depth):  # a few points lie in things, and most bodies in none
            kept = xp.nonzero(xp.any(depth > 0, axis=0))[0]
            depth, jacobian = xp.take(depth, kept, axis=1), xp.take(jacobian, kept, axis=1)
        inside = xp.astype(depth > 0, x.dtype)
        squared, width = depth * depth * inside, SCENE_DEPTH_WIDTH_M**2
        share = width / (squared + width)
        scale = self.weight**0.5 / SCENE_DEPTH_DEVIATION_M
        cost = 0.5 * scale**2 * xp.sum(squared * share, axis=-1)
        root = scale * share * inside
        return Contribution(cost, *normal_equations(jacobian * root[..., None], depth * root))

    def _of_skin(self, x: Array) -> tuple[Array, Array]:
        """Return how deep the skin points lie (B, P), and its derivatives (B, P, D) by the step."""
        skin = posed_skin(self.skin, self.free, x)
        distance, slope = nearest_surface(self.grids, skin.points)
        return -distance, point_jacobian(skin, -slope[:, None])

    def _of_capsules(self, axes: _AxisPoints, x: Array, posed: PosedPoints) -> tuple[Array, Array]:
        """Return how deep the points of the axes lie (B, 3 C), and its derivatives (B, 3 C, D) by the step."""
        xp = array_namespace(x)
        layout, joints, capsules = self.free.layout, posed.joints, axes.capsules
        placed = posed_capsules(capsules, joints, layout.shape_coefficients(x))
        centres = xp.concat([placed.start + t * (placed.end - placed.start) for t in _ALONG], axis=1)
        distance, slope = nearest_surface(self.grids, centres + layout.translation(x)[:, None, :])
        radius = xp.concat([placed.radius] * len(_ALONG), axis=1)
        levers = xp.concat([cross(centres, -slope), -slope], axis=-1)
        turns = xp.matmul(levers, twists(joints, axes.moving)) * axes.turned
        moved = self._moved_by_shape(capsules, posed)
        by_radius = capsules.radius_directions[:, self.free.shape]
        by_shape = xp.concat([by_radius] * len(_ALONG), axis=0) - xp.sum(slope[..., None] * moved, axis=2)
        depth = radius - distance - CAPSULE_ALLOWANCE_M
        return depth, xp.concat([-slope, turns, by_shape], axis=-1)

    def _moved_by_shape(self, capsules: CapsuleArrays, posed: PosedPoints) -> Array:
        """Return ∂(points of the axes)/∂ the shape coefficients that move (B, 3 C, 3, s)."""
        xp = array_namespace(posed.points)
        joints = posed.joints
        directions = capsules.end_directions[..., self.free.shape]
        ends = product3(xp.take(joints.world, capsules.joint, axis=1), directions[None])
        ends = ends + xp.take(joints.carried, capsules.joint, axis=1)[..., 1:]
        start, end = ends[:, 0::2], ends[:, 1::2]
        return xp.concat([start + t * (end - start) for t in _ALONG], axis=1)

    def subset(self, elements: Int[Array, " elements"]) -> ScenePenetrationTerm:
        """See `Term.subset`: nothing in it is an element's own."""
        del elements
        return replace(self)


def scene_penetration_term(context: StageContext) -> list[ScenePenetrationTerm]:
    """Build the scene penetration term of a stage, if there is a scene."""
    setup, weight = context.setup, context.stage.terms.scene
    if setup.scene is None or not weight:
        return []
    make, free, model = context.make, context.free, setup.points.model
    return [
        ScenePenetrationTerm(
            grids=setup.scene.grids(make),
            skin=skin_body(model, np.arange(len(skin_points(model).vertices)), free.moving_joints, make),
            axes=None if setup.capsules is None else _axis_points(setup.capsules, free, make),
            free=free,
            weight=weight,
        )
    ]


def _axis_points(capsules: BodyCapsules, free: FreeParameters, make: ArrayMaker) -> _AxisPoints:
    arrays = capsule_arrays(capsules, make)
    moving = np.nonzero(free.moving_joints)[0]
    below = descendants(capsules.model.parents)[moving][:, capsules.joint].T.astype(float)
    turned = np.tile(np.repeat(below, 3, axis=1), (len(_ALONG), 1))
    return _AxisPoints(arrays, make.indices(arrays.tree.where[moving]), make.floats(turned))
