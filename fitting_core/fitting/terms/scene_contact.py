"""The contact term: parts of the body that touch the things of a scene.

½ Σ_k w_k² σ_k² D_k² / (σ_k² + D_k²) over contacts k of a part and a thing. D = Σ_i a_i d_i is the distance of the part's nearest
skin points to the thing, with a_i ∝ f_i exp(−d_i / τ): ∂D/∂d_i = a_i (1 − (d_i − D) / τ). f_i is how much the skin faces the
surface where the stage begins, so that soles touch what is under them and not the riser beside them.
Contacts that the user names pull from afar; those that are found, near and facing where the stage begins, let go soon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, array_namespace, device_of
from fitting_core.body_model.point_model import ReducedBody
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian
from fitting_core.body_model.skin_points import skin_points

from ..parameters import FreeParameters
from ..scene.distance_grid import GridArrays
from ..stages import CONTACT_SOFTNESS_M, FOUND_CONTACT_M, NAMED_CONTACT_M
from .found_contacts import find_contacts, soft_shares
from .skin_arrays import posed_skin, skin_body
from .term import Contribution, StageContext, normal_equations

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class SceneContactTerm:
    """The contact term of a batch; a `Term`. `thing_rows` are the things of the contacts among `grids`."""

    grids: tuple[GridArrays, ...]
    thing_rows: Int[Array, " contacts"]
    skin: ReducedBody
    free: FreeParameters
    log_shares: Float[Array, "batch contacts points"]
    weights: Float[Array, "batch contacts"]  # inverse deviations, 1/m; 0: no contact
    widths: Float[Array, " contacts"]
    name: str = "contact"
    every_joint: bool = False

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`."""
        xp = array_namespace(x)
        skin = posed_skin(self.skin, self.free, x)
        sampled = [grid.sample(skin.points) for grid in self.grids]
        by_thing = xp.stack([distance for distance, _ in sampled], axis=1)
        apart = xp.take(by_thing, self.thing_rows, axis=1)
        share = soft_shares(apart, self.log_shares)
        gap = xp.sum(share * apart, axis=-1)
        slope = share * (1.0 - (apart - gap[..., None]) / CONTACT_SOFTNESS_M)
        batch, _, count = apart.shape
        rows = point_jacobian(skin, xp.stack([slopes for _, slopes in sampled], axis=1))
        jacobian = xp.zeros((batch, gap.shape[1], rows.shape[-1]), dtype=x.dtype, device=device_of(x))
        for number in range(len(self.grids)):
            own = slope * xp.astype(self.thing_rows == number, x.dtype)[:, None]
            jacobian = jacobian + xp.matmul(own, rows[:, number * count : (number + 1) * count])
        squared, width = gap * gap, self.widths * self.widths
        robust = width / (squared + width)
        cost = 0.5 * xp.sum(self.weights * self.weights * squared * robust, axis=-1)
        root = self.weights * robust
        return Contribution(cost, *normal_equations(jacobian * root[..., None], gap * root))

    def subset(self, elements: Int[Array, " elements"]) -> SceneContactTerm:
        """See `Term.subset`."""
        return replace(self, log_shares=self.log_shares[elements], weights=self.weights[elements])


def scene_contact_term(context: StageContext) -> list[SceneContactTerm]:
    """Build the contact term of a stage, if something touches."""
    setup, weight, make = context.setup, context.stage.terms.scene, context.make
    if setup.scene is None or not weight:
        return []
    model = setup.points.model
    found = find_contacts(model, setup.scene, setup.layout, context.x)
    touching = found.touching
    kept = np.flatnonzero(touching.any(axis=0))
    if not len(kept):
        return []
    contacts = [found.contacts[int(number)] for number in kept]
    things = sorted({contact.thing for contact in contacts})
    rows = np.array([things.index(contact.thing) for contact in contacts])
    parts = skin_points(model).parts
    points = np.unique(np.concatenate([parts[part] for contact in contacts for part in contact.parts]))
    strengths = [NAMED_CONTACT_M if contact.is_named else FOUND_CONTACT_M for contact in contacts]
    deviations, widths = np.array(strengths).T
    grids = setup.scene.grids(make)
    return [
        SceneContactTerm(
            grids=tuple(grids[thing] for thing in things),
            thing_rows=make.indices(rows),
            skin=skin_body(model, points, context.free.moving_joints, make),
            free=context.free,
            log_shares=make.floats(found.log_shares[:, kept][:, :, points]),
            weights=make.floats(weight**0.5 * touching[:, kept] / deviations),
            widths=make.floats(widths),
        )
    ]
