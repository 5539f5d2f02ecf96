"""The objective of a batch of fits: reprojection of the points plus priors, as the optimiser wants it. Free of bpy.

E = ½ Σ_i w_i² ρ(‖Π(X_i) − x_i‖) + Σ priors, each a negative log-likelihood. ρ is Geman–McClure on the pixel
distance, as iteratively reweighted squares. Lengths in the picture are measured in thousandths of the person's
size, so that no threshold depends on the photo's resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace, device_of
from fitting_core.body_model.point_model import ReducedBody
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian, pose_points
from fitting_core.geometry.camera import project, projection_jacobian
from fitting_core.optimisers.levenberg_marquardt import Quadratic

from .interpenetration import Interpenetration
from .parameters import FreeParameters
from .priors.distributions import Prior


@dataclass(frozen=True, eq=False)
class Observations:
    """What was seen, per element: `targets` (B, P, 2) px, `weights` (B, P) per size-relative unit, camera.

    `unit_px` (B,) is one thousandth of the person's size in pixels; `robust_widths` (B, P) the Geman–McClure scales in units.
    """

    targets: Array
    weights: Array
    unit_px: Array
    focal_px: Array
    principal_point: Array
    robust_widths: Array
    per_coordinate: bool = False  # the robust cost on u and v, each for itself, instead of on their distance

    def take(self, elements: Array) -> Observations:
        """The observations of some elements of the batch."""
        return Observations(
            self.targets[elements],
            self.weights[elements],
            self.unit_px[elements],
            self.focal_px[elements],
            self.principal_point[elements],
            self.robust_widths[elements],
            self.per_coordinate,
        )


@dataclass(frozen=True, eq=False)
class FitProblem:
    """One stage of a batch of fits: a `LeastSquaresProblem` over the full parameter vector x."""

    body: ReducedBody
    free: FreeParameters
    seen: Observations
    priors: Sequence[Prior]
    contacts: Interpenetration | None = None  # needs a body with the tree of all joints

    @cached_property
    def _placements(self) -> list[_Placement]:
        return [_placement(self.free, prior.columns, self.seen.targets) for prior in self.priors]

    @cached_property
    def _columns(self) -> Array:
        return array_namespace(self.seen.targets).asarray(
            self.free.columns, device=device_of(self.seen.targets)
        )

    def take(self, elements: Array) -> FitProblem:
        """The problem of some elements of the batch."""
        return replace(
            self,
            body=self.body.take(elements),
            seen=self.seen.take(elements),
            priors=[prior.take(elements) for prior in self.priors],
        )

    def retract(self, x: Array, step: Array) -> Array:
        """x moved by a step over the free columns."""
        moved = x + 0.0
        moved[:, self._columns] += step
        return moved

    def pose(self, x: Array) -> PosedPoints:
        """The points at x."""
        layout = self.free.layout
        rotations, shape = layout.rotations(x), layout.shape(x)
        return pose_points(self.body, rotations, shape, layout.translation(x), self.free.shape)

    def residuals(self, posed: PosedPoints) -> Array:
        """Size-relative reprojection residuals (B, 2, P), unweighted."""
        xp = array_namespace(posed.points)
        pixels = project(posed.points, self.seen.focal_px, self.seen.principal_point)
        return xp.permute_dims((pixels - self.seen.targets) / self.seen.unit_px[:, None, None], (0, 2, 1))

    def jacobian(self, posed: PosedPoints, factors: Array) -> Array:
        """∂residuals/∂step times `factors` (B, 1 or 2, P): (B, 2 P, D)."""
        scale = factors / self.seen.unit_px[:, None, None]
        rows = projection_jacobian(posed.points, self.seen.focal_px) * scale[..., None]
        return point_jacobian(self.body, posed, rows)

    def quadratic(self, x: Array) -> Quadratic:
        """Cost, gradient and Gauss–Newton Hessian over the free columns."""
        xp = array_namespace(x)
        posed = self.pose(x)
        residuals = self.residuals(posed)
        cost, influence = _geman_mcclure(residuals, self.seen)
        root = xp.sqrt(influence)
        jacobian = self.jacobian(posed, root)
        gradient, hessian = _normal_equations(jacobian, xp.reshape(residuals * root, (x.shape[0], -1)))
        if self.contacts is not None:
            depths, by_step = self.contacts.residuals(posed.joints, self.free.layout.shape(x))
            pull, stiffness = _normal_equations(by_step, depths)
            cost = cost + 0.5 * xp.sum(depths * depths, axis=-1)
            gradient += pull
            hessian += stiffness
        for prior, placement in zip(self.priors, self._placements, strict=True):
            cost = cost + _add_prior(prior, placement, x, gradient, hessian)
        return Quadratic(cost, gradient, hessian)


def _normal_equations(jacobian: Array, residuals: Array) -> tuple[Array, Array]:
    """Jᵀ r (B, D) and Jᵀ J (B, D, D)."""
    xp = array_namespace(jacobian)
    transposed = xp.matrix_transpose(jacobian)
    return xp.matmul(transposed, residuals[..., None])[..., 0], xp.matmul(transposed, jacobian)


def _geman_mcclure(residuals: Array, seen: Observations) -> tuple[Array, Array]:
    """Cost (B,) = ½ Σ w² ρ²r²/(r²+ρ²) and influence w² ρ⁴/(r²+ρ²)² of residuals (B, 2, P).

    r is a point's distance, the influence then (B, 1, P), or each coordinate's for itself (B, 2, P).
    """
    xp = array_namespace(residuals)
    squared = residuals * residuals
    if not seen.per_coordinate:
        squared = xp.sum(squared, axis=1, keepdims=True)
    width = (seen.robust_widths * seen.robust_widths)[:, None]
    share = width / (squared + width)
    strength = (seen.weights * seen.weights)[:, None]
    return 0.5 * xp.sum(strength * squared * share, axis=(1, 2)), strength * share * share


@dataclass(frozen=True, eq=False)
class _Placement:
    """Where a prior's values lie: `columns` of x, those of them that move (`inner`), and their place in a step (`outer`)."""

    columns: Array | slice
    inner: Array | slice
    outer: Array | slice | None  # None where nothing moves


def _placement(free: FreeParameters, columns: NumpyArray, like: Array) -> _Placement:
    place = free.step_index(columns)
    kept = np.nonzero(place >= 0)[0]
    outer = None if not len(kept) else _run(place[kept], like)
    return _Placement(_run(columns, like), _run(kept, like) if len(kept) else slice(0), outer)


def _run(indices: NumpyArray, like: Array) -> Array | slice:
    """The indices as a slice where they follow each other, else as an array on the device of `like`."""
    if (np.diff(indices) == 1).all():
        return slice(int(indices[0]), int(indices[0]) + len(indices))
    return array_namespace(like).asarray(indices, device=device_of(like))


def _add_prior(prior: Prior, placement: _Placement, x: Array, gradient: Array, hessian: Array) -> Array:
    """Add a prior's derivatives in place and return its cost (B,)."""
    cost, slope, curvature = prior.evaluate(x[:, placement.columns])
    inner, outer = placement.inner, placement.outer
    if outer is None:
        return cost
    gradient[:, outer] += slope[:, inner]
    if curvature.ndim == 3:
        block = curvature[:, inner][:, :, inner]
        if isinstance(outer, slice):
            hessian[:, outer, outer] += block
        else:
            hessian[:, outer[:, None], outer] += block
    else:
        xp = array_namespace(x)
        size = hessian.shape[1]
        index = xp.arange(size, device=device_of(x))[outer]
        hessian[:, index, index] += curvature[:, inner]
    return cost
