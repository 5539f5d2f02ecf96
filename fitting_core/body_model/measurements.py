"""The height and the weight of a model's rest body as functions of the betas.

Height is the distance along y between the crown and the soles, weight the volume of the mesh times the density of a living
body. Expression takes no part. B elements, S betas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError

from .body_model import BodyModel

if TYPE_CHECKING:
    from jaxtyping import Float

# A living body with its lungs half full, skin to skin: between the 945 of a deep breath and the 1,020 or so of breathing out. The
# constant that measurements of SMPL bodies use since SHAPY (Choutas et al., CVPR 2022).
DENSITY_KG_M3 = 985.0
# The volume is an exact cubic polynomial in this many betas and linear in the rest: further ones move the skin by millimetres,
# and the coefficients grow with the third power.
MOST_CUBIC_BETAS = 40
# A mesh with holes has a volume that depends on where it is seen from. All over its box it must agree this well: half of what a
# weight is held to.
LARGEST_VOLUME_SPREAD = 0.01
_TRIANGLES_AT_ONCE = 512  # their products stay in the processor's cache


@dataclass(frozen=True)
class Measured:
    """Height in metres and weight in kg of a rest body; None where the mesh is too open to have a volume."""

    height_m: float
    weight_kg: float | None


@dataclass(frozen=True, eq=False)
class HeightLine:
    """Height = `mean_m` + `slope` (S,) · β, between the highest and the lowest vertex of the mean body.

    Another vertex may be the extreme one of another body. Over 1,000 bodies (unit normal betas, cut at ±3) the neutral open body
    is 0.8 mm taller than this on average, 8.3 mm at most; female, male and child up to 0.2 mm, 1.9 mm at most.
    """

    mean_m: float
    slope: Float[NumpyArray, " S"]

    def at(self, betas: Float[NumpyArray, " S"]) -> float:
        """Height in metres."""
        return self.mean_m + float(self.slope @ betas)


@dataclass(frozen=True, eq=False)
class WeightPolynomial:
    """Weight in kg = Σ c_ijk u_i u_j u_k + `linear` · (the betas beyond those), u = (1, β_1 … β_n); c is symmetric."""

    cubic: Float[NumpyArray, "N N N"]
    linear: Float[NumpyArray, " R"]

    def at(self, betas: Float[NumpyArray, "B S"]) -> tuple[Float[NumpyArray, " B"], Float[NumpyArray, "B S"]]:
        """Weights and their derivatives by the betas."""
        count = len(self.cubic) - 1
        with_one = np.concatenate([np.ones((len(betas), 1)), betas[:, :count]], axis=1)
        squared = np.einsum("ijk,bj,bk->bi", self.cubic, with_one, with_one, optimize=True)
        weight = np.sum(squared * with_one, axis=1) + betas[:, count:] @ self.linear
        rest = np.broadcast_to(self.linear, (len(betas), len(self.linear)))
        return weight, np.concatenate([3.0 * squared[:, 1:], rest], axis=1)


def measured(model: BodyModel, betas: Float[NumpyArray, " S"]) -> Measured:
    """Height over all vertices and weight of the rest body of some betas."""
    vertices = _shaped(model, betas)
    weight = DENSITY_KG_M3 * volume_m3(vertices, model.triangles) if is_closed(model) else None
    return Measured(float(np.ptp(vertices[:, 1])), weight)


def volume_m3(vertices: Float[NumpyArray, "V 3"], triangles: NumpyArray) -> float:
    """Volume inside a closed mesh: Σ a · (b × c) / 6 over the triangles (divergence theorem)."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    return float(np.einsum("fx,fx->", a, np.cross(b, c))) / 6.0


def volume_spread(vertices: Float[NumpyArray, "V 3"], triangles: NumpyArray) -> float:
    """Return the spread of volumes seen from the corners of the mesh's box, as a share of that at its middle; 0 if closed.

    Seen from o the volume is V − o · A / 3, A being the sum of the triangles' area vectors, which is zero for a closed mesh.
    Infinite where the volume is not positive: such a mesh is turned inside out or no surface at all.
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    area = 0.5 * np.cross(b - a, c - a).sum(axis=0)
    volume = volume_m3(vertices - 0.5 * (low + high), triangles)
    return float(np.abs(area) @ (high - low)) / 3.0 / volume if volume > 0 else float("inf")


@lru_cache(maxsize=8)
def is_closed(model: BodyModel) -> bool:
    """Return True if the mesh is closed enough to have a volume."""
    return volume_spread(model.v_template, model.triangles) <= LARGEST_VOLUME_SPREAD


@lru_cache(maxsize=8)
def height_line(model: BodyModel) -> HeightLine:
    """Return the height of a body model as a linear function of its betas."""
    crown, sole = int(model.v_template[:, 1].argmax()), int(model.v_template[:, 1].argmin())
    slope = model.shape_directions[crown, 1] - model.shape_directions[sole, 1]
    return HeightLine(float(np.ptp(model.v_template[:, 1])), slope[: model.beta_count])


@lru_cache(maxsize=8)
def weight_polynomial(model: BodyModel) -> WeightPolynomial:
    """Return the weight of a body model as a function of its betas; BodyModelError if its mesh is not closed."""
    if not is_closed(model):
        spread = volume_spread(model.v_template, model.triangles)
        raise BodyModelError(
            f"{model.name}: the mesh is not closed, so it has no volume and no weight (seen from different places its volume "
            f"differs by {100 * spread:.0f} %). Leave out --weight-kg or choose another --model."
        )
    count = min(model.beta_count, MOST_CUBIC_BETAS)
    fields = np.concatenate([model.v_template[:, :, None], model.shape_directions[:, :, :count]], axis=2)
    cubic = _symmetric(_trilinear_volumes(fields, model.triangles))
    rest = model.shape_directions[:, :, count : model.beta_count]
    linear = np.einsum("vx,vxs->s", _volume_slope(model.v_template, model.triangles), rest)
    return WeightPolynomial(DENSITY_KG_M3 * cubic, DENSITY_KG_M3 * linear)


def _shaped(model: BodyModel, betas: NumpyArray) -> NumpyArray:
    return model.v_template + model.shape_directions[:, :, : model.beta_count] @ betas


def _trilinear_volumes(fields: NumpyArray, triangles: NumpyArray) -> NumpyArray:
    """Return Σ_f a_i · (b_j × c_k) / 6 (n, n, n) for n fields over the mesh (V, 3, n)."""
    size = fields.shape[2]
    total = np.zeros((size, size * size))
    for first in range(0, len(triangles), _TRIANGLES_AT_ONCE):
        some = triangles[first : first + _TRIANGLES_AT_ONCE]
        a, b, c = (fields[some[:, corner]] for corner in range(3))
        for x, y, z in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            crossed = b[:, y, :, None] * c[:, z, None, :] - b[:, z, :, None] * c[:, y, None, :]
            total += a[:, x].T @ crossed.reshape(len(some), -1)
    return total.reshape(size, size, size) / 6.0


def _symmetric(values: NumpyArray) -> NumpyArray:
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    return sum((values.transpose(order) for order in orders), np.zeros_like(values)) / len(orders)


def _volume_slope(vertices: NumpyArray, triangles: NumpyArray) -> NumpyArray:
    """Return the derivative (V, 3) of the volume by every vertex."""
    slope = np.zeros_like(vertices)
    for corner in range(3):
        _, second, third = (vertices[triangles[:, (corner + turn) % 3]] for turn in range(3))
        np.add.at(slope, triangles[:, corner], np.cross(second, third) / 6.0)
    return slope
