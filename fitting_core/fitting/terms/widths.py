"""The width term: how wide trunk and limbs are across their bones, as the mask of the person shows it.

½ Σ_i w_i² σ²r_i² / (σ² + r_i²) with r_i = ln(m_i f / (z_i p_i)) + b_i: m_i is the extent of the body's section along the line
across the bone (m), z_i how far away the section is (m), p_i the seen width (px), f the focal length (px) and b_i by how much
sections are seen too wide. A body that is wider than it was seen costs more than one that is narrower, for clothes hide it.

The extent is that of the two vertices of the section's ring that lie farthest along the line. A ring is rigid to one joint j:
a small turn ω of j or a joint above it changes the extent along d by ω · (q × d), q from one of these vertices to the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, at_least, device_of, product3
from fitting_core.body_model.articulation import cross, joint_tree, twists
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.point_model import descendants
from fitting_core.body_model.posed_points import PosedPoints
from fitting_core.body_model.section_rings import section_rings
from fitting_core.keypoints.sections import SECTION_COUNT, SECTIONS

from ..parameters import ParameterLayout
from ..stages import SEEN_WIDTH_ROBUST, SEEN_WIDTHS
from .term import Contribution, StageContext, normal_equations

if TYPE_CHECKING:
    from jaxtyping import Float

_NEAREST_M = 0.05  # a section that a step has brought behind the camera counts as so far before it


class RingArrays:
    """The rings of a body as arrays of one library, relative to the joint that each is rigid to."""

    def __init__(self, model: BodyModel, make: ArrayMaker) -> None:
        rings = section_rings(model)
        tree = joint_tree(model, np.ones(model.joint_count, dtype=bool), make)
        self.tree = tree
        self.joint = make.indices(tree.where[rings.joint])
        self.offsets = make.floats(
            model.v_template[rings.vertices] - model.joints_template[rings.joint][:, None]
        )
        directions = model.shape_directions[rings.vertices] - model.joint_directions[rings.joint][:, None]
        self.directions = make.floats(directions)  # (sections, ring, 3, S)
        self.turned = descendants(model.parents)[:, rings.joint].T.astype(float)  # (sections, J)


@lru_cache(maxsize=8)
def ring_arrays(model: BodyModel, make: ArrayMaker) -> RingArrays:
    """Return the arrays of a body's rings, remembered."""
    return RingArrays(model, make)


@dataclass(frozen=True, eq=False)
class SeenWidths:
    """The sections' widths of every element of a batch.

    `log_slopes` are ln(p / f) less the section's bias, `across` the unit vectors along which they were seen, in the camera's
    frame; `inverse_wider` and `inverse_narrower` are 1 over the deviations of a body that is wider, or narrower, than seen.
    """

    log_slopes: Float[Array, "batch sections"]
    across: Float[Array, "batch sections 3"]
    inverse_wider: Float[Array, "batch sections"]
    inverse_narrower: Float[Array, "batch sections"]

    def subset(self, elements: Array) -> SeenWidths:
        """Select elements of the batch."""
        return SeenWidths(
            self.log_slopes[elements],
            self.across[elements],
            self.inverse_wider[elements],
            self.inverse_narrower[elements],
        )


