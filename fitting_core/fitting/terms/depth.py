"""The depth term: which body points lie nearer the camera, as seen in the photo itself.

½ Σ_i w_i² σ²Δ_i² / (σ² + Δ_i²), where Δ_i is the difference of the point's depth from the seen one, both taken from their mean
(weighted by w_i²): how far away the whole person is, the keypoints tell better. Depths lie along the ray to the person's
middle, in metres. The robust cost of Geman and McClure drops what the picture contradicts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian
from fitting_core.keypoints.detector_habits import without_side
from fitting_core.keypoints.layouts import BODY_25

from ..stages import SEEN_DEPTH_WIDTH_M, SEEN_DEPTHS_M
from ..subject import Subject
from .term import Contribution, StageContext, normal_equations

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class DepthTerm:
    """The depth term of a batch; a `Term`.

    `columns` are the points among those posed; `depths` (m) and `weights` (inverse deviations, 1/m) are theirs, `rays` the unit
    vectors to each person's middle.
    """

    columns: Int[Array, " points"]
    depths: Float[Array, "batch points"]
    weights: Float[Array, "batch points"]
    rays: Float[Array, "batch 3"]
    name: str = "depth"
    every_joint: bool = False

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`."""
        xp = array_namespace(x)
        seen = xp.take(posed.points, self.columns, axis=1)
        difference = self._from_mean(xp.sum(seen * self.rays[:, None, :], axis=-1) - self.depths)
        squared, width = difference * difference, SEEN_DEPTH_WIDTH_M**2
        share = width / (squared + width)
        strength = self.weights * self.weights
        cost = 0.5 * xp.sum(strength * squared * share, axis=-1)
        root = self.weights * share
        rows = xp.zeros_like(posed.points)[:, None] + self.rays[:, None, None, :]
        jacobian = xp.take(point_jacobian(posed, rows), self.columns, axis=1)
        weighted = self._from_mean(jacobian) * root[..., None]
        return Contribution(cost, *normal_equations(weighted, difference * root))

    def _from_mean(self, values: Float[Array, "batch points *rest"]) -> Float[Array, "batch points *rest"]:
        """Take the weighted mean over the points out of the values."""
        xp = array_namespace(values)
        strength = self.weights * self.weights
        total = xp.sum(strength, axis=-1)[:, None]
        share = strength / xp.where(total > 0, total, xp.ones_like(total))
        if values.ndim == 2:
            return values - xp.sum(share * values, axis=1)[:, None]
        return values - xp.matmul(share[:, None, :], values)

    def subset(self, elements: Int[Array, " elements"]) -> DepthTerm:
        """See `Term.subset`."""
        return replace(
            self, depths=self.depths[elements], weights=self.weights[elements], rays=self.rays[elements]
        )


def depth_term(context: StageContext) -> list[DepthTerm]:
    """Build the depth term of a stage, if somebody's depths were seen."""
    weight = context.stage.terms.depth
    seen = [subject.cues.body_depths for subject in context.subjects]
    if not weight or all(depths is None for depths in seen):
        return []
    unseen = np.zeros((len(context.subjects[0].keypoints.body), 2))
    table = np.stack([unseen if depths is None else depths for depths in seen])
    body_rows = context.chosen[context.chosen < table.shape[1]]  # the body points come first
    unused = (np.inf, 0.0)
    deviations, biases = np.array([SEEN_DEPTHS_M.get(without_side(n), unused) for n in BODY_25.names]).T
    used = body_rows[(table[:, body_rows, 1].max(axis=0) > 0) & np.isfinite(deviations[body_rows])]
    if len(used) < 2:
        return []

    def per_start(values: NumpyArray) -> Array:
        return context.make.repeated(values, context.starts)

    return [
        DepthTerm(
            columns=context.make.indices(np.searchsorted(context.chosen, used)),
            depths=per_start(table[:, used, 0] - biases[used]),
            weights=per_start(table[:, used, 1] * weight**0.5 / deviations[used]),
            rays=per_start(np.stack([_ray(subject) for subject in context.subjects])),
        )
    ]


def _ray(subject: Subject) -> Float[NumpyArray, "3"]:
    """Return the unit vector from the camera to the middle of a person's seen body points."""
    body = subject.keypoints.body
    middle = (
        np.average(body[:, :2], axis=0, weights=body[:, 2])
        if body[:, 2].sum() > 0
        else subject.principal_point
    )
    ray = np.append((middle - subject.principal_point) / subject.focal_px, 1.0)
    return ray / np.linalg.norm(ray)