@dataclass(frozen=True, eq=False)
class WidthTerm:
    """The width term of a batch; a `Term`. `moving` are the joints of a step by their place in the tree."""

    seen: SeenWidths
    rings: RingArrays
    layout: ParameterLayout
    coefficients: slice
    moving: Array
    turned: Float[Array, "sections turns"]
    name: str = "widths"
    every_joint: bool = True

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`; the joints must be all those of the body."""
        xp = array_namespace(x)
        residual, jacobian = self._residuals(x, posed)
        squared, width = residual * residual, SEEN_WIDTH_ROBUST**2
        share = width / (squared + width)
        strength = xp.where(residual > 0, self.seen.inverse_wider, self.seen.inverse_narrower)
        cost = 0.5 * xp.sum(strength * strength * squared * share, axis=-1)
        root = strength * share
        return Contribution(cost, *normal_equations(jacobian * root[..., None], residual * root))

    def _residuals(self, x: Array, posed: PosedPoints) -> tuple[Array, Array]:
        """Return r (B, sections) and its derivative (B, sections, D) by the step."""
        xp, rings, across = array_namespace(x), self.rings, self.seen.across
        count, ring, _, size = rings.directions.shape
        shape = self.layout.shape_coefficients(x)
        flat = xp.reshape(rings.directions, (-1, size))
        local = rings.offsets + xp.reshape(xp.matmul(shape, xp.matrix_transpose(flat)), (-1, count, ring, 3))
        world = xp.take(posed.joints.world, rings.joint, axis=1)
        own_across = product3(xp.matrix_transpose(world), across[..., None])[..., 0]  # in the joint's axes
        reach = xp.sum(local * own_across[:, :, None, :], axis=-1)
        first, last = xp.argmax(reach, axis=-1), xp.argmin(reach, axis=-1)
        batch = xp.arange(x.shape[0], device=device_of(reach))[:, None]
        section = xp.arange(count, device=device_of(reach))[None, :]
        apart = local[batch, section, first] - local[batch, section, last]
        extent = xp.sum(apart * own_across, axis=-1)
        turned_apart = product3(world, apart[..., None])[..., 0]
        carried = xp.take(posed.joints.carried, rings.joint, axis=1)
        middle = product3(world, xp.mean(local, axis=2)[..., None])[..., 0] + carried[..., 0]
        away = middle[..., 2] + self.layout.translation(x)[:, None, 2]
        away = at_least(away, _NEAREST_M)
        residual = xp.log(extent / away) - self.seen.log_slopes

        forward = xp.zeros_like(middle)
        forward[..., 2] = 1.0
        nearer = -forward / away[..., None]
        levers = xp.concat(
            [cross(turned_apart, across) / extent[..., None] + cross(middle, nearer), nearer], axis=-1
        )
        turns = xp.matmul(levers, twists(posed.joints, self.moving)) * self.turned
        moved = rings.directions[..., self.coefficients]
        wider = moved[section, first] - moved[section, last]
        by_shape = xp.sum(wider * own_across[..., None], axis=2) / extent[..., None]
        farther = xp.matmul(world[..., 2:3, :], xp.mean(moved, axis=1))[..., 0, :] + carried[..., 2, 1:]
        by_shape = by_shape - farther / away[..., None]
        return residual, xp.concat([nearer, turns, by_shape], axis=-1)

    def subset(self, elements: Array) -> WidthTerm:
        """See `Term.subset`."""
        return replace(self, seen=self.seen.subset(elements))


def width_term(context: StageContext) -> list[WidthTerm]:
    """Build the width term of a stage, if somebody's widths were seen."""
    weight = context.stage.terms.widths
    tables = [subject.cues.widths for subject in context.subjects]
    if not weight or not context.stage.pose or all(widths is None for widths in tables):
        return []
    unseen = np.zeros((SECTION_COUNT, 5))
    table = np.stack([unseen if widths is None else widths for widths in tables])
    if not table[..., 4].any():
        return []
    make, free = context.make, context.free
    rings = ring_arrays(context.setup.points.model, make)
    joints = np.nonzero(free.moving_joints)[0]
    focal_px = np.array([subject.focal_px for subject in context.subjects])
    return [
        WidthTerm(
            seen=_seen_widths(table, focal_px, weight, context),
            rings=rings,
            layout=context.setup.layout,
            coefficients=free.shape,
            moving=make.indices(rings.tree.where[joints]),
            turned=make.floats(np.repeat(rings.turned[:, joints], 3, axis=1)),
        )
    ]


def _seen_widths(
    table: Float[NumpyArray, "subjects sections 5"],
    focal_px: Float[NumpyArray, " subjects"],
    weight: float,
    context: StageContext,
) -> SeenWidths:
    line = table[..., 2:4] - table[..., :2]
    length = np.linalg.norm(line, axis=-1)
    seen = table[..., 4] > 0
    length[~seen] = 1.0
    across = np.concatenate([line / length[..., None], np.zeros((*length.shape, 1))], axis=-1)
    across[~seen] = (1.0, 0.0, 0.0)
    bias, wider, narrower = np.array([SEEN_WIDTHS[section.kind] for section in SECTIONS]).T
    worth = table[..., 4] * weight**0.5

    def per_start(values: NumpyArray) -> Array:
        return context.make.repeated(values, context.starts)

    return SeenWidths(
        per_start(np.log(length / focal_px[:, None]) - bias),
        per_start(across),
        per_start(worth / wider),
        per_start(worth / narrower),
    )
